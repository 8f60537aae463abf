/** Ten megabytes, in every way they can come. The times are printed; `cargo xtask bench page` judges them. */
import { editor, expect, heard, test } from "./fixtures.ts";
import type { Page } from "@playwright/test";

const MB = 1024 * 1024;
const TEXTS = {
  "22,000 lines": "(`${'The quick {{brown}} fox jumps over the lazy dog. '.repeat(10)}\\n`).repeat(Math.ceil(10 * 1048576 / 491))",
  "one line": "('The quick {{brown}} fox jumps over the lazy dog. ').repeat(Math.ceil(10 * 1048576 / 49))",
  "one line without a blank": "'x'.repeat(10 * 1048576)",
  "five million lines": "'x\\n'.repeat(5 * 1048576)",
};

/** Puts the text into the page, made there: sending it would be measured, too. */
async function provide(page: Page, recipe: string): Promise<void> {
  await page.addScriptTag({ content: `window.text = ${recipe};` });
}

/** How long an act takes until what it did is painted, and the longest that the page was deaf after it. */
const painted = (page: Page, act: "paste" | "mount"): Promise<{ took: number; deaf: number }> =>
  page.evaluate(async (act) => {
    const tasks: number[] = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    await frame();
    const begin = performance.now();
    if (act === "paste") {
      const data = new DataTransfer();
      data.setData("text/plain", (window as any).text);
      document.querySelector(".cm-content")!.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    } else {
      const element = document.createElement("etude-editor");
      const area = document.createElement("textarea");
      area.className = "editor";
      area.setAttribute("aria-label", "Message 1");
      const { text } = window as any;
      // The browser's own textarea takes a minute for millions of lines: that text comes as a property.
      const isProperty = text[1] === "\n";
      if (!isProperty) area.value = text;
      element.append(area);
      document.querySelector("main")!.append(element);
      if (isProperty) (element as any).value = text;
    }
    await frame();
    const took = performance.now() - begin;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return { took: Math.round(took), deaf: Math.round(Math.max(0, ...tasks.slice(1))) };
  }, act);

/** The time from each key to the paint after it: half of them are faster, all of them are faster. */
async function keyToPaint(page: Page): Promise<{ median: number; most: number }> {
  await page.evaluate(() => {
    (window as any).times = [];
    addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => setTimeout(() => (window as any).times.push(performance.now() - timeStamp))), true);
  });
  for (const key of "typing after it{{v}}Enter".split("Enter")[0]!) await page.keyboard.press(key);
  for (const key of ["Enter", "Backspace", "ArrowUp", "ArrowLeft", "Control+End", "z", "Control+Home", "z"]) await page.keyboard.press(key);
  await page.waitForTimeout(500);
  const times = ((await page.evaluate(() => (window as any).times)) as number[]).sort((a, b) => a - b);
  return { median: Math.round(times[Math.floor(times.length / 2)]!), most: Math.round(times.at(-1)!) };
}

for (const [name, recipe] of Object.entries(TEXTS)) {
  test(`a paste of ten megabytes does not freeze the page: ${name}`, async ({ page, show }) => {
    await show(editor("Before. "));
    await provide(page, recipe);
    await page.getByRole("textbox").focus();
    await page.keyboard.press("Control+End");
    const paste = await painted(page, "paste");
    const keys = await keyToPaint(page);
    const undo = await page.evaluate(async () => {
      const begin = performance.now();
      const { history } = document.querySelector("etude-editor") as any;
      return [Math.round(performance.now() - begin), JSON.stringify(history).length];
    });
    console.log(`paste, ${name}: ${paste.took} ms to paint, ${paste.deaf} ms longest task after; key to paint ${keys.median} ms median, ${keys.most} ms most; history ${undo[0]} ms, ${undo[1]} bytes`);
    expect(await page.evaluate(() => (document.querySelector("etude-editor") as any).length)).toBeGreaterThan(10 * MB);
    if (recipe.includes("brown")) await expect.poll(async () => (await heard(page, "variables")).at(-1), { timeout: 10_000 }).toContain("brown");
  });

  test(`ten megabytes mount: ${name}`, async ({ page, show }) => {
    await show("<p>Nothing yet</p>");
    await provide(page, recipe);
    const mount = await painted(page, "mount");
    console.log(`mount, ${name}: ${mount.took} ms to paint, ${mount.deaf} ms longest task after`);
    expect(await page.evaluate(() => (document.querySelector("etude-editor") as any).length)).toBeGreaterThanOrEqual(10 * MB);
  });
}

test("wraps again when the last huge line is gone", async ({ page, show }) => {
  await show(editor("a"));
  const wrapped = () => page.locator(".cm-lineWrapping").count();
  await page.evaluate(() => (document.querySelector("etude-editor") as any).insert("x".repeat(20_001)));
  expect(await wrapped()).toBe(0);
  await page.getByRole("textbox").focus();
  await page.keyboard.press("Control+z");
  await expect.poll(wrapped).toBe(1);
});
