// A run as a program, and a program as a playground.

import type { Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { choose, expectText, LAB, lengthOf, live, loads, message, open, valueOf } from "./playground";

test.use({ config: LAB, allowedErrors: [/status of 400/] });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

const code = (page: Page) => page.getByRole("dialog", { name: "Code" });
const paste = (page: Page) => page.getByRole("dialog", { name: "Paste code" });
const source = (page: Page) => paste(page).getByRole("textbox");
const openIt = (page: Page) => paste(page).getByRole("button", { name: "Open in playground" });

async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Type a command or a name" }).fill(words);
  await page.keyboard.press("Enter");
}

/** Chooses a language and a vendor, and gives the program once it is theirs. */
async function program(page: Page, language: string, vendor: string, marks: string[]): Promise<string> {
  await code(page).getByRole("tab", { name: language }).click();
  await code(page).getByRole("radio", { name: vendor, exact: true }).check({ force: true });
  const text = code(page).getByRole("group", { name: language, exact: true });
  for (const mark of marks) await expect(text).toContainText(mark);
  // The program before stands until this one has come, and may have the marks too.
  await expect(code(page).locator("#code-panel")).not.toHaveAttribute("aria-busy", "true");
  await expect(code(page).getByRole("alert")).toHaveCount(0);
  return (await text.textContent()) ?? "";
}

/** A prompt with everything that a program has to carry. */
async function write(page: Page): Promise<void> {
  await open(page);
  await choose(page, "quick", 64);
  await page.getByRole("textbox", { name: "System prompt" }).fill("Be \"short\".\nAnd 'kind' — $HOME `x` \\n.");
  await message(page).fill("About {{topic}}.");
  await page.getByRole("textbox", { name: "topic" }).fill("rivers & seas");
}

test("A6 a run as a program, in every language and in both vendors' words", async ({ page }) => {
  await write(page);
  await page.getByRole("button", { name: "Code", exact: true }).click();
  await expect(code(page)).toBeVisible();
  const marks: Record<string, Record<string, string[]>> = {
    OpenAI: {
      curl: ["/v1/chat/completions", "rivers & seas"],
      Python: ["from openai import OpenAI", "stream=True"],
      TypeScript: ['import OpenAI from "openai"', "stream: true"],
      Rust: ["reqwest", "/v1/chat/completions"],
    },
    Anthropic: {
      curl: ["/v1/messages", "rivers & seas"],
      Python: ["from anthropic import Anthropic", "max_tokens=64"],
      TypeScript: ["@anthropic-ai/sdk"],
      Rust: ["/v1/messages"],
    },
  };
  for (const [vendor, languages] of Object.entries(marks)) {
    for (const [language, own] of Object.entries(languages)) {
      const text = await program(page, language, vendor, own);
      expect(text, `${vendor}, ${language}`).toContain("ETUDE_KEY");
      expect(text, `${vendor}, ${language}`).toContain(new URL(page.url()).origin);
    }
  }
  await program(page, "Python", "OpenAI", ["stream=True"]);
  await code(page).getByRole("switch", { name: "Stream" }).uncheck();
  await expect(code(page).getByRole("group", { name: "Python" })).not.toContainText("stream=True");
});

test("A6 a kept run is a program, too: of what was asked in it, whatever stands in the playground", async ({ page }) => {
  const asked = { model: "quick", messages: [{ role: "user", content: "About {{topic}}." }], inputs: { topic: "lakes {{and}} ponds" }, params: { temperature: 0.4 } };
  const ran = await page.request.post("/v1/runs", { data: asked });
  expect(ran.ok()).toBe(true);
  await ran.text();
  await write(page);
  await open(page, `/runs/${ran.headers()["x-etude-run"]}`);
  await page.getByRole("button", { name: "Code", exact: true }).click();
  await expect(code(page)).toContainText("what this run asked");
  const text = await program(page, "curl", "OpenAI", ["About lakes {{and}} ponds.", "0.4"]);
  expect(text).not.toContain("rivers");
  await page.keyboard.press("Escape");
  await expect(code(page)).toHaveCount(0);
  await page.keyboard.press("Control+Shift+E");
  await expect(code(page)).toContainText("what this run asked");
  await page.keyboard.press("Escape");
  // The page that it belongs to is left: there is nothing to write as a program.
  await page.getByRole("link", { name: "Runs" }).first().click();
  await expect(page).toHaveURL("/runs");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Type a command or a name" }).fill("code");
  await expect(page.getByRole("option", { name: /^Paste code/ })).toBeVisible();
  await expect(page.getByRole("option", { name: /^Code/ })).toHaveCount(0);
});

