// Files: a prompt is carried away and brought back, here or elsewhere.

import type { Page } from "@playwright/test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { open } from "./playground";
import { freePort, needed, Process } from "./process";

test.use({ allowedErrors: [/status of 4(00|09)/] });

const dialog = (page: Page) => page.getByRole("dialog", { name: "Import" });
const field = (page: Page) => dialog(page).locator("input[type=file]");
const tally = (page: Page, name: string) => dialog(page).locator(".tally > div").filter({ hasText: name }).locator("dd");
const importIt = (page: Page) => dialog(page).getByRole("button", { name: "Import", exact: true });

async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Type a command or a name" }).fill(words);
  await page.keyboard.press("Enter");
}

/** Saves a prompt with two versions, and gives its file. */
async function carried(page: Page): Promise<string> {
  const content = (text: string) => ({ model: "smollm2-135m-instruct", messages: [{ role: "user", content: text }] });
  const first = await page.request.post("/v1/presets", { data: { name: "Rivers", ...content("About rivers.") } });
  const { id } = await first.json();
  await page.request.put(`/v1/presets/${id}`, { data: content("About seas.") });
  const file = await page.request.get(`/v1/export?of=${id}`);
  expect(file.ok()).toBe(true);
  return file.text();
}

const asFile = (text: string, name = "rivers.json") => ({ name, mimeType: "application/json", buffer: Buffer.from(text) });

test("E2 what is here already is not imported twice", async ({ page }) => {
  const file = await carried(page);
  await open(page, "/library");
  await page.getByRole("button", { name: "Import" }).click();
  await field(page).setInputFiles(asFile(file));
  await expect(tally(page, "Unchanged")).toHaveText("3");
  await expect(tally(page, "To create")).toHaveText("0");
  await expect(dialog(page)).toContainText("All of it is here already.");
  await expect(importIt(page)).toBeDisabled();
});

