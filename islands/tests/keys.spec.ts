import { editor, expect, heard, test } from "./fixtures.ts";

const box = (page: import("@playwright/test").Page) => page.getByRole("textbox", { name: "Message 1" });
const value = (page: import("@playwright/test").Page) => page.evaluate(() => (document.querySelector("etude-editor") as any).value);

/** Writes down which keys reached the page, and whether somebody had used them. */
const listen = (page: import("@playwright/test").Page) =>
  page.evaluate(() => {
    (window as any).keys = [];
    addEventListener("keydown", (event) => {
      const modifiers = [event.ctrlKey && "Control", event.altKey && "Alt", event.shiftKey && "Shift"].filter(Boolean);
      (window as any).keys.push([...modifiers, event.key].join("+") + (event.defaultPrevented ? " used" : "") + (event.isComposing ? " composing" : ""));
    });
  });
const keys = (page: import("@playwright/test").Page): Promise<string[]> => page.evaluate(() => (window as any).keys);

test("Tab leaves in both directions and writes nothing", async ({ page, show }) => {
  await show(`<button>Before</button>${editor("text")}<button>After</button>`);
  await box(page).focus();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "After" })).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await expect(box(page)).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await expect(page.getByRole("button", { name: "Before" })).toBeFocused();
  expect(await value(page)).toBe("text");
});

for (const kind of ["text", "json"]) {
  test(`the page's keys reach it unused, and change nothing (${kind})`, async ({ page, show }) => {
    const text = '{\n  "a": 1,\n  "b": 2\n}';
    await show(editor(text, `kind="${kind}"`));
    await listen(page);
    await page.waitForTimeout(200);
    await box(page).focus();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("ArrowDown");
    const before = await page.evaluate(() => (document.querySelector("etude-editor") as any).selectionRange);
    await page.evaluate(() => ((window as any).keys.length = 0));
    const pressed = ["Control+Enter", "Control+Shift+Enter", "Escape", "Control+k", "Control+s", "Control+d", "Control+/", "Alt+ArrowUp", "Alt+ArrowDown"];
    for (let digit = 1; digit <= 9; digit += 1) pressed.push(`Control+${digit}`);
    for (const key of pressed) await page.keyboard.press(key);
    const seen = (await keys(page)).filter((key) => !/^(Control\+|Shift\+|Alt\+)*(Control|Shift|Alt)$/.test(key));
    expect(seen).toEqual(pressed);
    expect(await value(page)).toBe(text);
    expect(await page.evaluate(() => (document.querySelector("etude-editor") as any).selectionRange)).toEqual(before);
  });
}

test("no key acts while an input method composes, and what is composed arrives", async ({ page, show }) => {
  await show(editor(""));
  await listen(page);
  await box(page).focus();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.imeSetComposition", { text: "に", selectionStart: 1, selectionEnd: 1 });
  await cdp.send("Input.imeSetComposition", { text: "にほ", selectionStart: 2, selectionEnd: 2 });
  for (const key of ["Enter", "Escape", "ArrowUp"]) {
    await box(page).evaluate((content, key) => {
      content.dispatchEvent(new KeyboardEvent("keydown", { key, keyCode: 229, isComposing: true, bubbles: true, cancelable: true }));
    }, key);
  }
  expect(await keys(page)).toEqual(["Enter composing", "Escape composing", "ArrowUp composing"]);
  await cdp.send("Input.insertText", { text: "日本" });
  await expect.poll(() => value(page)).toBe("日本");
  await page.keyboard.press("Control+z");
  expect(await value(page)).toBe("");
});

test("a composition that the takeover interrupts loses nothing", async ({ page, show }) => {
  await show(editor("a"), { bare: true });
  await page.locator("textarea").focus();
  await page.keyboard.press("Control+End");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.imeSetComposition", { text: "にほ", selectionStart: 2, selectionEnd: 2 });
  await page.evaluate(() => (window as any).loadIslands());
  await expect(box(page)).toBeFocused();
  await page.keyboard.type("!");
  expect(await value(page)).toBe("aにほ!");
});

test("finds, counts and replaces, and Esc closes the panel only", async ({ page, show }) => {
  await show(editor("cat Cat dog cat"));
  await listen(page);
  await box(page).focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Control+f");
  const find = page.getByRole("textbox", { name: "Find" });
  await expect(find).toBeFocused();
  await find.fill("cat");
  await expect(page.getByRole("status")).toHaveText("3 matches");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toHaveText("1 of 3");
  await page.getByRole("button", { name: "Match case" }).click();
  await expect(page.getByRole("status")).toHaveText(/of 2|2 matches/);
  await page.getByRole("textbox", { name: "Replace with" }).fill("cow");
  await page.getByRole("button", { name: "Replace all" }).click();
  expect(await value(page)).toBe("cow Cat dog cow");
  expect(await heard(page, "edit")).toHaveLength(1);
  await find.focus();
  await page.keyboard.press("Control+Enter");
  expect(await keys(page)).toContain("Control+Enter");
  await page.keyboard.press("Escape");
  await expect(find).toBeHidden();
  await expect(box(page)).toBeFocused();
  expect(await keys(page)).not.toContain("Escape");
  await page.keyboard.press("Escape");
  expect(await keys(page)).toContain("Escape");
});
