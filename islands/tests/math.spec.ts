import { expect, test } from "./fixtures.ts";

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const formula = (tex: string, attributes = "display"): string => `<etude-math ${attributes}>${escape(tex)}</etude-math>`;

test("renders TeX as MathML that browsers can show", async ({ page, show }) => {
  await show([
    "\\mathbb{R}\\mathcal{L}\\mathbf{x}1", "\\begin{aligned}a&=b\\\\ccc&=d\\end{aligned}", "\\boxed{x^2}\\cancel{y}",
    "\\int_0^\\infty e^{-x^2}\\,dx=\\frac{\\sqrt\\pi}{2}", "\\newcommand{\\vv}{\\mathbf{v}}x\\in\\vv", "\\begin{array}{l|c}a&b\\\\\\hline c&d\\end{array}",
    "\\text{for all } \\textbf{bold}", "\\tag{1} E=mc^2", "\\left(\\begin{matrix}1&0\\\\0&1\\end{matrix}\\right)",
  ].map((tex) => formula(tex)).join("") + `<p>Inline ${formula("a^2", "")} here.</p>`);
  await expect(page.locator("etude-math math")).toHaveCount(10);
  const letters = await page.locator("etude-math").first().locator("mi, mn").allTextContents();
  expect(letters).toEqual(["ℝ", "ℒ", "𝐱", "1"]);
  await expect(page.locator("mtd[data-align=right]").first()).toHaveText("a");
  await expect(page.locator("menclose[data-notation=box]")).toHaveCount(1);
  expect(await page.locator("etude-math").last().locator("math").getAttribute("display")).toBeNull();
  expect(await page.locator("annotation").first().textContent()).toBe("\\mathbb{R}\\mathcal{L}\\mathbf{x}1");
  if (process.env.SHOTS) await page.screenshot({ path: "test-results/math.png" });
});

/** Each: TeX that wants something. Whether it is shown as a formula or as it is does not matter here. */
const HOSTILE = [
  "\\href{javascript:alert(1)}{x}", "\\url{https://evil.test/}", "\\includegraphics{https://evil.test/x.png}", "\\htmlStyle{position:fixed;inset:0}{x}",
  "\\htmlClass{button}{x}\\htmlId{main}{x}\\htmlData{do=copy}{x}", "\\rule{99999em}{99999em}", "\\rule[-9999em]{1em}{1em}\\kern-99999em x\\hspace{-9999cm}",
  "\\fcolorbox{red}{blue}{x}\\colorbox{#f00}{y}\\textcolor{red}{z}\\pmb{w}", "\\text{<img src=x onerror=alert(1)></annotation><script>alert(2)</script>}",
  "<img src=x onerror=alert(1)>", "\\char`\\<script\\char`\\>", "\\color{red;background:url(https://evil.test)}x", "\\unicode{x}", "\\require{unsafe}\\style{color:red}{x}",
  "\\raisebox{9999em}{x}\\smash{x}\\llap{xxxxxxxxxxxxxxxxxxxxx}", "\\Huge\\Huge x^{x^{x^{x}}}", "\\def\\href#1{x}\\href{y}",
];
const BOMBS = [
  "\\def\\a{\\a}\\a", "\\def\\a{\\a\\a}\\a", `\\def\\d#1{\\d{#1#1}}\\d{xxxxxxxx}`,
  `${Array.from({ length: 26 }, (_, at) => `\\def\\${String.fromCharCode(97 + at)}#1{${at < 25 ? `\\${String.fromCharCode(98 + at)}{#1#1}` : "#1"}}`).join("")}\\a{x}`,
  `\\def\\a{${"x".repeat(9_000)}}${"\\a".repeat(900)}`, "{".repeat(10_000), `${"\\sqrt{".repeat(3_000)}x${"}".repeat(3_000)}`, `${"{".repeat(9_000)}x${"}".repeat(9_000)}`,
  `${"\\frac{1}{".repeat(60)}x${"}".repeat(60)}`, `${"x^{".repeat(110)}y${"}".repeat(110)}`, "x_1".repeat(6_000), "\\left(".repeat(500), "x".repeat(20 * 1024 + 1),
];

test("hostile TeX gets no style, link, image or request, and stays in its box", async ({ page, show }) => {
  await show(HOSTILE.map((tex) => formula(tex)).join(""));
  await expect.poll(() => page.locator("etude-math[data-state=rendered]").count(), { timeout: 15_000 }).toBeGreaterThan(8);
  await page.waitForTimeout(1_000);
  const names = await page.locator("etude-math *").evaluateAll((all) => [...new Set(all.flatMap(({ namespaceURI, localName, attributes }) => [`${namespaceURI} ${localName}`, ...[...attributes].map(({ name }) => name)]))]);
  for (const name of names) expect(name).toMatch(/^http:\/\/www\.w3\.org\/1998\/Math\/MathML m?[a-z]+$|^(?!on|href|src|style|class|id)[a-z-]+$/);
  expect(names).not.toContain("http://www.w3.org/1998/Math/MathML mglyph");
  const boxes = await page.locator("etude-math").evaluateAll((all) => all.map((element) => [element.clientHeight, element.getBoundingClientRect().width, getComputedStyle(element).contain]));
  for (const [height, width] of boxes) {
    expect(height).toBeLessThan(1_000);
    expect(width).toBeLessThanOrEqual(1280);
  }
  for (const [at, tex] of HOSTILE.entries()) {
    const element = page.locator("etude-math").nth(at);
    expect(await element.evaluate((element: any) => element.source)).toBe(tex);
    if ((await element.getAttribute("data-state")) === null) expect(await element.textContent()).toBe(tex);
  }
});

test("bombs are defused, and the next formula is shown", async ({ page, show }) => {
  await page.addInitScript(() => {
    (window as any).longest = 0;
    let last = performance.now();
    const tick = (): void => {
      const now = performance.now();
      (window as any).longest = Math.max((window as any).longest, now - last);
      last = now;
      setTimeout(tick, 5);
    };
    addEventListener("load", () => {
      last = performance.now();
      tick();
    });
  });
  await show(formula("a+b") + BOMBS.map((tex) => formula(tex)).join("") + formula("c+d"));
  const last = page.locator("etude-math").last();
  await last.scrollIntoViewIfNeeded();
  for (let at = 0; at < BOMBS.length; at += 1) await page.locator("etude-math").nth(at).scrollIntoViewIfNeeded();
  await last.scrollIntoViewIfNeeded();
  await expect(last).toHaveAttribute("data-state", "rendered", { timeout: 30_000 });
  const states = await page.locator("etude-math").evaluateAll((all) => all.slice(1, -1).map((element) => (element as any).dataset.state ?? "source"));
  for (const [at, state] of states.entries()) {
    if (state === "source") expect(await page.locator("etude-math").nth(at + 1).evaluate((element) => element.textContent)).toBe(BOMBS[at]);
  }
  const longest = Math.round(await page.evaluate(() => (window as any).longest));
  console.log(`bombs: ${states.join(", ")}; the page was busy for ${longest} ms at most`);
});
