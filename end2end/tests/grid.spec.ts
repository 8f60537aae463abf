// The grid: rows of inputs from a table as people have them, and every cell of it.

import type { Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { compare, keptComparison, MODELS, runAll, runCount, stopAll } from "./comparing";
import { expect, test } from "./fixtures";
import { live } from "./playground";

test.use({ config: MODELS });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

const cell = (page: Page, row: number, letter: string) =>
  page.locator("td.cell").filter({ has: page.getByRole("button", { name: new RegExp(`^Row ${row}, ${letter},`) }) });
const counts = (page: Page) => page.locator(".grid__done p");
const numbered = (count: number) => Array.from({ length: count }, (_, place) => ({ mail: `mail ${place + 1}` }));

/** Opens the dialog and pastes a table. */
async function paste(page: Page, text: string) {
  await page.getByRole("button", { name: "Use rows of inputs" }).click();
  const dialog = page.getByRole("dialog", { name: "Rows of inputs" });
  await dialog.getByRole("textbox", { name: /^Paste CSV/ }).fill(text);
  return dialog;
}

test("A5 a pasted table with odd quoting becomes rows", async ({ page }) => {
  const id = await compare(page, [
    { model: "echo", text: "{{mail}}" },
    { model: "echo", text: "{{mail}} {{tone}}" },
  ]);
  const dialog = await paste(page, "\ufeff\"Mail\";id;tone\r\n\"He said \"\"no\"\"; twice\nand left\";7;dry\r\n  \"plain\"  ;8;\r\n5\" pipe;9;warm\r\n");
  await expect(dialog.getByText("CSV, semicolons: 3 rows, 3 fields each")).toBeVisible();
  await expect(dialog.getByRole("combobox", { name: "Variable of Mail" })).toHaveValue("mail");
  await dialog.getByRole("combobox", { name: "Variable of id" }).selectOption({ label: "left out" });
  await dialog.getByRole("button", { name: "Use 3 rows" }).click();

  await expect(page.getByRole("table")).toBeVisible();
  await expect(page.getByRole("rowheader", { name: /^1 He said "no"; twice/ })).toBeVisible();
  await runAll(page).click();
  await expect(counts(page)).toContainText("6 of 6 cells");
  await expect(cell(page, 1, "A")).toContainText('He said "no"; twice');
  await expect(cell(page, 3, "B")).toContainText('5" pipe warm');
  await expect(cell(page, 3, "B").locator(".differs")).toHaveText([" warm"]);
  const kept = await keptComparison(page, id);
  expect(kept.spec.rows[0]).toEqual({ mail: 'He said "no"; twice\nand left', tone: "dry" });
  expect(kept.spec.data_name).toBe("Pasted rows");

  await page.reload();
  await live(page);
  await expect(cell(page, 1, "A")).toContainText('He said "no"; twice');
});

test("A5 a table that cannot be read is refused with its place", async ({ page }) => {
  await compare(page, [{ model: "echo", text: "{{mail}}" }]);
  const dialog = await paste(page, "mail,tone\nhello,dry\none,two,three\n");
  await expect(dialog.getByRole("alert")).toHaveText("Line 3, column 9: the row has 3 fields, the head has 2 fields.");
  await expect(dialog.getByRole("button", { name: "Use rows" })).toBeDisabled();
  const field = dialog.getByRole("textbox", { name: /^Paste CSV/ });
  await field.fill('mail\n"never closed\n');
  await expect(dialog.getByRole("alert")).toContainText("Line 2, column 1: the quote that opens here is never closed.");
  await field.fill('{"mail": "hello", "n": 1.0}\n{"mail": null}');
  await expect(dialog.getByText("JSONL: 2 rows, 2 fields each")).toBeVisible();

  await dialog.locator("input[type=file]").setInputFiles({
    name: "claims.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(`mail\n${"line\n".repeat(1_200)}`),
  });
  await expect(dialog.getByText("CSV: 1,200 rows, 1 fields each")).toBeVisible();
  await dialog.getByRole("button", { name: "Use 1,200 rows" }).click();
  await expect(page.getByRole("button", { name: /claims.csv/ })).toContainText("1,200 rows");
});

test("A5 again by cell, by row, by column", async ({ page }) => {
  const id = await compare(page, [{ model: "quick", text: "{{mail}}" }, { model: "echo", text: "{{mail}}" }], { rows: numbered(3), dataName: "mails.csv" });
  // A cell that waits or runs is not run again.
  const rested = () => expect.poll(async () => (await keptComparison(page, id)).counts).toMatchObject({ waiting: 0, running: 0 });
  await runAll(page).click();
  await expect(counts(page)).toContainText("6 of 6 cells");
  const runs = () => runCount(page);
  expect(await runs()).toBe(6);
  await cell(page, 2, "B").hover();
  await page.getByRole("button", { name: "Run row 2, B again" }).click();
  await expect.poll(runs).toBe(7);
  await rested();
  await page.getByRole("button", { name: "Run row 3 again" }).click();
  await expect.poll(runs).toBe(9);
  await rested();
  await page.getByRole("button", { name: "Run column A again" }).click();
  await expect.poll(runs).toBe(12);
  await expect(counts(page)).toContainText("6 of 6 cells");
});

test("A5 pause, go on, stop all, and what failed is found", async ({ page }) => {
  await compare(page, [{ model: "endless", text: "{{mail}}" }, { model: "torn", text: "{{mail}}" }], { rows: numbered(12), dataName: "mails.csv" });
  await runAll(page).click();
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Go on" })).toBeVisible();
  await expect(counts(page)).toContainText("paused");
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(cell(page, 1, "A").locator(".caret")).toBeVisible();
  await expect(cell(page, 1, "B").locator(".status")).toHaveText("failed");
  await stopAll(page).click();
  await expect(runAll(page)).toBeVisible();
  const failed = page.getByRole("radio", { name: /^Failed \d/ });
  await expect(failed).toBeVisible();
  await failed.check({ force: true });
  await expect(page.getByRole("rowheader", { name: /mail 1 Run/ })).toBeVisible();
  await expect(page.getByRole("rowheader", { name: /mail 12 Run/ })).toHaveCount(0);
});

test("A5 a cell is looked at: beside another column, with its inputs and its run", async ({ page }) => {
  await compare(page, [{ model: "echo", text: "Dear {{mail}}" }, { model: "echo", text: "Hello {{mail}}" }], { rows: numbered(3), dataName: "mails.csv" });
  await runAll(page).click();
  await expect(counts(page)).toContainText("6 of 6 cells");
  await page.getByRole("button", { name: "Row 2, B, done" }).click();
  const drawer = page.getByRole("complementary", { name: /^Row 2/ });
  await expect(drawer.getByRole("button", { name: "Close" })).toBeFocused();
  await expect(drawer.locator("del")).toHaveText(["Dear"]);
  await expect(drawer.locator("ins")).toHaveText(["Hello"]);
  await expect(drawer.getByText("+1 −1 words")).toBeVisible();
  await expect(drawer.getByRole("group", { name: "Inputs" })).toContainText("mail 2");
  await expect(drawer.getByRole("list", { name: "Run figures" })).toContainText("stop");
  await page.keyboard.press("ArrowLeft");
  await expect(drawer.locator("ins")).toHaveText(["Dear"]);
  await page.keyboard.press("Escape");
  await expect(drawer).toHaveCount(0);
});

test("F7 a grid that may be dear asks for a cap, and a sample of its rows may come first", async ({ page }) => {
  const id = await compare(page, [{ model: "dear", text: "{{mail}}", params: { max_tokens: 64 } }, { model: "echo", text: "{{mail}}" }], {
    rows: numbered(40),
    dataName: "mails.csv",
  });
  await runAll(page).click();
  const cap = page.getByRole("dialog", { name: "Run 80 cells" });
  await expect(cap).toContainText("40 rows × 2 columns");
  await cap.getByRole("combobox", { name: "Or first on a sample of" }).selectOption({ label: "the first 20" });
  await cap.getByRole("textbox", { name: "Stop at" }).fill("100");
  await cap.getByRole("button", { name: "Run up to $100.00" }).click();
  await expect(counts(page)).toContainText("40 of 80 cells", { timeout: 20_000 });
  const kept = await keptComparison(page, id);
  expect(kept.spec.cap_micros).toBe(100_000_000);
  await expect(page.locator(".grid__cost")).toContainText("stops at $100.00");
});

test("A5 a thousand rows scroll, and only those in sight are in the document", async ({ page }) => {
  await compare(page, [{ model: "quick", text: "{{mail}}" }, { model: "echo", text: "{{mail}}" }], { rows: numbered(1_000), dataName: "mails.csv" });
  const region = page.getByRole("region", { name: "Rows and columns" });
  await expect(page.getByRole("rowheader", { name: /mail 1 Run/ })).toBeVisible();
  const worst = await region.evaluate(async (element) => {
    let last = performance.now();
    let worst = 0;
    for (let step = 0; step < 120; step++) {
      element.scrollTop += 500;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      worst = Math.max(worst, now - last);
      last = now;
    }
    return worst;
  });
  console.log(`worst frame: ${worst.toFixed(0)} ms`);
  expect(worst).toBeGreaterThan(0);
  await expect(page.getByRole("rowheader", { name: /mail 8\d\d Run/ }).first()).toBeVisible();
  expect(await page.locator(".cells__row").count()).toBeLessThan(60);
  await region.evaluate((element) => (element.scrollTop = element.scrollHeight));
  await expect(page.getByRole("rowheader", { name: /mail 1000 Run/ })).toBeVisible();
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 no state of a grid breaks a rule", async ({ page }) => {
      const clean = (state: string) => expectAccessible(page, state);
      await compare(page, [{ model: "slow", text: "{{mail}}" }, { model: "torn", text: "{{mail}}" }, { model: "echo", text: "{{mail}} too" }], {
        rows: numbered(30),
        dataName: "mails.csv",
      });
      await clean("not run");
      await runAll(page).click();
      await expect(cell(page, 1, "B").locator(".status")).toHaveText("failed");
      await clean("running");
      await stopAll(page).click();
      await expect(runAll(page)).toBeVisible();
      await page.getByRole("button", { name: /^Row 1, C/ }).click();
      await expect(page.getByRole("complementary")).toBeVisible();
      await clean("a cell");
    });
  });
}
