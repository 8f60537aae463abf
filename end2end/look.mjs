// Looks at what the playground's start calls: prints the numbers of the functions, as JSON. `cargo xtask look` calls it.
//
//   node end2end/look.mjs --etude <binary> --site <a page that notes its calls> --model <gguf>

import { parseArgs } from "node:util";
import { launch } from "./bench/browser.mjs";
import { say, sleep } from "./bench/numbers.mjs";
import { start } from "./bench/programs.mjs";

/** What comes by itself soon after the page is alive: the answer of the socket, the first look at what is typed. */
const AFTER_MS = 400;
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };

const text = { type: "string" };
const { values } = parseArgs({ options: { etude: text, site: text, model: text } });
const { url, stop } = await start({ ...values, courses: {} });
const called = new Set();
let browser;
try {
  browser = await launch();
  const id = await prompt();
  for (const viewport of [DESK, PHONE]) {
    for (const path of ["/", `/p/${id}`]) await look(path, { viewport });
  }
  // Up to its part: what comes later comes with that.
  await look("/library", { viewport: DESK });
  // The parts of the page come in another order each time.
  await look("/", { viewport: DESK, without: "**/islands/*" });
  await look("/", { viewport: DESK, slow: "**/islands/*" });
  await look("/", { viewport: DESK, slow: "**/etude.wasm" });
  await look("/", { viewport: DESK, typed: true });
  await look("/", { viewport: DESK, colorScheme: "dark", reducedMotion: "reduce" });
} finally {
  await browser?.close();
  await stop();
}
console.log(JSON.stringify([...called].sort((one, other) => one - other)));

/** A kept prompt. */
async function prompt() {
  const messages = [{ role: "system", content: "Be brief." }, { role: "user", content: "Name a river in {{country}}." }];
  const made = await fetch(`${url}/v1/presets`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Rivers", model: "brief", messages, params: { temperature: 0.5 } }),
  });
  if (!made.ok) throw new Error(`no prompt was made: ${await made.text()}`);
  return (await made.json()).id;
}

/** Opens a page, and notes what had been called when it was alive. */
async function look(path, { without, slow, typed, ...options }) {
  const context = await browser.newContext({ baseURL: url, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => {
    throw error;
  });
  if (without) await page.route(without, (route) => route.abort());
  if (slow) {
    await page.route(slow, async (route) => {
      await sleep(700);
      await route.continue();
    });
  }
  await page.goto(path, { waitUntil: typed ? "commit" : "load" });
  if (typed) await page.locator("textarea").first().fill("Typed before it is alive, with {{one}}.").catch(() => {});
  await alive(page);
  for (const number of await page.evaluate(() => window.calledFunctions())) called.add(number);
  say(`  ${path}: ${called.size} functions so far`);
  await context.close();
}

async function alive(page) {
  await page.locator("html[data-hydrated]").waitFor();
  await sleep(AFTER_MS);
}
