// What stands in the fields is kept: through reload, crash, closed tab, and beside another tab.

import { expect, test } from "./fixtures";
import { choose, expectText, finished, LAB, live, loads, message, open, run, runId, SERVER_AWAY, settled, valueOf } from "./playground";
import type { Page } from "@playwright/test";
import { readdir, readFile } from "node:fs/promises";

test.use({ config: LAB });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

const saved = (page: Page) => expect(page.locator(".prompt-foot__kept")).toHaveText("Draft saved");
const dialog = (page: Page) => page.getByRole("dialog", { name: "Find a lost draft" });

async function findDrafts(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Type a command or a name" }).fill("lost draft");
  await page.keyboard.press("Enter");
  await expect(dialog(page)).toBeVisible();
}

test("A1 a closed tab's draft is found again, by its words, and opened", async ({ page, context }) => {
  await open(page);
  await choose(page, "quick");
  await message(page).fill("A prompt about albatrosses.");
  await page.getByRole("switch", { name: "Send seed" }).check();
  await page.getByRole("spinbutton", { name: "Seed" }).fill("7");
  await saved(page);
  await page.close();

  const next = await context.newPage();
  await open(next);
  await expectText(message(next), "Describe a quiet morning by the sea in three sentences.");
  await message(next).fill("Another prompt.");
  await saved(next);
  await findDrafts(next);
  await dialog(next).getByRole("textbox", { name: "Search drafts" }).fill("albatross");
  await expect(dialog(next).getByRole("listitem")).toHaveCount(1);
  await loads(next, () => dialog(next).getByRole("button", { name: /^Open the draft/ }).click());
  await expectText(message(next), "A prompt about albatrosses.");
  await expect(next.getByRole("spinbutton", { name: "Seed" })).toHaveValue("7");
  await expect(next.getByRole("combobox", { name: "Model" })).toHaveValue("quick");
  // What was there before is a draft of its own.
  await findDrafts(next);
  await dialog(next).getByRole("textbox", { name: "Search drafts" }).fill("Another");
  await expect(dialog(next).getByRole("listitem")).toHaveCount(1);
  await dialog(next).getByRole("button", { name: /^Remove the draft/ }).click();
  await dialog(next).getByRole("button", { name: "Undo" }).click();
  await expect(dialog(next).getByRole("button", { name: /^Open the draft/ })).toBeVisible();
});

test("A1 what the tab's own storage has lost comes from the browser's database, and then from the server", async ({ page }) => {
  await open(page);
  await message(page).fill("Kept in more than one place.");
  await saved(page);
  const forget = (what: string) => page.evaluate(async (what) => {
    const session = JSON.parse(sessionStorage.getItem("etude.draft") ?? "{}");
    sessionStorage.setItem("etude.draft", JSON.stringify({ id: session.id, revision: 0, origin: null, draft: null }));
    if (what === "database") await new Promise((done) => Object.assign(indexedDB.deleteDatabase("etude"), { onsuccess: done, onblocked: done }));
  }, what);
  // The page writes once more as it goes: what it then has is what was there before.
  await page.goto("/settings/keyboard");
  await live(page);
  await forget("session");
  await page.goto("/");
  await live(page);
  await expectText(message(page), "Kept in more than one place.");
  await saved(page);
  await page.goto("/settings/keyboard");
  await live(page);
  await forget("database");
  await page.goto("/");
  await live(page);
  await expectText(message(page), "Kept in more than one place.");
});

test("A1 two tabs have a draft each, a duplicated tab too", async ({ page, context }) => {
  await open(page);
  await message(page).fill("First tab.");
  await saved(page);
  const second = await context.newPage();
  await open(second);
  await message(second).fill("Second tab.");
  await saved(second);
  await page.reload();
  await live(page);
  await expectText(message(page), "First tab.");

  // A duplicated tab begins with a copy of the storage of the first.
  const storage = await page.evaluate(() => sessionStorage.getItem("etude.draft") ?? "");
  const third = await context.newPage();
  await third.addInitScript((storage) => {
    if (!sessionStorage.getItem("etude.draft")) sessionStorage.setItem("etude.draft", storage);
  }, storage);
  await open(third);
  await expectText(message(third), "First tab.");
  await third.waitForTimeout(1_500);
  await message(third).fill("A copy that went on.");
  await saved(third);
  await page.reload();
  await live(page);
  await expectText(message(page), "First tab.");
  await third.reload();
  await live(third);
  await expectText(message(third), "A copy that went on.");
  const ids = await Promise.all([page, second, third].map((tab) => tab.evaluate(() => JSON.parse(sessionStorage.getItem("etude.draft") ?? "{}").id)));
  expect(new Set(ids).size).toBe(3);
});

test.describe("without the server", () => {
  test.use({ allowedErrors: SERVER_AWAY });

  test("A1 what is typed while the server is away reaches it afterwards", async ({ page, etude, context }) => {
    await open(page);
    await settled(page);
    await etude.kill();
    await message(page).fill("Typed while it was away.");
    await expect(page.locator(".prompt-foot__kept")).toHaveText("Kept in this browser", { timeout: 10_000 });
    await etude.restart();
    await expect(page.locator(".prompt-foot__kept")).toHaveText("Draft saved", { timeout: 30_000 });
    await page.reload();
    await live(page);
    await expectText(message(page), "Typed while it was away.");
    // Another browser, with nothing of its own, finds it on the server.
    const other = await context.browser()!.newContext({ baseURL: etude.baseURL });
    const tab = await other.newPage();
    await open(tab);
    await findDrafts(tab);
    await expect(dialog(tab).getByRole("listitem").filter({ hasText: "Typed while it was away." })).toHaveCount(1);
    await other.close();
  });
});

test("A7 opening a run leaves the tab's draft where it is", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  await message(page).fill("What was run.");
  await run(page).click();
  await finished(page);
  const id = await runId(page);
  await message(page).fill("What was written after it.");
  await saved(page);
  await page.goto(`/?run=${id}`);
  await live(page);
  await expectText(message(page), "What was run.");
  await message(page).fill("Made of the run.");
  await saved(page);
  await findDrafts(page);
  for (const text of ["What was written after it.", "Made of the run."]) {
    await expect(dialog(page).getByRole("listitem").filter({ hasText: text })).toHaveCount(1);
  }
  expect(await valueOf(message(page))).toBe("Made of the run.");
});

test("A1 a browser that is killed gives the draft back, even one that the server never had", async ({ etude, playwright }, testInfo) => {
  const profile = testInfo.outputPath("profile");
  const launch = () => playwright.chromium.launchPersistentContext(profile, { ...testInfo.project.use.launchOptions, baseURL: etude.baseURL });
  const first = await launch();
  const page = first.pages()[0] ?? (await first.newPage());
  await page.route("**/api/save-draft", (route) => route.abort());
  await open(page);
  await message(page).fill("Typed a moment before the crash.");
  await expect(page.locator(".prompt-foot__kept")).toHaveText("Kept in this browser");
  // As the kernel ends it when memory runs out: nothing is written any more.
  const browsers = (await readdir("/proc")).filter((pid) => /^\d+$/.test(pid));
  for (const pid of browsers) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes(profile)) process.kill(Number(pid), "SIGKILL");
  }
  await first.close().catch(() => undefined);
  const again = await launch();
  const next = again.pages()[0] ?? (await again.newPage());
  await open(next);
  await findDrafts(next);
  await loads(next, () => dialog(next).getByRole("button", { name: /^Open the draft Typed a moment/ }).click());
  await expectText(message(next), "Typed a moment before the crash.");
  await again.close();
});