test("E2 what one server exports, another one imports and exports to the same bytes", async ({ page, browser }) => {
  const file = await carried(page);
  const folder = await mkdtemp(join(tmpdir(), "etude-e2e-"));
  const addr = `127.0.0.1:${await freePort()}`;
  const other = new Process(
    needed("ETUDE_BIN"),
    ["serve"],
    {
      ETUDE_ADDR: addr,
      ETUDE_DATA_DIR: join(folder, "data"),
      ETUDE_SITE_DIR: needed("ETUDE_SITE_DIR"),
      ETUDE_MODEL_PATH: needed("ETUDE_TEST_MODEL"),
      ETUDE_MODEL_NAME: "smollm2-135m-instruct",
      OLLAMA_HOST: "127.0.0.1:1",
      LLAMA_ARG_PORT: "1",
    },
    `http://${addr}/healthz`,
  );
  await other.start();
  const context = await browser.newContext({ baseURL: `http://${addr}` });
  const there = await context.newPage();
  await open(there);
  await command(there, "import");
  await field(there).setInputFiles(asFile(file));
  await expect(tally(there, "To create")).toHaveText("3");
  await expect(dialog(there)).toContainText("Nothing is written yet.");
  await importIt(there).click();
  await expect(tally(there, "Created")).toHaveText("3");
  const show = dialog(there).getByRole("link", { name: "Show in the library" });
  await expect(show).toBeFocused();
  await show.click();
  await expect(there.getByRole("list", { name: "Prompts" })).toContainText("Rivers");
  const { id } = (await (await there.request.get("/v1/presets?query=rivers")).json()).data[0];
  expect(await (await there.request.get(`/v1/export?of=${id}`)).text()).toBe(file);
  await context.close();
  await other.stop("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

test("E2 a file that cannot be used is refused with the reason, and nothing is written", async ({ page }) => {
  const file = await carried(page);
  await open(page);
  await command(page, "import");
  const bad: [string, string][] = [
    ["cut", file.slice(0, file.length / 2)],
    ["no JSON", "Dear reader"],
    ["another version", file.replace(/"version":\s*\d+/, '"version": 99')],
  ];
  for (const [state, text] of bad) {
    await field(page).setInputFiles(asFile(text, `${state}.json`));
    await expect(dialog(page).getByRole("alert"), state).toContainText("nothing was imported");
    await expect(importIt(page), state).toHaveCount(0);
    await dialog(page).getByRole("button", { name: "Choose another file" }).click();
  }
});

test("E2 entries that are refused are named, and nothing of the file is taken", async ({ page }) => {
  const file = JSON.parse(await carried(page));
  file.prompts[0].name = "x".repeat(10_412);
  await open(page);
  await command(page, "import");
  await field(page).setInputFiles(asFile(JSON.stringify(file)));
  await expect(tally(page, "Refused")).toHaveText(/^[1-9]/);
  await expect(dialog(page).getByRole("row").filter({ hasText: "prompts[0]" }).first()).toContainText("10412");
  await expect(importIt(page)).toBeDisabled();
});

test("E2 the rest is imported without what is refused, and all of it is taken back", async ({ page }) => {
  const file = await carried(page);
  const [rivers] = JSON.parse(file).prompts;
  const other = JSON.parse(JSON.stringify(rivers).replaceAll(/(prm|ver)_[0-9a-f]{4}/g, "$1_ffff"));
  const prompts = [{ ...rivers, name: "x".repeat(10_412) }, { ...other, name: "Lakes" }];
  await open(page, "/library");
  await page.getByRole("button", { name: "Import" }).click();
  await field(page).setInputFiles(asFile(JSON.stringify({ ...JSON.parse(file), prompts })));
  await expect(tally(page, "To create")).toHaveText("3");
  await expect(tally(page, "Refused")).toHaveText("1");
  const rest = dialog(page).getByRole("button", { name: "Import without the 1 refused" });
  await expect(rest).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog(page)).toContainText("Imported, without what is refused.");
  await expect(tally(page, "Created")).toHaveText("3");
  await expect(dialog(page).getByRole("row").filter({ hasText: "prompts[0].name" })).toContainText("10412");
  const kept = async () => {
    const { prompts } = await (await page.request.get("/v1/export")).json();
    return prompts.map(({ name }: { name: string }) => name).sort();
  };
  expect(await kept()).toEqual(["Lakes", "Rivers"]);

  await dialog(page).getByRole("button", { name: "Undo the import" }).click();
  await expect(dialog(page)).toContainText("The import is taken back.");
  await expect(tally(page, "Taken back")).toHaveText("3");
  await expect(dialog(page).getByRole("link", { name: "Show in the library" })).toBeFocused();
  expect(await kept()).toEqual(["Rivers"]);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("list", { name: "Prompts" })).toContainText("Rivers");
  await expect(page.getByRole("list", { name: "Prompts" })).not.toContainText("Lakes");
});

test("E2 a prompt and everything are exported from the commands", async ({ page }) => {
  const file = await carried(page);
  const { id } = (await (await page.request.get("/v1/presets?query=rivers")).json()).data[0];
  await open(page, `/p/${id}`);
  for (const [words, is] of [
    ["export this prompt", (text: string) => expect(text).toBe(file)],
    ["export this prompt to read", (text: string) => expect(text).toContain("About seas.")],
    ["export everything", (text: string) => expect(text).toContain("About rivers.")],
  ] as const) {
    const [saved] = await Promise.all([page.waitForEvent("download"), command(page, words)]);
    is(await readFile(await saved.path(), "utf8"));
  }
  await expect(page).toHaveURL(new RegExp(`/p/${id}`));
});

test("M1 a file is dropped where it is chosen, and chosen by keyboard", async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), "etude-e2e-"));
  const path = join(folder, "rivers.json");
  await writeFile(path, await carried(page));
  await open(page);
  // Long before it comes: the browser has to know that it is waited for.
  const chooser = page.waitForEvent("filechooser");
  await command(page, "import");
  await expect(field(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(path);
  await expect(tally(page, "Unchanged")).toHaveText("3");
  await expect(dialog(page).getByRole("button", { name: "Choose another file" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(field(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toBeHidden();
  await rm(folder, { recursive: true, force: true });
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 no step of an import breaks a rule", async ({ page }) => {
      const file = await carried(page);
      const check = async (state: string) => {
        await expectAccessible(page, state);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), state).toBeLessThanOrEqual(width);
      };
      await open(page);
      await command(page, "import");
      await expect(field(page)).toBeFocused();
      await check("choose");
      await field(page).setInputFiles(asFile(file));
      await expect(tally(page, "Unchanged")).toHaveText("3");
      await check("found");
      await dialog(page).getByRole("button", { name: "Choose another file" }).click();
      const broken = JSON.parse(file);
      broken.prompts[0].name = "";
      await field(page).setInputFiles(asFile(JSON.stringify(broken)));
      await expect(tally(page, "Refused")).toHaveText(/^[1-9]/);
      await check("refused entries");
      await dialog(page).getByRole("button", { name: "Choose another file" }).click();
      await field(page).setInputFiles(asFile("{"));
      await expect(dialog(page).getByRole("alert")).toBeVisible();
      await check("refused");
    });
  });
}
