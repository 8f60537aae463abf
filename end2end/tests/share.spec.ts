// Links: something is handed to someone who is nobody here, and taken back.

import type { Browser, Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { compare, runAll, stopAll } from "./comparing";
import { expect, test, watchErrors } from "./fixtures";
import { choose, finished, grown, LAB, message, open, run, runId, textOf } from "./playground";

test.use({ config: LAB, allowedErrors: [/status of 40[04]/] });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

const share = (page: Page) => page.getByRole("dialog", { name: "Share" });
const links = (page: Page) => page.getByRole("dialog", { name: "My links" });
const link = (page: Page) => share(page).getByRole("textbox", { name: "Link" });

async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Type a command or a name" }).fill(words);
  await page.keyboard.press("Enter");
}

/** Runs a prompt, and opens the dialog. */
async function shareARun(page: Page, content: string): Promise<void> {
  await open(page);
  await choose(page, "quick");
  await message(page).fill(content);
  await run(page).click();
  await finished(page);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(share(page)).toBeVisible();
}

async function makeTheLink(page: Page): Promise<string> {
  await share(page).getByRole("button", { name: "Make the link" }).click();
  await expect(link(page)).toHaveValue(/\/s\//);
  return link(page).inputValue();
}

/** A visitor who has never been here: a browser of their own. */
async function visitor(browser: Browser) {
  const context = await browser.newContext();
  const asked: string[] = [];
  context.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const errors = watchErrors(context, [/status of 40[34]/]);
  return { context, page: await context.newPage(), asked, errors };
}

test("E1 a run is shared, read by a stranger without a program, and taken back", async ({ page, browser }) => {
  await shareARun(page, "Count the rivers.");
  await expect(share(page)).toContainText("Only this machine can open the link.");
  await expect(share(page).getByRole("radio", { name: /^View and fork/ })).toBeChecked();
  const url = await makeTheLink(page);
  await expect(link(page)).toBeFocused();
  const shown = await textOf(page);

  const { context, page: stranger, asked, errors } = await visitor(browser);
  await stranger.goto(url);
  await expect(stranger.getByRole("main")).toContainText("Count the rivers.");
  await expect(stranger.getByRole("main")).toContainText(shown.split(" ").slice(-3).join(" "));
  await expect(stranger.getByRole("navigation")).toHaveCount(0);
  await expect(stranger.locator('meta[name="robots"]')).toHaveAttribute("content", /noindex/);
  expect(asked.filter((path) => path.endsWith(".wasm"))).toEqual([]);

  await share(page).getByRole("button", { name: "My links" }).click();
  const row = links(page).getByRole("row").filter({ hasText: "Count the rivers." });
  await expect(row).toContainText("view and fork");
  await expect(row).toContainText("in 7 d");
  await expect(row.getByRole("cell").nth(2)).toHaveText("1");
  await row.getByRole("button", { name: /^Revoke the link to/ }).click();
  await expect(links(page)).toContainText("is revoked.");
  const gone = await stranger.goto(url);
  expect(gone?.status()).toBe(404);
  await expect(stranger.getByRole("heading", { name: "There is nothing here" })).toBeVisible();

  await expect(links(page).getByRole("button", { name: "Undo" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(links(page).getByRole("button", { name: /^Revoke the link to/ })).toBeFocused();
  expect((await stranger.goto(url))?.status()).toBe(200);
  expect(errors).toEqual([]);
  await context.close();
});

test("E1 a passphrase is asked for, and nothing else is told before it is typed", async ({ page, browser }) => {
  await shareARun(page, "A quiet secret.");
  const passphrase = share(page).getByRole("textbox", { name: "Passphrase", exact: true });
  await passphrase.fill("open sesame");
  await expect(passphrase).toHaveAttribute("type", "password");
  await share(page).getByRole("button", { name: "Show the passphrase" }).click();
  await expect(passphrase).toHaveAttribute("type", "text");
  const url = await makeTheLink(page);
  expect(url).not.toContain("sesame");

  const { context, page: stranger } = await visitor(browser);
  await stranger.goto(url);
  await expect(stranger.locator("body")).not.toContainText("A quiet secret.");
  await stranger.getByLabel("Passphrase").fill("open barley");
  await stranger.getByRole("button", { name: "Open" }).click();
  await expect(stranger.getByRole("alert")).toBeVisible();
  await stranger.getByLabel("Passphrase").fill("open sesame");
  await stranger.getByRole("button", { name: "Open" }).click();
  await expect(stranger.getByRole("main")).toContainText("A quiet secret.");
  await context.close();
});

test("E1 once means once, and View means nothing but that", async ({ page, browser }) => {
  await shareARun(page, "Only once.");
  await share(page).getByRole("radio", { name: /^View Read/ }).check();
  await share(page).getByRole("combobox", { name: "Views" }).selectOption({ label: "Once, then it is used up" });
  await share(page).getByRole("combobox", { name: "Ends" }).selectOption({ label: "In 1 hour" });
  const url = await makeTheLink(page);
  const first = await visitor(browser);
  await first.page.goto(url);
  await expect(first.page.getByRole("main")).toContainText("Only once.");
  await expect(first.page.getByRole("button", { name: "Fork" })).toHaveCount(0);
  const second = await visitor(browser);
  expect((await second.page.goto(url))?.status()).toBe(404);
  await share(page).getByRole("button", { name: "My links" }).click();
  await expect(links(page)).toContainText("used up");
  await expect(links(page)).toContainText("0 open, 1 closed");
  await first.context.close();
  await second.context.close();
});

test("E1 a running run is shared and watched", async ({ page, browser }) => {
  await open(page);
  await choose(page, "walking");
  await run(page).click();
  await grown(page, 20);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(share(page)).toContainText("watched live");
  const url = await makeTheLink(page);
  const { context, page: stranger } = await visitor(browser);
  await stranger.goto(url);
  await expect(stranger.getByRole("main")).toContainText("w159", { timeout: 20_000 });
  await context.close();
});

test("E1 a comparison that goes on is followed live, without loading again", async ({ page, browser }) => {
  await compare(page, [{ model: "quick" }, { model: "endless" }], { name: "Two paces" });
  await runAll(page).click();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const url = await makeTheLink(page);
  const { context, page: stranger, errors } = await visitor(browser);
  await stranger.goto(url);
  const goingOn = stranger.getByText("Some are still to come.");
  await expect(goingOn).toBeVisible();
  await expect(stranger.getByRole("link", { name: "Load again" })).toBeHidden();
  await stranger.evaluate(() => (document.body.dataset.same = ""));
  await expect(stranger.getByRole("region", { name: /^A/ }).first()).toContainText("w23");
  const endless = stranger.locator("#answer-2");
  const length = async () => (await endless.textContent())?.length ?? 0;
  const before = await length();
  await expect.poll(length).toBeGreaterThan(before + 100);

  await page.keyboard.press("Escape");
  await expect(share(page)).toBeHidden();
  await stopAll(page).click();
  await expect(goingOn).toHaveCount(0);
  await expect(stranger.locator("body[data-same]")).toHaveCount(1);
  await expect(endless).toContainText("w23");
  expect(errors).toEqual([]);
  await context.close();
});

test("E1 a budget is an amount, and goes with Run alone", async ({ page }) => {
  await shareARun(page, "Run me.");
  await expect(share(page).getByRole("textbox", { name: /^Spend at most/ })).toHaveCount(0);
  await share(page).getByRole("radio", { name: /^Run, at your cost/ }).check();
  const budget = share(page).getByRole("textbox", { name: /^Spend at most/ });
  await expect(budget).toHaveValue("2.00");
  await budget.fill("nothing");
  await share(page).getByRole("button", { name: "Make the link" }).click();
  await expect(budget).toBeFocused();
  await expect(budget).toHaveAttribute("aria-invalid", "true");
  await budget.fill("0.5");
  await share(page).getByRole("button", { name: "Make the link" }).click();
  // The lab's models have no price: no budget could be kept.
  await expect(share(page).getByRole("alert")).toContainText("price");
});

test("E1 a version is shared while the fields still say what it says", async ({ page, browser }) => {
  await open(page);
  await choose(page, "quick");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(share(page)).toContainText("There is nothing to share yet.");
  await page.keyboard.press("Escape");
  const messages = [{ role: "user", content: "A saved question." }];
  const saved = await page.request.post("/v1/presets", { data: { name: "Questions", model: "quick", messages } });
  const { id } = await saved.json();
  await open(page, `/p/${id}`);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(share(page)).toContainText("Questions v1");
  const url = await makeTheLink(page);
  const { context, page: stranger } = await visitor(browser);
  await stranger.goto(url);
  await expect(stranger.getByRole("main")).toContainText("A saved question.");
  await context.close();
  await page.keyboard.press("Escape");

  await run(page).click();
  await finished(page);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const what = share(page).getByRole("radiogroup", { name: "What to share" });
  await expect(what.getByRole("radio", { name: "This run" })).toBeChecked();
  await what.getByRole("radio", { name: "Version 1" }).check({ force: true });
  await expect(share(page)).toContainText("Questions v1");
  await page.keyboard.press("Escape");
  await message(page).fill("Another question.");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(what).toHaveCount(0);
  await share(page).getByRole("button", { name: "Save a version first" }).click();
  await expect(share(page)).toBeHidden();
  await expect(page.getByRole("dialog", { name: /^Save version/ })).toBeVisible();
});

test("E1 the page of a run shares it, too, and the palette knows", async ({ page }) => {
  await shareARun(page, "From its page.");
  await page.keyboard.press("Escape");
  const id = await runId(page);
  await open(page, `/runs/${id}`);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(share(page)).toContainText("this run");
  await makeTheLink(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Share", exact: true })).toBeFocused();
  await command(page, "share this run");
  await expect(share(page).getByRole("button", { name: "Make the link" })).toBeVisible();
});

test("M1 a link is made by keyboard alone", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  await message(page).fill("By hand.");
  await page.keyboard.press("Control+Enter");
  await finished(page);
  await command(page, "share");
  await expect(share(page).getByRole("radio", { name: /^View and fork/ })).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(share(page).getByRole("radio", { name: /^View Read/ })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(link(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(share(page)).toBeHidden();
  await command(page, "my links");
  await expect(links(page)).toContainText("1 open, 0 closed");
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 neither dialog breaks a rule", async ({ page }) => {
      const check = async (state: string) => {
        await expectAccessible(page, state);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), state).toBeLessThanOrEqual(width);
      };
      const answer = await page.request.post("/v1/runs", {
        data: { model: "quick", messages: [{ role: "user", content: "Rules." }] },
        headers: { accept: "application/json" },
      });
      const { id } = await answer.json();
      await open(page);
      await command(page, "my links");
      await expect(links(page)).toContainText("Nothing is shared.");
      await check("no links");
      await open(page, `/runs/${id}`);
      await page.getByRole("button", { name: "Share", exact: true }).click();
      await share(page).getByRole("radio", { name: /^Run, at your cost/ }).check();
      await check("share");
      await share(page).getByRole("radio", { name: /^View Read/ }).check();
      await makeTheLink(page);
      await check("shared");
      await share(page).getByRole("button", { name: "My links" }).click();
      await expect(links(page).getByRole("row")).toHaveCount(2);
      await check("links");
      await links(page).getByRole("button", { name: /^Revoke/ }).click();
      await expect(links(page).getByRole("button", { name: "Undo" })).toBeVisible();
      await check("revoked");
    });
  });
}
