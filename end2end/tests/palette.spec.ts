// Commands, keys and settings.

import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { ANY_END, choose, expectText, figure, finished, grown, LAB, live, message, open, output, run, runId, stop } from "./playground";
import type { Page } from "@playwright/test";

test.use({ config: LAB });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

const commands = (page: Page) => page.getByRole("dialog", { name: "Commands" });
const typed = (page: Page) => page.getByRole("combobox", { name: "Type a command or a name" });

async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await typed(page).fill(words);
  await page.keyboard.press("Enter");
}

test("M1 everything is in the commands, found by a few letters, and the focus comes back", async ({ page }) => {
  await open(page);
  await message(page).focus();
  await page.keyboard.press("Control+k");
  await expect(commands(page)).toBeVisible();
  await expect(typed(page)).toBeFocused();
  await page.keyboard.type("drk");
  await expect(commands(page).getByRole("option").first()).toHaveText(/Dark theme/);
  await page.keyboard.press("Escape");
  await expect(commands(page)).toBeHidden();
  await expect(message(page)).toBeFocused();
  // Escape closed what lay over the page; it stopped nothing and moved nothing.
  await page.keyboard.press("Control+k");
  await typed(page).fill("dark");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");

  await page.keyboard.press("Control+k");
  await typed(page).fill("zzzz");
  await expect(commands(page).getByRole("option")).toHaveText([/Search prompts for “zzzz”/, /Search runs for “zzzz”/]);
  await typed(page).fill("");
  await page.keyboard.press("ArrowDown");
  await expect(commands(page).getByRole("option").nth(1)).toHaveAttribute("aria-selected", "true");
  await typed(page).fill("add a message");
  await expect(commands(page).getByRole("option", { selected: true })).toHaveText(/Add a message/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Message 2" })).toBeFocused();

  await command(page, "send top k");
  await expect(page.getByRole("switch", { name: "Send top k" })).toBeChecked();
  await command(page, "quick");
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("quick");
  await command(page, "models and providers");
  await expect(page).toHaveURL(/\/settings\/models$/);
  await command(page, "playground");
  await expectText(page.getByRole("textbox", { name: "Message 2" }), "");
});

test("A2 the model is searched by name, provider and what it can do", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Search models" }).click();
  const dialog = page.getByRole("dialog", { name: "Models" });
  await dialog.getByRole("combobox").fill("lab pat");
  await expect(dialog.getByRole("option")).toHaveCount(1);
  await dialog.getByRole("option").click();
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("patient");
});

test("M1 the keys of the playground", async ({ page }) => {
  await open(page);
  await choose(page, "quick", 6);
  await page.keyboard.press("Control+Shift+Enter");
  await finished(page, "length");
  const first = await runId(page);
  // Not in a field, where it moves the cursor.
  await output(page).locator("#answer").focus();
  await page.keyboard.press("Control+Shift+ArrowRight");
  await expect.poll(() => runId(page)).not.toBe(first);
  await finished(page, "length");
  await page.keyboard.press("Alt+Enter");
  await expect(page.getByRole("textbox", { name: /^Message/ })).toHaveCount(3);
  await page.keyboard.press("Control+/");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  const second = await runId(page);
  await page.keyboard.press("Control+Enter");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(await runId(page)).toBe(second);
  await page.keyboard.press("Control+b");
  await expect(page.locator("html")).toHaveAttribute("data-nav", "open");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-nav", "open");
});

