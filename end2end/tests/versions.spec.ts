// A prompt's versions: saved, edited, compared, restored, merged, forked, put away. Nothing that was written is lost.

import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { choose, expectText, finished, kept, LAB, live, message, open, run, runId, SERVER_AWAY, settled } from "./playground";
import { chip, confirm, dialog, edited, fromMenu, menu, preset, prompt, put, row, saveButton, user, versions } from "./versioning";

test.use({ config: LAB });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

test("A4 save, edit, diff, restore", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  await message(page).fill("Describe {{place}} in one line.");
  await page.getByRole("textbox", { name: "place" }).fill("the sea");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Untitled");

  // A new prompt: its name comes from its first words, its address follows without a reload.
  await page.evaluate(() => Object.assign(window, { same: true }));
  await page.keyboard.press("Control+s");
  const name = dialog(page).getByRole("textbox", { name: "Name" });
  await expect(name).toBeFocused();
  await expect(name).toHaveValue("Describe {{place}} in one line");
  await name.fill("Sea lines");
  await dialog(page).getByRole("textbox", { name: "Tags" }).fill("sea");
  await page.keyboard.press("Enter");
  await dialog(page).getByRole("textbox", { name: "Note" }).fill("First save");
  await page.keyboard.press("Control+Enter");
  await expect(dialog(page)).toBeHidden();
  await expect(chip(page)).toContainText("v1");
  await expect(page).toHaveURL(/\/p\/prm_[0-9a-f]{32}$/);
  expect(await page.evaluate(() => "same" in window)).toBe(true);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sea lines");
  await expect(page).toHaveTitle("Sea lines · Etude");
  await expect(edited(page)).toHaveCount(0);
  const id = page.url().split("/").pop()!;
  const first = await preset(page, id);
  expect(first).toMatchObject({ name: "Sea lines", tags: ["sea"], version: 1, note: "First save", model: "quick", inputs: { place: "the sea" } });
  expect(first.params).toEqual({ temperature: 0.5, max_tokens: 256 });

  // Unedited, it is run by its number; another input is no edit.
  await page.getByRole("textbox", { name: "place" }).fill("the hills");
  await run(page).click();
  await finished(page);
  const request = (await kept(page, await runId(page))).request;
  expect(request).toMatchObject({ prompt: id, version: 1, inputs: { place: "the hills" } });
  expect(request.messages.at(-1).content).toBe("Describe {{place}} in one line.");
  await expect(edited(page)).toHaveCount(0);

  // Edited: the header says so, a reload keeps it, and the run is no run of v1.
  await message(page).fill("Describe {{place}} in two lines.");
  await expect(edited(page)).toHaveText("Unsaved changes since v1");
  await expect(page.locator(".prompt-foot__kept")).toHaveText("Draft saved");
  await page.reload();
  await live(page);
  await expectText(message(page), "Describe {{place}} in two lines.");
  await expect(edited(page)).toHaveText("Unsaved changes since v1");
  await run(page).click();
  await finished(page);
  expect((await kept(page, await runId(page))).request.prompt).toBeUndefined();

  await saveButton(page).click();
  await expect(dialog(page).getByRole("heading", { level: 2 })).toHaveText("Save version 2");
  await expect(dialog(page).getByRole("textbox", { name: "Note" })).toBeFocused();
  const changes = dialog(page).getByRole("region", { name: "Changes" });
  await expect(changes.getByRole("row", { name: /^Message 1, user/ })).toContainText("+1 −1");
  await page.keyboard.type("Two lines");
  await page.keyboard.press("Enter");
  await expect(chip(page)).toContainText("v2");
  await expect(edited(page)).toHaveCount(0);

  // The list, and two of it compared.
  await chip(page).click();
  await live(page);
  await expect(page).toHaveURL(`/p/${id}/history`);
  await expect(versions(page).getByRole("listitem")).toHaveCount(2);
  await expect(row(page, 1)).toContainText("First save");
  await row(page, 1).getByRole("checkbox").check();
  await row(page, 2).getByRole("checkbox").check();
  const picked = page.getByRole("group", { name: "Picked versions" });
  await expect(picked).toContainText("v1 and v2 picked");
  await expect(picked).toContainText("+1 −1");
  await picked.getByRole("link", { name: "Compare" }).click();
  await expect(page).toHaveURL(`/p/${id}/diff/1..2`);
  const diff = page.getByRole("region", { name: "Diff" });
  await expect(diff).toContainText("Describe {{place}} in two lines.");
  await expect(diff.locator(".diff-section").filter({ hasText: "Message 1, user" }).locator("ins:visible, del:visible").first()).toBeVisible();
  await expect(diff.getByRole("rowheader", { name: "Temperature" })).toBeVisible();
  await expect(diff.getByText("0 of 3 changed")).toBeVisible();

  // Restored, and the restoring undone.
  await diff.getByRole("button", { name: "Restore v1" }).click();
  await expect(diff.getByText("v3 is the newest now.")).toBeVisible();
  expect((await preset(page, id)).messages.at(-1).content).toBe("Describe {{place}} in one line.");
  await diff.getByRole("button", { name: "Undo" }).click();
  await expect(diff.getByText("v4 is the newest now.")).toBeVisible();
  expect(await preset(page, id)).toMatchObject({ version: 4, note: "Restored v2" });
  expect((await preset(page, id)).digest).toBe((await preset(page, id, 2)).digest);
});