test("A6 a kept run is a program, too, when its prompt is away", async ({ page }) => {
  const made = await page.request.post("/v1/presets", { data: { name: "Away", model: "quick", messages: [{ role: "user", content: "About {{topic}}." }] } });
  const { id } = await made.json();
  const ran = await page.request.post("/v1/runs", { data: { prompt: id, inputs: { topic: "moors" } } });
  expect(ran.ok(), await ran.text()).toBe(true);
  expect((await page.request.delete(`/v1/presets/${id}`)).ok()).toBe(true);
  await open(page, `/runs/${ran.headers()["x-etude-run"]}`);
  await page.getByRole("button", { name: "Code", exact: true }).click();
  expect(await program(page, "curl", "OpenAI", ["About moors."])).toContain("quick");
});

test("A6 to the provider itself where it speaks those words, and what was chosen is remembered", async ({ page, mock }) => {
  await write(page);
  await page.keyboard.press("Control+Shift+E");
  await program(page, "Python", "OpenAI", ["from openai"]);
  await code(page).getByRole("radio", { name: "Provider" }).check({ force: true });
  const text = code(page).getByRole("group", { name: "Python" });
  await expect(text).toContainText(`${mock.baseURL}/v1`);
  await expect(text).toContainText("LAB_API_KEY");
  await expect(text).toContainText("mock-ttft20-rate0-n24");
  await expect(code(page)).toContainText("LAB_API_KEY holds the key of lab.");
  await code(page).getByRole("radio", { name: "Anthropic" }).check({ force: true });
  await expect(text).toContainText("from anthropic");
  await expect(code(page).getByRole("radio", { name: "Provider" })).toBeDisabled();
  await expect(code(page).getByRole("radio", { name: "Etude" })).toBeChecked();

  await page.reload();
  await live(page);
  await page.keyboard.press("Control+Shift+E");
  await expect(code(page).getByRole("tab", { name: "Python" })).toHaveAttribute("aria-selected", "true");
  await expect(code(page).getByRole("radio", { name: "Anthropic" })).toBeChecked();
  await code(page).getByRole("radio", { name: "OpenAI" }).check({ force: true });
  await expect(text).toContainText("LAB_API_KEY");
});

test("A6 what cannot be sent is said in its place, with what mends it", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  await message(page).fill("About {{topic}}.");
  await page.getByRole("button", { name: "Code", exact: true }).click();
  await expect(code(page).getByRole("alert")).toContainText("{{topic}}");
  await code(page).getByRole("button", { name: "Fill in topic" }).click();
  await expect(code(page)).toBeHidden();
  await expect(page.getByRole("textbox", { name: "topic" })).toBeFocused();
});

test.describe("with the clipboard", () => {
  test.use({ permissions: ["clipboard-read", "clipboard-write"] });

  for (const [language, vendor] of [["curl", "OpenAI"], ["curl", "Anthropic"], ["Python", "OpenAI"], ["TypeScript", "Anthropic"], ["Rust", "OpenAI"]]) {
    test(`A6 ${language} in ${vendor}'s words is copied and comes back as the same prompt`, async ({ page }) => {
      await write(page);
      const system = await valueOf(page.getByRole("textbox", { name: "System prompt" }));
      await page.getByRole("button", { name: "Code", exact: true }).click();
      const text = await program(page, language, vendor, [vendor === "OpenAI" ? "/v1" : "max_tokens"]);
      await code(page).getByRole("button", { name: "Copy the code" }).click();
      await expect(code(page).getByText("Copied").first()).toBeVisible();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
      await page.keyboard.press("Escape");

      await command(page, "paste code");
      await source(page).focus();
      await page.keyboard.press("Control+v");
      await expect(paste(page).getByRole("heading", { name: /^Understood/ })).toContainText(vendor);
      await expect(paste(page)).toContainText("quick");
      await loads(page, () => openIt(page).click());
      await expectText(message(page), "About rivers & seas.");
      await expectText(page.getByRole("textbox", { name: "System prompt" }), system);
      await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("quick");
      await expect(page.getByRole("spinbutton", { name: "Max tokens" })).toHaveValue("64");
    });
  }
});