test("M1 Escape closes what lies over the page and does not stop the run behind it", async ({ page }) => {
  await open(page);
  await choose(page, "endless", 100_000);
  await run(page).click();
  await grown(page, 20);
  await page.keyboard.press("Control+k");
  await expect(commands(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(commands(page)).toBeHidden();
  await page.waitForTimeout(300);
  await expect(stop(page)).toBeVisible();
  await command(page, "stop");
  await finished(page, "stopped");
});

test("M1 single keys act outside of fields, and can be switched off", async ({ page }) => {
  await open(page, "/runs");
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(dialog).toBeVisible();
  await dialog.getByRole("switch", { name: "Single keys" }).uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.waitForTimeout(200);
  await expect(dialog).toBeHidden();
  await page.goto("/settings/keyboard");
  await live(page);
  await expect(page.getByRole("switch", { name: "Single keys" })).not.toBeChecked();
});

test("M1 the theme is chosen in the settings, and remembered", async ({ page }) => {
  await open(page, "/settings/appearance");
  await page.getByRole("radio", { name: /^Dark/ }).check();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await live(page);
  await expect(page.getByRole("radio", { name: /^Dark/ })).toBeChecked();
  await page.getByRole("radio", { name: /^As the system/ }).check();
  await expect(page.locator("html")).not.toHaveAttribute("data-theme", /./);
});

test("F7 before the run: tokens, counted exactly where the tokenizer is here, and what they cost", async ({ page }) => {
  await open(page);
  const forecast = page.locator("#forecast");
  await expect(forecast).toContainText("31 tokens in");
  await expect(forecast).toContainText("0–256 out");
  await expect(forecast).toContainText("free");
  await run(page).click();
  await finished(page, ANY_END);
  await expect(figure(page, "In")).toHaveText(/^31\s*$/);
  await message(page).fill("About {{topic}}");
  await page.getByRole("button", { name: "topic has no value" }).click();
  await expect(page.getByRole("textbox", { name: "topic" })).toBeFocused();
  await page.keyboard.type("rivers");
  await expect(page.getByRole("button", { name: "topic has no value" })).toBeHidden();
  await choose(page, "quick");
  await expect(forecast).toContainText(/≈ \d+ tokens in/);
  await expect(forecast).toContainText("price not known");
});

test("A3 the tokens of an answer, and what could have stood in their place", async ({ page }) => {
  await open(page);
  await expect(page.getByRole("tab", { name: "Tokens" })).toBeHidden();
  await page.getByRole("spinbutton", { name: "Max tokens" }).fill("12");
  await page.getByRole("switch", { name: "Send logprobs" }).check();
  await page.getByRole("spinbutton", { name: "Logprobs" }).fill("3");
  await run(page).click();
  await finished(page, ANY_END);
  await page.getByRole("tab", { name: "Tokens" }).click();
  const tokens = page.getByRole("group", { name: "Tokens" }).getByRole("button");
  await expect(tokens).toHaveCount(12);
  await tokens.nth(2).click();
  await expect(page.getByRole("region", { name: "Alternatives" }).getByRole("heading")).toHaveText("Token 3");
  expect(await page.getByRole("region", { name: "Alternatives" }).getByRole("row").count()).toBeGreaterThanOrEqual(4);
  await page.keyboard.press("ArrowRight");
  await expect(tokens.nth(3)).toBeFocused();
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 no dialog and no page of the settings breaks a rule", async ({ page }) => {
      await open(page);
      const check = (state: string) => expectAccessible(page, state);
      await page.keyboard.press("Control+k");
      await typed(page).fill("run");
      await page.waitForTimeout(300);
      await check("commands");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+/");
      await page.waitForTimeout(300);
      await check("shortcuts");
      await page.keyboard.press("Escape");
      await message(page).fill("Something to be found.");
      await expect(page.locator(".prompt-foot__kept")).toHaveText("Draft saved");
      await command(page, "lost draft");
      await expect(page.getByRole("dialog").getByRole("listitem")).toHaveCount(1);
      await page.waitForTimeout(300);
      await check("drafts");
      await page.keyboard.press("Escape");
      for (const place of ["models", "appearance", "keyboard"]) {
        await open(page, `/settings/${place}`);
        await check(place);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), place).toBeLessThanOrEqual(width);
      }
      await page.goto("/settings/models");
      await live(page);
      await page.getByRole("button", { name: "Add provider" }).click();
      await expect(page.getByRole("complementary", { name: "Add provider" })).toBeVisible();
      await check("add provider");
    });
  });
}

test.describe("at 400 % zoom", () => {
  // 1280 px at 400 % are 320 (WCAG 1.4.10).
  test.use({ viewport: { width: 320, height: 256 } });

  test("M1 everything is reached without scrolling sideways", async ({ page }) => {
    await open(page);
    await page.getByRole("radio", { name: "Params" }).check({ force: true });
    await choose(page, "quick");
    for (const pane of ["Prompt", "Output", "Params"]) {
      await page.getByRole("radio", { name: pane }).check({ force: true });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), pane).toBeLessThanOrEqual(320);
    }
    await page.getByRole("radio", { name: "Prompt" }).check({ force: true });
    await message(page).fill("Small.");
    await run(page).click();
    await finished(page);
    for (const place of ["/runs", `/runs/${await runId(page)}`, "/settings/models", "/settings/keyboard"]) {
      await open(page, place);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), place).toBeLessThanOrEqual(320);
    }
  });
});

test.describe("in forced colours, without motion", () => {
  test.use({ contextOptions: { forcedColors: "active", reducedMotion: "reduce" } });

  test("M1 the focus, the chosen and the switched are seen", async ({ page }) => {
    await open(page);
    await choose(page, "quick");
    await message(page).focus();
    await expect(page.locator(".cm-editor.cm-focused")).toHaveCSS("outline-style", "solid");
    await run(page).click();
    await finished(page);
    await page.waitForTimeout(300);
    expect(await page.evaluate(() => document.getAnimations().filter((animation) => animation.playState === "running").length)).toBe(0);
  });
});
