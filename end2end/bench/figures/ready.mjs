// How soon one can type: the first key that is taken, and that stays.

import { message, valueOf, withPage } from "../browser.mjs";
import { figure, median, round, say, sleep } from "../numbers.mjs";

/** A key is pressed so often until one is taken: a browser drops what comes before the first paint. */
const AGAIN_MS = 25;

/** Notes when the field is there and focused, what is typed into it, and when the page is live. */
function note() {
  const seen = (window.seen = { focused: 0, keys: [], hydrated: 0, editor: 0 });
  const look = () => {
    const field = document.querySelector('textarea[aria-label="Message 1"]');
    if (field && !seen.focused) {
      field.focus();
      field.setSelectionRange(0, 0);
      seen.focused = performance.now();
      window.focused();
    }
    if (!seen.hydrated && document.documentElement?.hasAttribute("data-hydrated")) seen.hydrated = performance.now();
    if (!seen.editor && document.querySelector(".cm-content")) seen.editor = performance.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  addEventListener("input", ({ data }) => {
    seen.keys.push([data, performance.now()]);
  }, true);
}

async function once(bench) {
  return withPage(bench, async (page) => {
    let focused;
    const ready = new Promise((done) => (focused = done));
    await page.exposeFunction("focused", () => focused());
    await page.addInitScript(note);
    await page.goto("/", { waitUntil: "commit" });
    await ready;
    const letters = "abcdefghijklmnopqrstuvwxyz";
    for (const letter of letters) {
      await page.keyboard.press(letter);
      if (await page.evaluate(() => window.seen.keys.length > 0)) break;
      await sleep(AGAIN_MS);
    }
    const typed = () => page.evaluate(() => window.seen.keys.map(([letter]) => letter).join(""));
    const expectKept = async (when) => {
      const [text, keys] = [await valueOf(message(page)), await typed()];
      if (!keys || !text.startsWith(keys)) throw new Error(`${when}: ${JSON.stringify(keys)} was typed, the field has ${JSON.stringify(text.slice(0, 60))}`);
    };
    await expectKept("at once");
    await page.locator("html[data-hydrated]").waitFor();
    await expectKept("after data-hydrated");
    await page.locator("etude-editor .cm-content").first().waitFor();
    await sleep(300);
    await expectKept("after the editor came");
    const seen = await page.evaluate(() => window.seen);
    const paints = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint").map((entry) => entry.startTime));
    return { ...seen, key: seen.keys[0][1], paint: paints[0] ?? NaN };
  });
}

export async function ready(bench) {
  const runs = [];
  await once(bench);
  for (let turn = 0; turn < (bench.quick ? 3 : 10); turn += 1) {
    runs.push(await once(bench));
    const { key, hydrated, focused, paint } = runs.at(-1);
    say(`  ready: field ${round(focused)}, painted ${round(paint)}, key ${round(key)}, hydrated ${round(hydrated)} ms`);
  }
  const of = (name) => runs.map((run) => run[name]);
  const paint = `first contentful paint at ${round(median(of("paint")))} ms, the field is in the page at ${round(median(of("focused")))} ms`;
  return [
    figure("ready to type", "ms", "< 1000", of("key"), `navigation start to the first key taken by Message 1, empty cache, warm server; what was typed still stood there after hydration and in the editor; ${paint}; median of ${runs.length}`),
    figure("hydrated", "ms", "", of("hydrated"), `navigation start to html[data-hydrated], the fields being editors by then; median of ${runs.length}`),
  ];
}
