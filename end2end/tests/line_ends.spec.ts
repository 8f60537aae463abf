// Texts to the byte: line ends and what cannot be seen come through the fields unharmed; a version beside the draft.

import type { Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { expectText, finished, kept, LAB, live, message, open, run, runId } from "./playground";
import { type Body, chip, confirm, dialog, edited, preset, put, user, versions } from "./versioning";

test.use({ config: LAB });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

/** A prompt with one version for each body: the last one is the newest. */
async function prompt(page: Page, ...bodies: Body[]): Promise<string> {
  const made = await page.request.post("/v1/presets", { data: { name: "Letters", model: "quick", ...bodies[0] } });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = await made.json();
  for (const body of bodies.slice(1)) await put(page, id, { model: "quick", ...body });
  return id;
}

const draftSaved = (page: Page) => expect(page.locator(".prompt-foot__kept")).toHaveText("Draft saved");
const diff = (page: Page) => page.getByRole("region", { name: "Diff" });
const section = (page: Page, title: string) => diff(page).locator(".diff-section").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

async function save(page: Page, version: number): Promise<void> {
  await page.keyboard.press("Control+s");
  await confirm(page).click();
  await expect(chip(page)).toContainText(`v${version}`);
  await expect(edited(page)).toHaveCount(0);
}

/** Writes at the end of the first message. */
async function append(page: Page, text: string): Promise<void> {
  await message(page).focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(text);
  await expect(edited(page)).toBeAttached();
}

/** Writes a line before the first one. */
async function prepend(page: Page, text: string): Promise<void> {
  await message(page).focus();
  await page.keyboard.press("Control+Home");
  await page.keyboard.insertText(text);
  await page.keyboard.press("Enter");
  await expect(edited(page)).toBeAttached();
}

test("A4 a text with CR LF does not show as edited, and is run as it was written", async ({ page }) => {
  const messages = [{ role: "system", content: "Be brief.\r\nBe kind." }, ...user("One.\r\nTwo {{x}}.\r\n").messages];
  const id = await prompt(page, { messages, inputs: { x: "in\r\nput" } });
  await open(page, `/p/${id}`);
  await expectText(message(page), "One.\nTwo {{x}}.\n");
  await expectText(page.getByRole("textbox", { name: "System prompt" }), "Be brief.\nBe kind.");
  await expect(message(page).locator(".cm-specialChar")).toHaveCount(0);
  // Longer than the fields are held against the version after.
  await page.waitForTimeout(500);
  await expect(edited(page)).toHaveCount(0);
  await run(page).click();
  await finished(page);
  const { request } = await kept(page, await runId(page));
  expect(request).toMatchObject({ prompt: id, version: 1, messages, inputs: { x: "in\r\nput" } });

  await page.reload();
  await live(page);
  await page.waitForTimeout(500);
  await expect(edited(page)).toHaveCount(0);
  await page.keyboard.press("Control+s");
  await expect(dialog(page).getByRole("heading", { name: "Nothing has changed" })).toBeVisible();
});

test("A4 an edit keeps every line end that was there, over a reload too, and undone it is no edit", async ({ page }) => {
  const id = await prompt(page, user("One.\r\nTwo.\r\nThree."));
  await open(page, `/p/${id}`);
  await append(page, " And four.");
  await page.keyboard.press("Control+z");
  await expectText(message(page), "One.\nTwo.\nThree.");
  await expect(edited(page)).toHaveCount(0);

  await append(page, " And four.");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText("Five.");
  await draftSaved(page);
  await page.reload();
  await live(page);
  await expectText(message(page), "One.\nTwo.\nThree. And four.\nFive.");
  await expect(edited(page)).toHaveText("Unsaved changes since v1");
  await save(page, 2);
  expect((await preset(page, id)).messages[0].content).toBe("One.\r\nTwo.\r\nThree. And four.\r\nFive.");
});

test("A4 mixed line ends and characters that cannot be seen stay where they are", async ({ page }) => {
  const text = "a\r\nb\nc\rd\u200b\u2028e\ufeff";
  const id = await prompt(page, user(text));
  await open(page, `/p/${id}`);
  await expect(message(page).locator(".cm-specialChar")).toHaveCount(3);
  await page.waitForTimeout(500);
  await expect(edited(page)).toHaveCount(0);
  await append(page, "f");
  await save(page, 2);
  expect((await preset(page, id)).messages[0].content).toBe(`${text}f`);
});

test("A4 versions that differ in their line ends alone say so; the same ends are not shown", async ({ page }) => {
  const id = await prompt(page, user("One.\r\nTwo."), user("One.\nTwo."), user("Uno.\r\nTwo.\r\n"), user("Eins.\r\nTwo.\r\n"));
  await open(page, `/p/${id}/diff/1..2`);
  const texts = section(page, "Message 1, user");
  await expect(texts.locator("header")).toContainText("only the line ends differ: CR LF on the left, LF on the right");
  await expect(texts.locator(".cm-editor .cm-specialChar").first()).toHaveAttribute("aria-label", /carriage return/i);
  await open(page, `/p/${id}/diff/2..3`);
  await expect(texts.locator("header")).toContainText("other line ends: LF on the left, CR LF on the right");
  await open(page, `/p/${id}/diff/3..4`);
  await expect(texts.locator(".cm-editor").first()).toContainText("Uno.");
  await expect(texts.locator("header")).not.toContainText("line ends");
  await expect(texts.locator(".cm-specialChar")).toHaveCount(0);
});

test("A4 values that look alike in a table say in what they differ", async ({ page }) => {
  const long = "The mail of a customer who asks about an order";
  const inputs = { ends: "in\r\nput", blanks: "a  b", long };
  const changed = { ends: "in\nput", blanks: "a b", long: `${long}.` };
  const asked = user("{{ends}} {{blanks}} {{long}}");
  const id = await prompt(page, { ...asked, inputs }, { ...asked, inputs: changed });
  await open(page, `/p/${id}/diff/1..2`);
  const row = (name: string) => section(page, "Default inputs").getByRole("row", { name });
  await expect(row("ends")).toContainText("only the line ends differ: CR LF on the left, LF on the right");
  await expect(row("long")).not.toContainText("line ends");
  await open(page, `/p/${id}`);
  for (const [name, value] of Object.entries(inputs)) await page.getByRole("textbox", { name }).fill(value);
  await page.keyboard.press("Control+s");
  const said = (name: string) => dialog(page).locator(".changes").getByRole("row", { name });
  await expect(said("long")).toContainText("The mail of a custom…: differs further on");
  await expect(said("blanks")).toContainText("a b: only blanks differ");
});

test.describe("the draft", () => {
  // Two drafts are no address.
  test.use({ allowedErrors: [/status of 404/] });

  test("A4 a version is compared with what stands in the playground, from its menu and while it is saved", async ({ page, context }) => {
    const id = await prompt(page, user("Two.\r\nThree."), { ...user("One.\r\nTwo.\r\nThree."), params: { temperature: 0.3 } });
    await open(page, `/p/${id}`);
    const name = page.locator("#prompt-name");
    const changes = page.getByRole("menu", { name: "Prompt" }).getByRole("menuitem", { name: "Changes since v2" });
    await name.click();
    await expect(page.getByRole("menu", { name: "Prompt" })).toBeVisible();
    await expect(changes).toHaveCount(0);
    await page.keyboard.press("Escape");

    await prepend(page, "Zero.");
    await page.getByRole("spinbutton", { name: "Temperature" }).fill("0.9");
    await name.click();
    await changes.click();
    await expect(page).toHaveURL(`/p/${id}/diff/2..draft`);
    await expect(page).toHaveTitle("v2 and draft: Letters · Etude");
    const texts = section(page, "Message 1, user");
    await expect(texts.locator(".cm-editor").last()).toContainText("Zero.");
    // Its line ends are those of the version: only what was typed differs.
    await expect(texts.locator("header")).toContainText("+1");
    await expect(texts.locator("header")).not.toContainText("line ends");
    const temperature = section(page, "Model and parameters").getByRole("row", { name: /^Temperature/ });
    await expect(temperature).toContainText("0.3");
    await expect(temperature).toContainText("0.9");
    const draft = versions(page).getByRole("link", { name: "Draft" });
    await expect(draft).toHaveAttribute("aria-current", "true");
    // A draft is not out of date: nothing is restored.
    await expect(diff(page).getByRole("button", { name: /^Restore/ })).toHaveCount(0);

    // The other way round, with another version, and of two versions.
    await diff(page).getByRole("link", { name: "Swap" }).click();
    await expect(page).toHaveURL(`/p/${id}/diff/draft..2`);
    await expect(texts.locator(".cm-editor").first()).toContainText("Zero.");
    await diff(page).getByRole("link", { name: "Swap" }).click();
    await expect(page).toHaveURL(`/p/${id}/diff/2..draft`);
    // The address comes before the page: until then the links are those of what was shown.
    await expect(texts.locator(".cm-editor").last()).toContainText("Zero.");
    await versions(page).getByRole("link", { name: "v1" }).focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/p/${id}/diff/1..draft`);
    await expect(texts.locator("header")).toContainText("+2");
    // Who goes through the list by keyboard stays where they are.
    await expect(versions(page).getByRole("link", { name: "v1" })).toBeFocused();
    await page.reload();
    await live(page);
    await expect(texts.locator("header")).toContainText("+2");
    await open(page, `/p/${id}/diff/1..2`);
    await draft.click();
    await expect(page).toHaveURL(`/p/${id}/diff/1..draft`);

    // The draft is where it was, and saving leads here too.
    await open(page, `/p/${id}`);
    await expectText(message(page), "Zero.\nOne.\nTwo.\nThree.");
    await expect(edited(page)).toHaveText("Unsaved changes since v2");
    await page.keyboard.press("Control+s");
    await dialog(page).getByRole("link", { name: "Changes since v2, line by line" }).click();
    await expect(page).toHaveURL(`/p/${id}/diff/2..draft`);
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(texts.locator(".cm-editor").last()).toContainText("Zero.");
    await page.goBack();
    await expectText(message(page), "Zero.\nOne.\nTwo.\nThree.");

    // Another tab has a draft of its own, or none.
    const other = await context.newPage();
    await open(other, `/p/${id}/diff/2..draft`);
    await expect(other.getByRole("heading", { name: "No draft of this prompt in this tab." })).toBeVisible();
    await diff(other).getByRole("link", { name: "Open in playground" }).click();
    await expect(other).toHaveURL(`/p/${id}`);
    await expectText(message(other), "One.\nTwo.\nThree.");
    const answer = await other.goto(`/p/${id}/diff/draft..draft`);
    expect(answer?.status()).toBe(404);
    await live(other);
  });

  test("A4 a draft that cannot be read says what is wrong with it", async ({ page }) => {
    const id = await prompt(page, { ...user("One."), params: { temperature: 0.3 } });
    await open(page, `/p/${id}`);
    await append(page, " Two.");
    await page.getByRole("spinbutton", { name: "Temperature" }).fill("");
    await draftSaved(page);
    await open(page, `/p/${id}/diff/1..draft`);
    await expect(diff(page).getByRole("alert")).toContainText("It cannot be compared.");
    await expect(diff(page).getByRole("alert")).toContainText("Temperature is empty.");
    await diff(page).getByRole("link", { name: "Open in playground" }).click();
    await expectText(message(page), "One. Two.");
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("A4 M1 the page of a draft says that it takes JavaScript, and leads to the versions", async ({ page }) => {
    const id = await prompt(page, user("One."), user("Two."));
    await page.goto(`/p/${id}/diff/1..draft`);
    // Playwright leaves this element out of what it takes for a text.
    const said = diff(page).locator("noscript p");
    await expect(said).toBeVisible();
    await expect(said).toContainText("comparing it takes JavaScript");
    await expect(versions(page).getByRole("link", { name: "v2" })).toBeVisible();
  });
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 no state of a draft compared, or of what cannot be seen, breaks a rule", async ({ page }) => {
      const id = await prompt(page, user("One.\nTwo.\u200b\nThree."), user("One.\r\nTwo.\u200b\r\nThree."));
      await open(page, `/p/${id}/diff/2..draft`);
      await expect(page.getByRole("heading", { name: "No draft of this prompt in this tab." })).toBeVisible();
      await expectAccessible(page, "no draft");
      await open(page, `/p/${id}`);
      await expect(message(page).locator(".cm-specialChar")).toHaveCount(1);
      await expectAccessible(page, "a character that cannot be seen");
      await append(page, " Four.");
      await draftSaved(page);
      await open(page, `/p/${id}/diff/2..draft`);
      await expect(section(page, "Message 1, user").locator(".cm-editor").last()).toContainText("Four.");
      await expectAccessible(page, "a draft");
      await open(page, `/p/${id}/diff/1..2`);
      await expect(section(page, "Message 1, user").locator(".cm-editor .cm-specialChar").first()).toBeVisible();
      await expectAccessible(page, "other line ends");
    });
  });
}
