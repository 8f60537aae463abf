import { expect, test } from "./fixtures.ts";
import { LANGUAGES } from "../src/code/languages.ts";

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
const block = (text: string, language: string, attributes = "closed"): string =>
  `<etude-code language="${language}" ${attributes}><pre><code>${escape(text)}</code></pre></etude-code>`;

/** Something that each language colours, then everything that has ever become a script. */
const SAMPLES: Record<string, string> = {
  diff: "+added\n-removed", markdown: "# Title\n**bold**", css: "a { color: red }", dockerfile: "FROM debian\nRUN echo \"x\"", shell: "$ ls -la\nfile",
  graphql: "type A { b: Int }", ini: "[a]\nb = 1", makefile: "all:\n\techo $(A)", xml: "<a b=\"c\">d</a>", yaml: "a: 1 # b", json: '{"a": 1}', r: "a <- function(x) TRUE",
};
const HOSTILE = `
<script>alert(1)</script><img src=x onerror="alert(2)"><style>*{display:none}</style>
</code></pre></etude-code><form action="https://evil.test"><iframe src="https://evil.test"></iframe>
<span class="hljs-keyword" onclick="alert(3)">x</span> &lt;b&gt; &amp;amp; &#x27; \u0000 \ud800 \u202e "'\`\${alert(4)}
<svg onload=alert(5)><a href="javascript:alert(6)">y</a><link rel=stylesheet href=//evil.test/x.css>
`;

for (const language of Object.keys(LANGUAGES)) {
  test(`colours ${language}, and what is hostile in it stays text`, async ({ page, show }) => {
    const text = `${SAMPLES[language] ?? 'if (a == "b") return 1; // c\nfn x() { let y = "z"; }'}\n${HOSTILE}`.replaceAll("\u0000", "").replaceAll("\ud800", "");
    await show(block(text, language));
    await expect.poll(() => page.locator("code span").count()).toBeGreaterThan(0);
    const code = page.locator("code");
    expect(await code.evaluate((element) => element.textContent)).toBe(text);
    const found = await code.evaluate((element) => [...element.querySelectorAll("*")].map(({ localName, attributes }) => `${localName} ${[...attributes].map(({ name, value }) => `${name}=${value}`)}`));
    for (const one of new Set(found)) expect(one).toMatch(/^span class=(hljs-[a-z_-]+ ?)*$/);
    expect(await page.locator("script[src], iframe, form, img, svg, main style, main link").count()).toBe(0);
  });
}

test("colours nothing that is open, too long, empty or of no known language", async ({ page, show }) => {
  await show([
    block("let a = 1;", "js", ""), block(`let a = 1; ${" ".repeat(200 * 1024)}`, "js"), block("", "js"), block("let a = 1;", "constructor"), block("let a = 1;", "js"),
  ].join(""));
  await expect.poll(() => page.locator("etude-code >> nth=4").locator("code span").count()).toBeGreaterThan(0);
  expect(await page.locator("code span").count()).toBe(await page.locator("etude-code >> nth=4").locator("code span").count());
  await page.locator("etude-code").first().evaluate((element) => element.setAttribute("closed", ""));
  await expect.poll(() => page.locator("etude-code").first().locator("code span").count()).toBeGreaterThan(0);
});

test("gives up on what takes too long, and colours the next", async ({ page, show }) => {
  await show(block("![a](".repeat(30_000), "markdown") + block("let a = 1;", "js"));
  const begin = Date.now();
  await expect.poll(() => page.locator("etude-code >> nth=1").locator("code span").count(), { timeout: 15_000 }).toBeGreaterThan(0);
  console.log(`a block that never ends holds the next up for ${Date.now() - begin} ms, and the page not at all`);
  expect(await page.locator("etude-code >> nth=0").locator("code span").count()).toBe(0);
});

test("copies the text exactly, and says so", async ({ page, show, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
  const text = "fn main() {\n\tprintln!(\"<é>\");\n}\n";
  await show(block(text, "rust"));
  await expect.poll(() => page.locator("code span").count()).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Copy code" }).click();
  await expect(page.getByRole("status")).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  await page.evaluate(() => navigator.clipboard.writeText("something else"));
  // Where there is no clipboard to write to, as on plain HTTP in one's own network.
  await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error("none"))));
  await page.getByRole("button", { name: "Copy code" }).click();
  await expect(page.getByRole("status")).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
});
