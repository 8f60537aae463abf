// The page "Models": providers are added, tried, changed and removed.

import { expect, test } from "./fixtures";
import { choose, finished, LAB, live, open, run, textOf } from "./playground";
import type { Page } from "@playwright/test";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

const group = (page: Page, name: string) => page.locator("tbody").filter({ has: page.locator(".provider__name", { hasText: new RegExp(`^${name}$`) }) });

async function add(page: Page, name: string, url: string, key = ""): Promise<void> {
  await page.getByRole("button", { name: "Add provider" }).first().click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("textbox", { name: "Base URL" }).fill(url);
  if (key) await page.getByLabel("Key", { exact: true }).fill(key);
}

const save = (page: Page) => page.locator(".drawer__foot").getByRole("button", { name: /^(Add provider|Save)$/ });

test("A2 a provider is added, tried, used, changed, removed and brought back", async ({ page, mock, etude }) => {
  await open(page, "/settings/models");
  await expect(group(page, "On this machine").locator(".status")).toHaveText("loaded");
  await add(page, "lab", `${mock.baseURL}/v1`, "sk-canary-4711");
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect(page.getByRole("list", { name: "Models found" }).getByRole("listitem")).toHaveCount(1);
  await save(page).click();
  await expect(group(page, "lab").locator(".status")).toHaveText(/^answering/);
  await expect(group(page, "lab").locator(".badge").first()).toHaveText("added here");

  await open(page);
  await choose(page, "mock");
  await run(page).click();
  await finished(page);
  expect((await textOf(page)).length).toBeGreaterThan(5);

  // It is there after a restart, key and all. (Nobody looks meanwhile: a page would complain of the connection.)
  await page.goto("about:blank");
  await etude.restart();
  await open(page, "/settings/models");
  await expect(group(page, "lab").locator(".status")).toHaveText(/^answering/);

  await page.getByRole("button", { name: "Edit lab" }).click();
  await expect(page.getByLabel("Key", { exact: true })).toHaveValue("");
  await page.getByRole("textbox", { name: "Name" }).fill("bench");
  await save(page).click();
  await expect(group(page, "bench").locator(".status")).toHaveText(/^answering/);
  await expect(group(page, "lab")).toHaveCount(0);

  await page.getByRole("button", { name: "Remove bench" }).click();
  await expect(group(page, "bench")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(group(page, "bench").locator(".status")).toHaveText(/^answering/);
  const asked = page.waitForResponse("**/api/ask-provider*");
  await page.getByRole("button", { name: "Test bench" }).click();
  await asked;
  await expect(group(page, "bench").locator(".status")).toHaveText(/^answering/);

  // The key is in no file, in no log and in nothing that the page was given.
  const files = readdirSync(etude.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files) {
    expect(readFileSync(join(file.parentPath, file.name)).includes("sk-canary-4711"), file.name).toBe(false);
  }
  expect(etude.log()).not.toContain("sk-canary-4711");
  for (const path of ["/api/providers", "/v1/models", "/settings/models"]) {
    expect(await (await page.request.get(path)).text()).not.toContain("sk-canary-4711");
  }
});

test.describe("what is refused", () => {
  test.use({ allowedErrors: [/status of (400|409|502)/] });

  test("A2 what is wrong with a provider is said before it is kept", async ({ page, mock }) => {
    await open(page, "/settings/models");
    await add(page, "lab", "http://127.0.0.1:1/v1");
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("cannot be reached");
    await page.getByRole("textbox", { name: "Base URL" }).fill("http://169.254.169.254/v1");
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("must not be called");
    await page.getByRole("textbox", { name: "Base URL" }).fill("nowhere");
    await save(page).click();
    await expect(page.getByRole("alert").last()).toContainText("http://");
    await page.getByRole("textbox", { name: "Base URL" }).fill(`${mock.baseURL}/v1`);
    await page.getByRole("textbox", { name: "Name" }).fill("embedded");
    await save(page).click();
    await expect(page.getByRole("alert").last()).toContainText("already");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("complementary", { name: "Add provider" })).toBeHidden();
    await expect(page.getByRole("button", { name: "Add provider" })).toBeFocused();
  });

  test("A2 a key is not sent to another address than the one it was given for", async ({ page, mock }) => {
    await open(page, "/settings/models");
    await add(page, "lab", `${mock.baseURL}/v1`, "sk-canary-4711");
    await save(page).click();
    await expect(group(page, "lab").locator(".status")).toHaveText(/^answering/);
    await page.getByRole("button", { name: "Edit lab" }).click();
    await page.getByRole("textbox", { name: "Base URL" }).fill("http://127.0.0.1:9/v1");
    await save(page).click();
    await expect(page.getByRole("alert")).toContainText("Type the key again");
  });

});

test.describe("with a file", () => {
  test.use({ config: LAB });

  test("A2 what came from etude.toml says so, and cannot be changed here", async ({ page }) => {
    await open(page, "/settings/models");
    await expect(group(page, "lab").locator(".badge").first()).toHaveText("etude.toml");
    await expect(group(page, "lab").getByRole("button", { name: "Test lab" })).toBeVisible();
    await expect(group(page, "lab").getByRole("button", { name: "Remove lab" })).toHaveCount(0);
    await expect(group(page, "lab").getByRole("rowheader", { name: /steady/ })).toBeVisible();
    await page.reload();
    await live(page);
    await expect(group(page, "lab")).toHaveCount(1);
  });
});
