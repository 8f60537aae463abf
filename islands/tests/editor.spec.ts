import { editor, expect, heard, marked, test } from "./fixtures.ts";

const box = (page: import("@playwright/test").Page) => page.getByRole("textbox", { name: "Message 1" });
const value = (page: import("@playwright/test").Page) => page.evaluate(() => (document.querySelector("etude-editor") as any).value);

test("works without a script, and takes over text, selection, focus and scroll", async ({ page, show }) => {
  await show(`<form>${editor("About {{topic}}.\n".repeat(200), "", 'aria-label="Message 1" placeholder="Say something"')}</form>`, { bare: true });
  const area = page.locator("textarea");
  await area.focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("Hello ");
  await page.evaluate(() => {
    const area = document.querySelector("textarea")!;
    area.setSelectionRange(2, 4, "backward");
    area.scrollTop = 400;
  });
  await page.evaluate(() => (window as any).loadIslands());
  await expect(area).toBeHidden();
  await expect(box(page)).toBeFocused();
  expect(await value(page)).toMatch(/^Hello About/);
  expect(await page.evaluate(() => (document.querySelector("etude-editor") as any).selectionRange)).toEqual([4, 2]);
  await expect.poll(() => page.evaluate(() => document.querySelector(".cm-scroller")!.scrollTop)).toBe(400);
  await page.keyboard.type("y");
  expect(await value(page)).toMatch(/^Heyo About/);
});

test("loses no key while the script arrives in the middle of typing", async ({ page, show }) => {
  await show(editor(""), { bare: true });
  await page.locator("textarea").focus();
  const typed = "the quick brown fox jumps over the lazy dog ".repeat(4);
  const typing = page.keyboard.type(typed, { delay: 4 });
  await page.waitForTimeout(150);
  await page.evaluate(() => (window as any).loadIslands());
  await typing;
  await expect.poll(() => value(page)).toBe(typed);
});

test("does not move anything when it takes over", async ({ page, show }) => {
  await show(editor("One line\nand another that is longer"), { bare: true });
  const before = await page.locator(".message").boundingBox();
  await page.evaluate(() => (window as any).loadIslands());
  await expect(box(page)).toBeVisible();
  expect(await page.locator(".message").boundingBox()).toEqual(before);
});

test("passes on what the textarea says about itself, also later", async ({ page, show }) => {
  await show(`<p id="hint">Hint</p><label for="m">Body</label>${editor("", "", 'id="m" aria-describedby="hint" placeholder="Say it" required')}`);
  const content = page.getByRole("textbox", { name: "Body" });
  await expect(content).toHaveAttribute("aria-multiline", "true");
  await expect(content).toHaveAttribute("aria-describedby", "hint");
  await expect(content).toHaveAttribute("aria-required", "true");
  await expect(content).toContainText("Say it");
  await page.getByText("Body").click();
  await expect(content).toBeFocused();
  await page.locator("textarea").evaluate((area) => area.setAttribute("aria-invalid", "true"));
  await expect(content).toHaveAttribute("aria-invalid", "true");
  await page.locator("textarea").evaluate((area: HTMLTextAreaElement) => (area.readOnly = true));
  await expect(content).toHaveAttribute("aria-readonly", "true");
  await page.keyboard.type("no");
  expect(await value(page)).toBe("");
  await page.locator("textarea").evaluate((area: HTMLTextAreaElement) => (area.disabled = true));
  await expect(content).toHaveAttribute("contenteditable", "false");
});

test("tells of edits, of rest and of variables, and keeps the textarea alike", async ({ page, show }) => {
  await show(editor("Dear {{b}}"));
  await expect.poll(() => heard(page, "variables")).toEqual([["b"]]);
  await box(page).click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("{{a}} ");
  await expect.poll(async () => (await heard(page, "variables")).at(-1)).toEqual(["a", "b"]);
  const edits = await heard(page, "edit");
  expect(edits[0]).toEqual({ changes: [[0, 0, "{"]], length: 11, userEvent: "input.type" });
  await expect.poll(() => heard(page, "edit-idle")).toEqual([{ length: 16 }]);
  await expect(page.locator("textarea")).toHaveValue("{{a}} Dear {{b}}");
});