test("A4 what nobody has changed makes no version, and odd content comes through unharmed", async ({ page }) => {
  const body = {
    ...user("first\nsecond\ttab {{x}}"),
    params: { temperature: 0.30000000000000004, stop: ["\n\n", "a\\n"], reasoning_effort: "low" },
    tools: [{ name: "clock", parameters: { type: "object", properties: { zone: { type: "string" } } } }],
    tool_choice: { type: "function", function: { name: "clock" } },
    parallel_tool_calls: true,
    provider_options: { nested: { a: 1.0 } },
    inputs: { gone: "its variable is in no text" },
  };
  const id = await prompt(page, body);
  const before = await preset(page, id);
  await open(page, `/p/${id}`);
  await expect(chip(page)).toContainText("v1");
  await page.waitForTimeout(500);
  await expect(edited(page)).toHaveCount(0);
  await page.keyboard.press("Control+s");
  await expect(dialog(page).getByRole("heading", { name: "Nothing has changed" })).toBeVisible();
  await expect(dialog(page)).toContainText("v1 to the byte");
  await page.keyboard.press("Escape");

  // One field is changed; everything else is as it was.
  await page.getByRole("switch", { name: "Send seed" }).check();
  await page.getByRole("spinbutton", { name: "Seed" }).fill("7");
  await page.keyboard.press("Control+s");
  await confirm(page).click();
  await expect(chip(page)).toContainText("v2");
  const after = await preset(page, id);
  expect(after.messages).toEqual(before.messages);
  expect(after.params).toEqual({ ...before.params, seed: 7 });
  for (const field of ["tools", "tool_choice", "parallel_tool_calls", "provider_options", "inputs"]) {
    expect(after[field], field).toEqual(before[field]);
  }
});

