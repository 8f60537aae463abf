// The editor in the page: what it adds to a textarea.

import { expect, test } from "./fixtures";
import { choose, expectText, finished, kept, LAB, lengthOf, live, message, open, output, runId } from "./playground";

test.use({ config: LAB });
test.beforeEach(async ({ page, mock }) => {
  expect(mock.baseURL).toBeTruthy();
  await open(page);
  await page.waitForFunction(() => customElements.get("etude-editor"));
});

test("A1 variables are marked, and those without a value are told apart", async ({ page }) => {
  await message(page).fill("About {{topic}} in {{style}}, not \\{{this}}.");
  await expect(page.locator(".cm-variable")).toHaveText(["{{topic}}", "{{style}}"]);
  await expect(page.locator(".cm-variable-unfilled")).toHaveCount(2);
  await page.getByRole("textbox", { name: "topic" }).fill("rivers");
  await expect(page.locator(".cm-variable-unfilled")).toHaveText("{{style}}");
  // A value is text, and not read again.
  await page.getByRole("textbox", { name: "style" }).fill("{{verse}}");
  await expect(page.locator(".cm-variable")).toHaveCount(2);
});

test("M1 what was typed can be undone after a reload, in each field on its own", async ({ page }) => {
  await message(page).focus();
  await page.keyboard.press("Control+End");
  // Each at once: what is typed with half a second between is undone by itself.
  await page.keyboard.insertText(" One.");
  await page.waitForTimeout(700);
  await page.keyboard.insertText(" Two.");
  await expectText(message(page), "Describe a quiet morning by the sea in three sentences. One. Two.");
  await page.reload();
  await live(page);
  await page.waitForFunction(() => document.querySelector(".cm-content"));
  await expectText(message(page), "Describe a quiet morning by the sea in three sentences. One. Two.");
  await page.getByRole("textbox", { name: "System prompt" }).focus();
  await page.keyboard.press("Control+z");
  await expectText(page.getByRole("textbox", { name: "System prompt" }), "You are a helpful assistant.");
  await message(page).focus();
  await page.keyboard.press("Control+z");
  await expectText(message(page), "Describe a quiet morning by the sea in three sentences. One.");
  await page.keyboard.press("Control+z");
  await expectText(message(page), "Describe a quiet morning by the sea in three sentences.");
  await page.keyboard.press("Control+Shift+z");
  await expectText(message(page), "Describe a quiet morning by the sea in three sentences. One.");
});

test("M1 Tab leaves the field, Control+F finds in it, Escape closes what was opened", async ({ page }) => {
  await message(page).fill("one two three two");
  await page.keyboard.press("Control+f");
  const find = page.getByRole("textbox", { name: /^Find/ });
  await expect(find).toBeFocused();
  await find.fill("two");
  await expect(page.locator(".cm-searchMatch")).toHaveCount(2);
  await page.keyboard.press("Escape");
  await expect(find).toBeHidden();
  await expect(message(page)).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(message(page)).not.toBeFocused();
  await expectText(message(page), "one two three two");
});

test("A1 JSON says what is wrong with it, and where", async ({ page }) => {
  await page.getByText("Tools", { exact: true }).click();
  const tools = page.getByRole("textbox", { name: "Tools" });
  await tools.fill('[{"name": "clock",}]');
  await expect(page.locator(".fold__body .problem__text").first()).toContainText("Line 1");
  await expect(tools).toHaveAttribute("aria-invalid", "true");
  await tools.fill('[{"nam": "clock"}]');
  await expect(page.locator(".field__error")).toContainText("nam");
  await tools.fill('[{"name": "clock"}]');
  await expect(page.locator(".field__error")).toBeHidden();
  await expect(tools).not.toHaveAttribute("aria-invalid", "true");
});

test("A1 ten megabytes are pasted, edited and sent, and the page goes on", async ({ page }) => {
  test.setTimeout(120_000);
  await choose(page, "quick");
  await message(page).fill("");
  const took = await page.evaluate(async () => {
    const data = new DataTransfer();
    data.setData("text/plain", "All work and no play makes a dull page.\n".repeat(250_000));
    const field = document.querySelectorAll(".cm-content")[1] as HTMLElement;
    const began = performance.now();
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
  });
  console.log(`a paste of ten megabytes is painted after ${Math.round(took)} ms`);
  await message(page).focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("The end.");
  await page.keyboard.press("Control+Enter");
  await finished(page);
  const { request } = await kept(page, await runId(page));
  expect(request.messages[1].content).toHaveLength(10_000_008);
  expect(request.messages[1].content.endsWith("page.\nThe end.")).toBe(true);
  await page.reload();
  await live(page);
  await expect.poll(() => lengthOf(message(page)), { timeout: 30_000 }).toBe(10_000_008);
  await expect(output(page).getByRole("alert")).toHaveCount(0);
});

test("A1 a long text that was saved is laid out by its editor alone", async ({ page }) => {
  const content = "All work and no play makes a dull page.\n".repeat(50_000);
  const made = await page.request.post("/v1/presets", { data: { name: "Long", model: "quick", messages: [{ role: "user", content }] } });
  const { id } = await made.json();
  let come = () => {};
  const held = new Promise<void>((done) => (come = done));
  await page.route(/\/editor\.js/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`/p/${id}`, { waitUntil: "commit" });
  const field = page.locator("etude-editor[data-long]");
  await expect(field).toBeVisible();
  await expect(field.locator("textarea")).toHaveCSS("content-visibility", "hidden");
  come();
  await live(page);
  await expect(message(page)).toBeVisible();
  await expect.poll(() => lengthOf(message(page))).toBe(content.length);
});