test("sends its text with a form, without waiting", async ({ page, show }) => {
  await show(`<form><textarea name="message">1</textarea>${editor("old")}<input name="message" value="3"><button>Send</button></form>`);
  await page.evaluate(() => document.querySelector("form")!.addEventListener("submit", (event) => {
    event.preventDefault();
    (window as any).sent = new FormData(event.target as HTMLFormElement).getAll("message");
  }));
  await box(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" and new");
  await page.getByRole("button", { name: "Send" }).click();
  expect(await page.evaluate(() => (window as any).sent)).toEqual(["1", "old and new", "3"]);
});

test("paints variables that have a value and those that have none", async ({ page, show }) => {
  await show(editor("{{a}} {{ b }} \\{{c}} {{1}}", `known='["a"]'`));
  await expect.poll(() => marked(page, "cm-variable")).toEqual(["{{a}}", "{{ b }}"]);
  expect(await marked(page, "cm-variable-unfilled")).toEqual(["{{ b }}"]);
  expect(await marked(page, "cm-variable-escape")).toEqual(["\\{{"]);
  await page.evaluate(() => ((document.querySelector("etude-editor") as any).known = ["a", "b"]));
  expect(await marked(page, "cm-variable-unfilled")).toEqual([]);
});

test("keeps its undo across a reload", async ({ page, show }) => {
  await show(editor("Start"));
  await box(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" more");
  await page.evaluate(() => {
    const editor = document.querySelector("etude-editor") as any;
    editor.setValue("Start more and set", { undoable: true });
    editor.selectionRange = [5, 5];
    editor.insert("<insert>");
    sessionStorage.text = editor.value;
    sessionStorage.history = JSON.stringify(editor.history);
  });
  await page.reload();
  await page.waitForFunction(() => customElements.get("etude-editor"));
  const applied = await page.evaluate(() => {
    const editor = document.querySelector("etude-editor") as any;
    editor.setValue(sessionStorage.text, { undoable: false });
    editor.history = JSON.parse(sessionStorage.history);
    return editor.value;
  });
  expect(applied).toBe("Start<insert> more and set");
  await box(page).focus();
  const steps: string[] = [];
  for (let step = 0; step < 4; step += 1) {
    await page.keyboard.press("Control+z");
    steps.push(await value(page));
  }
  expect(steps).toEqual(["Start more and set", "Start more", "Start", "Start"]);
  await page.keyboard.press("Control+y");
  await page.keyboard.press("Control+Shift+Z");
  expect(await value(page)).toBe("Start more and set");
});

test("refuses a history that is none or belongs to another text, and bounds its own", async ({ page, show }) => {
  await show(editor("Start"));
  await box(page).click();
  await page.keyboard.type("x");
  const result = await page.evaluate(() => {
    const editor = document.querySelector("etude-editor") as any;
    const saved = editor.history;
    for (const wrong of [null, 1, {}, { done: [1], undone: [] }, { done: [{ changes: [99, [0, "x"]] }], undone: [] }]) editor.history = wrong;
    for (let at = 0; at < 300; at += 1) editor.insert(`${at}`.repeat(40));
    editor.maxHistory = 20_000;
    const bytes = JSON.stringify(editor.history).length;
    editor.maxHistory = 0;
    return { same: JSON.stringify(saved), bytes, none: editor.history };
  });
  expect(JSON.parse(result.same).done.length).toBeGreaterThan(0);
  expect(result.bytes).toBeGreaterThan(10_000);
  expect(result.bytes).toBeLessThan(21_000);
  expect(result.none).toEqual({ done: [], undone: [] });
  await page.keyboard.press("Control+z");
  expect(await value(page)).not.toContain("299299");
});

