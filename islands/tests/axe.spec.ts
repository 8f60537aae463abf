import AxeBuilder from "@axe-core/playwright";
import { editor, expect, test } from "./fixtures.ts";

const BODY = `
${editor("Write about {{topic}} for {{reader}}, and keep \\{{this}}.", `known='["topic"]'`)}
${editor("", "", 'aria-label="Message 2" placeholder="What should it say?"')}
${editor('{"a": 1, "b": tru}', 'kind="json" data-shape="field"', 'aria-label="Schema"')}
${editor("cannot be changed", 'data-shape="field"', 'aria-label="Message 3" readonly')}
<etude-code language="python" closed><pre><code># A comment
@decorated
def f(x: int = 1) -> str:
    """Says hello."""
    return f"hello {x}" if True else None
</code></pre></etude-code>
<etude-code language="diff" closed><pre><code>@@ -1 +1 @@
-old
+new
</code></pre></etude-code>
<p>Inline <etude-math>x^2</etude-math></p>
<etude-math display>\\sum_{i=1}^n i = \\frac{n(n+1)}{2} ${"+ x_{1234567890} ".repeat(60)}</etude-math>
<etude-math display>\\notacommand{x}</etude-math>`;

for (const theme of ["light", "dark"] as const) {
  test(`axe finds nothing, ${theme}`, async ({ page, show }) => {
    await show(BODY, { theme });
    await expect(page.getByText("Line 1, column 15")).toBeVisible();
    await expect.poll(() => page.locator("code span").count()).toBeGreaterThan(8);
    await expect(page.locator("etude-math[data-state=rendered]")).toHaveCount(2);
    await page.getByRole("textbox", { name: "Message 1" }).focus();
    await page.keyboard.press("Control+f");
    await page.getByRole("textbox", { name: "Find" }).fill("a");
    await expect(page.getByText(/matches/)).toBeVisible();
    await page.getByRole("button", { name: "Copy code" }).first().click();
    if (process.env.SHOTS) await page.screenshot({ path: `test-results/${theme}.png`, fullPage: true });
    // Without `preload`, axe does not copy stylesheets into the page, which the policy refuses.
    const { violations } = await new AxeBuilder({ page }).options({ preload: false }).analyze();
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)])).toEqual([]);
  });
}

test("in forced colours the focus can be seen", async ({ page, show }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await show(BODY);
  await page.getByRole("textbox", { name: "Message 1" }).focus();
  expect(await page.locator(".cm-editor").first().evaluate((element) => getComputedStyle(element).outlineStyle)).toBe("solid");
});