test("A4 two tabs save from one parent: neither loses work, the second is told and merges", async ({ page, context }) => {
  const id = await prompt(page, { ...user("One.\nTwo.\nThree.\nFour."), params: { temperature: 0.7 } });
  await open(page, `/p/${id}`);
  const second = await context.newPage();
  await open(second, `/p/${id}`);

  await message(page).fill("Uno.\nTwo, theirs.\nThree.\nFour.");
  await page.keyboard.press("Control+s");
  await dialog(page).getByRole("textbox", { name: "Note" }).fill("Theirs");
  await page.keyboard.press("Enter");
  await expect(chip(page)).toContainText("v2");

  await message(second).fill("One.\nTwo, yours.\nThree.\nFour.\nFive.");
  await second.getByRole("spinbutton", { name: "Temperature" }).fill("0.3");
  await second.keyboard.press("Control+s");
  await dialog(second).getByRole("textbox", { name: "Note" }).fill("Yours");
  await second.keyboard.press("Enter");
  const two = dialog(second, "Two people saved");
  await expect(two.getByRole("heading", { level: 2 })).toHaveText("Two people saved from v1");
  await expect(two).toContainText("Yours is saved as v3");
  await expect(two.getByRole("article")).toHaveCount(2);
  await expect(two.getByRole("row", { name: /^Temperature/ })).toContainText("0.3");
  const clash = two.locator("[data-clash]");
  await expect(clash).toHaveCount(1);
  await expect(clash).toContainText("Two, theirs.");
  await expectAccessible(second, "two people saved");
  await clash.getByRole("radio", { name: "Both" }).check({ force: true });
  await two.getByRole("button", { name: "Save the merge as v4" }).click();
  await expect(two).toBeHidden();
  await expect(chip(second)).toContainText("v4");
  await expect(edited(second)).toHaveCount(0);
  const merged = await preset(second, id);
  expect(merged).toMatchObject({ version: 4, parent: 3, merged: 2, params: { temperature: 0.3 } });
  const lines: string[] = merged.messages[0].content.split("\n");
  expect(lines.at(-1)).toBe("Five.");
  expect(lines).toEqual(expect.arrayContaining(["Uno.", "Two, theirs.", "Two, yours.", "Three.", "Four."]));
  await expectText(message(second), merged.messages[0].content);
  // Both are where they were.
  expect((await preset(second, id, 2)).messages[0].content).toBe("Uno.\nTwo, theirs.\nThree.\nFour.");
  expect((await preset(second, id, 3)).messages[0].content).toBe("One.\nTwo, yours.\nThree.\nFour.\nFive.");

  // Who goes on from an older version on purpose is not told that somebody else saved.
  await page.goto(`/p/${id}/v/1`);
  await live(page);
  await message(page).fill("From the first one.");
  await page.keyboard.press("Control+s");
  await confirm(page).click();
  await expect(chip(page)).toContainText("v5");
  await expect(dialog(page, "Two people saved")).toBeHidden();
  expect(await preset(page, id)).toMatchObject({ version: 5, parent: 1 });
});

test("A4 a draft of an older version stays when there is a newer one, and the page says so", async ({ page }) => {
  const id = await prompt(page, {});
  await open(page, `/p/${id}`);
  await message(page).fill("Written in this tab.");
  await expect(page.locator(".prompt-foot__kept")).toHaveText("Draft saved");
  await put(page, id, { model: "quick", ...user("Saved elsewhere.") });
  await page.reload();
  await live(page);
  await expectText(message(page), "Written in this tab.");
  await expect(edited(page)).toHaveText("Unsaved changes since v1");
  // The history has the draft above the versions.
  await page.goto(`/p/${id}/history`);
  await live(page);
  await expect(versions(page).getByRole("listitem").first()).toContainText("Not saved yet");
  await versions(page).getByRole("link", { name: "Draft" }).click();
  await expectText(message(page), "Written in this tab.");
  // A number in the address is that version, not the draft of another.
  await page.goto(`/p/${id}/v/2`);
  await live(page);
  await expectText(message(page), "Saved elsewhere.");
});

test("A4 the draft of a prompt is found at its address also from the start page", async ({ page }) => {
  const id = await prompt(page, {});
  await open(page, `/p/${id}`);
  await message(page).fill("Written in this tab.");
  await expect(page.locator(".prompt-foot__kept")).toHaveText("Draft saved");
  await page.goto("/");
  await live(page);
  await expectText(message(page), "Written in this tab.");
  await expect(chip(page)).toContainText("v1");
  await expect(page).toHaveURL(`/p/${id}`);
  await fromMenu(page, "New prompt");
  await live(page);
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Untitled");
});