test("a text that is set and is no step leaves undo as it was", async ({ page, show }) => {
  await show(editor("abc"));
  await box(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("d");
  await page.evaluate(() => ((document.querySelector("etude-editor") as any).value = "x\r\nabcd"));
  expect(await value(page)).toBe("x\nabcd");
  await page.keyboard.press("Control+z");
  expect(await value(page)).toBe("x\nabc");
});

test("hands over pasted and dropped files, and prefers text to a picture of it", async ({ page, show }) => {
  await show(editor("text"));
  await box(page).click();
  const send = (type: string, extra: Record<string, string>) =>
    box(page).evaluate((content, [type, extra]) => {
      const data = new DataTransfer();
      data.items.add(new File(["png"], "shot.png", { type: "image/png" }));
      for (const [kind, text] of Object.entries(extra as Record<string, string>)) data.setData(kind, text);
      const { left, top } = content.getBoundingClientRect();
      const at = { clientX: left + 2, clientY: top + 5, bubbles: true, cancelable: true };
      const event = type === "paste" ? new ClipboardEvent("paste", { clipboardData: data, ...at }) : new DragEvent("drop", { dataTransfer: data, ...at });
      return !content.dispatchEvent(event);
    }, [type, extra] as const);
  expect(await send("paste", {})).toBe(true);
  expect(await send("drop", {})).toBe(true);
  expect(await heard(page, "files")).toEqual([[{ name: "shot.png", size: 3 }], [{ name: "shot.png", size: 3 }]]);
  expect(await value(page)).toBe("text");
  await send("paste", { "text/plain": "A1\tB1", "text/html": "<table>" });
  expect(await heard(page, "files")).toHaveLength(2);
  expect(await value(page)).toContain("A1\tB1");
});

test("properties that were set before the element was one arrive", async ({ page, show }) => {
  await show(editor("{{a}}"), { bare: true });
  await page.evaluate(() => Object.assign(document.querySelector("etude-editor") as any, { known: [], maxHistory: 5, value: "{{z}}" }));
  await page.evaluate(() => (window as any).loadIslands());
  await expect.poll(() => marked(page, "cm-variable-unfilled")).toEqual(["{{z}}"]);
  expect(await page.evaluate(() => (document.querySelector("etude-editor") as any).maxHistory)).toBe(5);
});

test("keeps everything when a list is reordered, and when it is taken out and put back", async ({ page, show }) => {
  await show(editor("first") + editor("second", "", 'aria-label="Message 2"'));
  await box(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("!");
  await page.evaluate(() => {
    const article = document.querySelector("article")!;
    article.parentElement!.append(article);
  });
  await expect(box(page)).toBeFocused();
  await page.keyboard.type("?");
  const moved = await page.evaluate(async () => {
    const element = [...document.querySelectorAll("etude-editor")].at(-1) as any;
    const before = element.value;
    const home = element.parentElement;
    element.remove();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const outside = element.value;
    home.append(element);
    return [before, outside, element.value, element.querySelectorAll(".cm-editor").length];
  });
  expect(moved).toEqual(["first!?", "first!?", "first!?", 1]);
  await box(page).focus();
  await page.keyboard.press("Control+z");
  expect(await value(page)).toBe("second");
  expect(await page.evaluate(() => ([...document.querySelectorAll("etude-editor")].at(-1) as any).value)).toBe("first");
});

test("is as high as its text, between the least lines and a share of the window", async ({ page, show }) => {
  await show(`<span id="n">Body of it</span>${editor("a", 'min-lines="3"', 'aria-labelledby="n"')}`);
  const content = page.getByRole("textbox", { name: "Body of it" });
  const line = await content.evaluate((element) => parseFloat(getComputedStyle(element).lineHeight));
  const height = async () => (await page.locator(".cm-editor").boundingBox())!.height;
  expect(Math.abs((await height()) - 3 * line)).toBeLessThan(1);
  await page.evaluate(() => ((document.querySelector("etude-editor") as any).value = "a\n".repeat(500)));
  await expect.poll(async () => Math.round(await height())).toBe(Math.round(720 * 0.6));
});

test("says where the cursor is and takes it elsewhere, within the text", async ({ page, show }) => {
  await show(editor("one two"));
  const range = (set?: [number, number]) =>
    page.evaluate((set) => {
      const editor = document.querySelector("etude-editor") as any;
      if (set) editor.selectionRange = set;
      return editor.selectionRange;
    }, set);
  expect(await range([4, 2])).toEqual([4, 2]);
  expect(await range([-1, 99])).toEqual([0, 7]);
});

test("finds the variables of a long text, and only looks again where one is touched", async ({ page, show }) => {
  await show(editor(""));
  const last = async () => (await heard(page, "variables")).at(-1);
  await page.evaluate(() => {
    const line = "Nothing to see here, \\{{not}} even this.\n";
    (document.querySelector("etude-editor") as any).value = `${line.repeat(40_000)}{{late}} ${"{".repeat(200_000)}{{end}}`;
  });
  await expect.poll(last).toEqual(["late", "end"]);
  await box(page).focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("{{early}} and more");
  await expect.poll(last).toEqual(["early", "late", "end"]);
  const count = (await heard(page, "variables")).length;
  await page.keyboard.type(" prose");
  await page.waitForTimeout(600);
  expect(await heard(page, "variables")).toHaveLength(count);
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Delete");
  await expect.poll(last).toEqual(["late", "end"]);
});