test("A6 the key and what has no place are named; the draft that was here is kept", async ({ page }) => {
  await open(page);
  await message(page).fill("What I was writing.");
  await expect(page.locator(".prompt-foot__kept")).toHaveText("Draft saved");
  await command(page, "paste code");
  await source(page).fill(`curl https://api.openai.com/v1/chat/completions \\
  -H "Authorization: Bearer sk-proj-not-a-key" -H "content-type: application/json" \\
  -d '{"model":"gpt-5-mini","temperature":0.2,"user":"mara","messages":[{"role":"system","content":"Sort."},{"role":"user","content":"{{mail}}"}]}'`);
  await expect(paste(page)).toContainText("temperature 0.2");
  await expect(paste(page)).toContainText("mail");
  const left = paste(page).getByRole("region", { name: "Not taken over" }).getByRole("listitem");
  await expect(left.filter({ hasText: "key" }).first()).toBeVisible();
  await expect(left.filter({ hasText: "user" }).first()).toBeVisible();
  await expect(left.filter({ hasText: "sk-proj" })).toHaveCount(0);
  await loads(page, () => page.keyboard.press("Control+Enter"));
  await expectText(message(page), "{{mail}}");
  await command(page, "lost draft");
  await expect(page.getByRole("list", { name: "Drafts" })).toContainText("What I was writing.");
});

test("A6 what is no request is refused, and can be a message", async ({ page }) => {
  await open(page);
  await command(page, "paste code");
  await source(page).fill("SELECT name FROM prompts;");
  await expect(source(page)).toHaveAttribute("aria-invalid", "true");
  await expect(openIt(page)).toBeDisabled();
  await page.keyboard.press("Escape");
  await command(page, "paste code");
  await expect(source(page)).toHaveValue("SELECT name FROM prompts;");
  await loads(page, () => paste(page).getByRole("button", { name: "Use it as message 1" }).click());
  await expectText(message(page), "SELECT name FROM prompts;");
});

test("A6 10 MB are pasted and opened", async ({ page }) => {
  test.setTimeout(120_000);
  await open(page);
  await command(page, "paste code");
  await source(page).focus();
  await page.evaluate(() => {
    const line = `${"river ".repeat(80)}\n`;
    const content = line.repeat(20_000);
    const text = JSON.stringify({ model: "quick", messages: [{ role: "user", content }] });
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const longest = { ms: 0 };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) longest.ms = Math.max(longest.ms, entry.duration);
    }).observe({ type: "longtask" });
    Object.assign(window, { longest });
    document.activeElement?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await expect(paste(page)).toContainText("bytes of pasted text");
  await expect(paste(page)).toContainText("9,620,000 characters", { timeout: 30_000 });
  const longest = await page.evaluate(() => (window as unknown as { longest: { ms: number } }).longest.ms);
  console.log(`a paste of ten megabytes keeps the page busy for ${Math.round(longest)} ms at most`);
  await loads(page, () => openIt(page).click());
  await expect.poll(() => lengthOf(message(page)), { timeout: 30_000 }).toBe(9_620_000);
});

test("M1 the program is reached, read and copied by keyboard alone, and the focus comes back", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  await page.getByRole("button", { name: "Code", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(code(page).getByRole("button", { name: "Copy the code" })).toBeFocused();
  await code(page).getByRole("tab", { selected: true }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(code(page).getByRole("tab", { name: "Python" })).toBeFocused();
  await expect(code(page).getByRole("group", { name: "Python" })).toContainText("openai");
  await page.keyboard.press("End");
  await expect(code(page).getByRole("group", { name: "Rust" })).toContainText("reqwest");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Code", exact: true })).toBeFocused();
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 neither dialog breaks a rule", async ({ page }) => {
      await open(page);
      const check = async (state: string) => {
        await expectAccessible(page, state);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), state).toBeLessThanOrEqual(width);
      };
      await page.keyboard.press("Control+Shift+E");
      await expect(code(page).getByRole("group")).toContainText("curl");
      await check("code");
      await page.keyboard.press("Escape");
      await command(page, "paste code");
      await expect(source(page)).toBeVisible();
      await check("paste, empty");
      await source(page).fill('{"model":"quick","messages":[{"role":"user","content":"{{a}}"}],"user":"x"}');
      await expect(paste(page)).toContainText("Understood");
      await check("paste, understood");
      await source(page).fill("nothing");
      await expect(source(page)).toHaveAttribute("aria-invalid", "true");
      await check("paste, refused");
    });
  });
}