test.describe("names and places", () => {
  // A name that is none is refused.
  test.use({ allowedErrors: [/status of 400/] });

  test("A4 fork, name, archive and undo", async ({ page }) => {
    const id = await prompt(page, {});
    await open(page, `/p/${id}`);
    await message(page).fill("Changed before the fork.");
    await expect(edited(page)).toBeVisible();
    await fromMenu(page, "Fork");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Clause review (fork)");
    await expect(page).not.toHaveURL(`/p/${id}`);
    // What was changed went along.
    await expectText(message(page), "Changed before the fork.");
    await expect(edited(page)).toHaveText("Unsaved changes since v1");
    const fork = page.url().split("/").pop()!;

    await fromMenu(page, "Name, tags, description");
    const about = dialog(page, "Name, tags, description");
    await about.getByRole("textbox", { name: "Name" }).fill("   ");
    await page.keyboard.press("Enter");
    await expect(about.getByRole("alert")).toBeVisible();
    await about.getByRole("textbox", { name: "Name" }).fill("Another review");
    await about.getByRole("textbox", { name: "Description" }).fill("For leases.");
    await about.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Another review");
    expect(await preset(page, fork)).toMatchObject({ name: "Another review", description: "For leases.", version: 1 });

    await fromMenu(page, "Archive");
    const strip = page.getByText("Another review is archived.");
    await expect(strip).toBeVisible();
    expect((await page.request.get(`/v1/presets/${fork}`)).status()).toBe(404);
    // It runs as before, and it can be brought back.
    await run(page).click();
    await finished(page);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(strip).toBeHidden();
    expect((await preset(page, fork)).name).toBe("Another review");
  });
});

test("E2 a key in a text is asked about before it is kept for good", async ({ page }) => {
  const id = await prompt(page, {});
  const key = `sk-proj-${"8hTq0abc".repeat(4)}`;
  await open(page, `/p/${id}`);
  await message(page).fill(`Call it with\nBearer ${key}`);
  await page.keyboard.press("Control+s");
  await expect(dialog(page).getByRole("alert")).toContainText("Message 1 seems to hold a key.");
  await expect(dialog(page)).not.toContainText(key);
  await expectAccessible(page, "a secret in the text");
  await dialog(page).getByRole("button", { name: "Go on" }).click();
  await confirm(page).click();
  await expect(chip(page)).toContainText("v2");
  await expectText(message(page), "Call it with\nBearer {{api_key}}");
  await expect(page.getByRole("textbox", { name: "api_key" })).toBeVisible();
  const saved = await preset(page, id);
  expect(JSON.stringify(saved)).not.toContain(key);
  await expect(edited(page)).toHaveCount(0);
  // Kept as it is where somebody says so.
  await message(page).fill(`An example: ${key}`);
  await page.keyboard.press("Control+s");
  await dialog(page).getByRole("radio", { name: /Save as it is/ }).check();
  await dialog(page).getByRole("button", { name: "Go on" }).click();
  await confirm(page).click();
  await expect(chip(page)).toContainText("v3");
  expect((await preset(page, id)).messages[0].content).toContain(key);
});

test.describe("without the server", () => {
  test.use({ allowedErrors: SERVER_AWAY });

  test("A4 a save that fails keeps the draft, says why, and can be tried again", async ({ page, etude }) => {
    const id = await prompt(page, {});
    await open(page, `/p/${id}`);
    await message(page).fill("Written while it was away.");
    // The code of the dialogs is there once one of them opens.
    await page.keyboard.press("Control+s");
    await expect(dialog(page)).toBeVisible();
    await page.keyboard.press("Escape");
    await settled(page);
    await etude.kill();
    await page.keyboard.press("Control+s");
    await confirm(page).click();
    await expect(dialog(page).getByRole("alert")).toContainText("cannot be reached");
    await expect(dialog(page)).toContainText("The draft is kept as it is.");
    await etude.restart();
    await confirm(page).click();
    await expect(dialog(page)).toBeHidden({ timeout: 20_000 });
    await expect(chip(page)).toContainText("v2");
    expect((await preset(page, id)).messages[0].content).toBe("Written while it was away.");
  });
});

