// Pictures of what is kept, compared and handed on, beside those of the design:
// `ETUDE_SHOTS=folder ETUDE_DESIGN=folder cargo xtask e2e -- shots-kept`. The second folder has the design's pages; each
// picture of them lies beside that of the page that it became.

import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "@playwright/test";
import { compare, MODELS, runAll } from "./comparing";
import { expect, test } from "./fixtures";
import { message, open } from "./playground";

const folder = process.env.ETUDE_SHOTS;
const design = process.env.ETUDE_DESIGN;
test.skip(!folder, "ETUDE_SHOTS names no folder");
test.use({ config: MODELS, allowedErrors: [/429|404/] });

const CLAUSE = "14.2 Carrier shall defend, indemnify and hold harmless Shipper from and against any and all losses.";
const SYSTEM = "You are a contracts analyst working for {{company}}. You read one clause at a time.\n\nBe specific.";
const ASKED = "Review the clause below for {{party}}.\n\n<clause>\n{{clause}}\n</clause>\n\n1. List the risks.\n2. Propose a redline.";

/** What is on the shelf: a prompt with a history, and some others. Returns the id of the first. */
async function shelf(page: Page): Promise<string> {
  const body = {
    model: "quick",
    messages: [{ role: "system", content: SYSTEM }, { role: "user", content: ASKED }],
    params: { temperature: 0.7, max_tokens: 600 },
    inputs: { company: "Northwind Freight BV", party: "the carrier", clause: CLAUSE },
  };
  const made = await page.request.post("/v1/presets", {
    data: { name: "Clause review", description: "Finds the risks in one clause of a contract.", tags: ["legal", "eu"], ...body },
  });
  const { id } = await made.json();
  const save = async (note: string, data: object) => {
    const saved = await page.request.put(`/v1/presets/${id}`, { data: { ...body, ...data, note } });
    expect(saved.ok(), await saved.text()).toBe(true);
  };
  const quoting = [{ role: "system", content: `${SYSTEM} Quote the words you rely on.\nKeep insured and uninsured exposure apart.` }, body.messages[1]];
  await save("Quote the words relied on", { messages: quoting, params: { temperature: 0.3, max_tokens: 600 } });
  await save("Only the temperature, and a seed", { messages: quoting, params: { temperature: 0, max_tokens: 1024, seed: 7 } });
  const other = (name: string, tags: string[]) =>
    page.request.post("/v1/presets", { data: { name, tags, model: "echo", messages: [{ role: "user", content: "Do it: {{input}}" }] } });
  await other("Claims reviewer, first pass", ["insurance"]);
  await other("Classify reviews by topic", ["support", "triage"]);
  await other("Clear prose reviser", ["writing"]);
  for (const version of [1, 2, 2, 3]) {
    const answer = await page.request.post("/v1/runs", { data: { prompt: id, version } });
    expect(answer.ok(), await answer.text()).toBe(true);
    await answer.text();
  }
  return id;
}

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} ${colorScheme}`, () => {
      const phone = width === 390;
      test.use({ viewport: { width, height }, colorScheme, hasTouch: phone, isMobile: phone });

      test("shots of what is kept", async ({ page, mock }) => {
        test.setTimeout(240_000);
        expect(mock.baseURL).toBeTruthy();
        const shoot = async (state: string, of: Page = page) => {
          await of.waitForTimeout(400);
          await of.screenshot({ path: join(folder!, `${state}-${width}-${colorScheme}.png`) });
        };
        const dialog = (name: string) => page.getByRole("dialog", { name });
        const command = async (words: string) => {
          await page.keyboard.press("Control+k");
          await page.getByRole("combobox", { name: "Type a command or a name" }).fill(words);
          await page.keyboard.press("Enter");
        };
        const id = await shelf(page);

        await open(page, "/library");
        await page.getByRole("searchbox", { name: "Search prompts" }).fill("cla rev");
        await expect(page.locator("mark").first()).toBeVisible();
        await shoot("library");
        await open(page, `/library?open=${id}`);
        await page.getByRole("button", { name: "Run", exact: true }).click();
        await page.waitForTimeout(1_500);
        await shoot("preset-run");

        await open(page, `/p/${id}/history`);
        await shoot("history");
        await open(page, `/p/${id}/diff/1..3`);
        await expect(page.locator("etude-diff[data-shown]").first()).toBeVisible();
        await shoot("version-diff");

        await compare(page, [{ model: "echo", text: CLAUSE }, { model: "echo", text: CLAUSE.replace("all losses", "every loss") }, { model: "refused" }], { name: "Tone of three models" });
        await runAll(page).click();
        await expect(page.getByRole("alert").first()).toBeVisible();
        await page.waitForTimeout(1_000);
        await shoot("compare");
        const rows = Array.from({ length: 30 }, (_, row) => ({ mail: `Mail ${row + 1}: the parcel ${["never came", "arrived broken", "is fine"][row % 3]}.` }));
        await compare(page, ["echo", "quick", "refused"].map((model) => ({ model, text: "{{mail}}" })), { name: "Triage of mails", rows, dataName: "mails.csv" });
        await runAll(page).click();
        await page.waitForTimeout(4_000);
        await shoot("grid");

        await open(page, "/runs");
        await shoot("runs");
        const { data } = await (await page.request.get(`/v1/runs?query=prompt:${id}`)).json();
        const run = data[0]?.id ?? (await (await page.request.get("/v1/runs")).json()).data[0].id;
        await open(page, `/runs/${run}`);
        await shoot("run");
        await open(page, `/runs/${run}?view=wire`);
        await shoot("run-wire");

        await open(page, `/p/${id}`);
        if (phone) await page.getByRole("radio", { name: "Prompt" }).check({ force: true });
        await message(page).fill(ASKED.replace("a redline", "one redline for each"));
        await page.keyboard.press("Control+s");
        await expect(dialog("Save version")).toBeVisible();
        await shoot("dialogs-save");
        await page.keyboard.press("Escape");
        await page.keyboard.press("Control+Shift+E");
        await expect(dialog("Code").getByRole("tab", { name: "curl" })).toBeVisible();
        await shoot("dialogs-code");
        await page.keyboard.press("Escape");
        await open(page, `/runs/${run}`);
        await command("share");
        await dialog("Share").getByRole("button", { name: "Make the link" }).click();
        const link = dialog("Share").getByRole("textbox", { name: "Link" });
        await expect(link).toHaveValue(/\/s\//);
        await shoot("dialogs-share");
        const url = await link.inputValue();
        await page.keyboard.press("Escape");
        await command("import");
        const file = Buffer.from(await (await page.request.get(`/v1/export?of=${id}`)).text());
        await dialog("Import").locator("input[type=file]").setInputFiles({ name: "clause-review.json", mimeType: "application/json", buffer: file });
        await shoot("dialogs-import");
        await page.goto(url);
        await shoot("share");

        if (!design) return;
        for (const name of ["library", "preset-run", "history", "version-diff", "compare", "grid", "runs", "run", "share", "dialogs"]) {
          await page.goto(pathToFileURL(resolve(design, `${name}.html`)).href);
          await shoot(`${name}-design`);
        }
      });
    });
  }
}