test.describe("without the code of a dialog", () => {
  test.use({ allowedErrors: [/ERR_FAILED|Failed to fetch/] });

  test("A4 M1 a dialog whose code does not come says so, and opens once it does", async ({ page }) => {
    await page.route(/split_dialogs/, (route) => route.abort());
    const id = await prompt(page, {});
    await open(page, `/p/${id}`);
    await message(page).fill("Another.");
    await page.keyboard.press("Control+s");
    const missing = page.getByRole("dialog", { name: "It did not open" });
    await expect(missing.getByRole("alert")).toContainText("What you typed is kept.");
    await page.unroute(/split_dialogs/);
    await missing.getByRole("button", { name: "Try again" }).click();
    await confirm(page).click();
    await expect(chip(page)).toContainText("v2");
  });
});

test("M1 the prompt's menu: arrows walk, a letter finds, Escape gives the focus back and stops nothing", async ({ page }) => {
  const id = await prompt(page, { params: { max_tokens: 1_000 } });
  await open(page, `/p/${id}`);
  await choose(page, "endless", 100_000);
  await run(page).click();
  const name = page.locator("#prompt-name");
  await name.focus();
  await page.keyboard.press("Enter");
  await expect(menu(page).getByRole("menuitem", { name: "Open prompt" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(menu(page).getByRole("menuitem", { name: "New prompt" })).toBeFocused();
  await page.keyboard.press("v");
  await expect(menu(page).getByRole("menuitem", { name: /^Version history/ })).toBeFocused();
  await page.keyboard.press("End");
  await expect(menu(page).getByRole("menuitem", { name: "Archive" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(menu(page)).toBeHidden();
  await expect(name).toBeFocused();
  await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await finished(page, "stopped");
});

test.describe("what is not there", () => {
  test.use({ allowedErrors: [/40[04]/] });

  test("A4 what is not there says so, with a way back", async ({ page }) => {
    const id = await prompt(page, {});
    for (const path of ["/p/prm_00000000000000000000000000000000", "/p/nothing", `/p/${id}/v/none`, "/p/nothing/history", `/p/${id}/diff/1`]) {
      const answer = await page.goto(path);
      await live(page);
      expect(answer?.status(), path).toBe(404);
      await expect(page.getByRole("heading", { name: "Nothing is here." })).toBeVisible();
    }
    await page.goto(`/p/${id}/v/99`);
    await live(page);
    await expect(page.getByRole("heading", { name: "Nothing is here." })).toBeVisible();
  });
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 no state of versions breaks a rule", async ({ page }) => {
      const id = await prompt(
        page,
        { labels: { production: 0 }, note: "First", tools: [{ name: "clock", parameters: { type: "object" } }] },
        { ...user("One.\nTwo and a half.\nThree."), params: { temperature: 0.3 }, note: "Second" },
      );
      await open(page, `/p/${id}`);
      await expectAccessible(page, "a version");
      await message(page).fill("One.\nTwo.\nAnd more.");
      await expect(edited(page)).toBeAttached();
      await page.keyboard.press("Control+s");
      await expect(dialog(page).getByRole("region", { name: "Changes" })).toContainText("lines");
      await expectAccessible(page, "save version");
      await page.keyboard.press("Escape");
      await page.locator("#prompt-name").click();
      await expect(menu(page)).toBeVisible();
      await expectAccessible(page, "the menu");
      await page.keyboard.press("Escape");
      await open(page, `/p/${id}/history`);
      await row(page, 1).getByRole("checkbox").check();
      await row(page, 2).getByRole("checkbox").check();
      await expectAccessible(page, "the history");
      await open(page, `/p/${id}/history?v=1`);
      await expectAccessible(page, "the drawer");
      await open(page, `/p/${id}/diff/1..2`);
      await page.locator("etude-diff [class*=cm-]").first().waitFor();
      await expectAccessible(page, "the diff");
    });
  });
}
