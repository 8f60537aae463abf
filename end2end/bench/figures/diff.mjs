// Two versions of ten megabytes, compared in the page: until they are shown, how they scroll; and the prompt opened.

import { settle, watchFrames, withPage } from "../browser.mjs";
import { figure, quantile, round, say, sleep } from "../numbers.mjs";
import { profiled } from "../profile.mjs";
import { changed } from "../text.mjs";

const STEPS = 20;
const STEP_MS = 250;
/** What a person waits for without thinking of something else: Nielsen's ten seconds are the most. */
const SHOWN_MS = 10_000;

export async function diff(bench) {
  const megabytes = bench.quick ? 1 : 10;
  return withPage(bench, async (page, cdp) => {
    page.setDefaultTimeout(120_000);
    const id = await versions(page, megabytes * 1_000_000);
    const [opened, shown] = await profiled(bench, cdp, "diff", async () => {
      const began = Date.now();
      await page.goto(`/p/${id}/diff/1..2`);
      await page.locator("html[data-hydrated]").waitFor();
      const opened = Date.now() - began;
      await page.locator("etude-diff .cm-content .diff__word").first().waitFor();
      return [opened, Date.now() - began];
    });
    say(`  diff: alive after ${opened} ms, shown after ${shown} ms`);
    await settle(page);
    await page.evaluate(watchFrames);
    const scrolled = await profiled(bench, cdp, "diff-scroll", () => scroll(page, bench.quick ? 3_000 : 10_000));
    const steps = await profiled(bench, cdp, "diff-steps", () => walk(page));
    const memory = (await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0)) / 1_000_000;
    const began = Date.now();
    await page.goto(`/p/${id}`);
    await page.locator("html[data-hydrated]").waitFor();
    await page.getByRole("textbox", { name: "Message 1" }).and(page.locator(".cm-content")).waitFor();
    const ready = Date.now() - began;
    const name = `two versions of ${megabytes} MB compared`;
    const note = `one word in thirty differs; alive after ${opened} ms; then ${round(memory, 0)} MB of JavaScript's heap`;
    return [
      figure(`${name}: shown`, "ms", `<= ${SHOWN_MS}`, [shown], note),
      figure(`${name}: longest frame while it scrolls`, "ms", "", scrolled, `${scrolled.length} frames, about 3,000 px/s; p99 ${round(quantile(scrolled, 0.99))} ms`, Math.max(...scrolled)),
      figure(`a saved prompt of ${megabytes} MB opened: its editor is there`, "ms", `<= ${SHOWN_MS}`, [ready], "from the navigation on"),
      figure(`${name}: to the next difference, p95`, "ms", "", steps, `from the key N to a message after the next animation frame, ${STEPS} times`, quantile(steps, 0.95)),
    ];
  });
}

/** Makes a prompt with two versions of that size. */
async function versions(page, length) {
  const body = (place) => ({ model: "hundred", messages: [{ role: "user", content: changed(length, place) }] });
  const made = await page.request.post("/v1/presets", { data: { name: "Large", ...body(0) } });
  if (!made.ok()) throw new Error(`no prompt was made: ${await made.text()}`);
  const { id } = await made.json();
  const saved = await page.request.put(`/v1/presets/${id}`, { data: body(1) });
  if (!saved.ok()) throw new Error(`no version was saved: ${await saved.text()}`);
  return id;
}

/** Scrolls down, a little with each frame; gives how long the frames took. */
const scroll = (page, ms) =>
  page.evaluate(
    (ms) =>
      new Promise((done) => {
        const moves = (element) => element && (element.scrollHeight > element.clientHeight + 100 && /auto|scroll/.test(getComputedStyle(element).overflowY) ? element : moves(element.parentElement));
        const region = moves(document.querySelector("etude-diff .cm-content"));
        if (!region) throw new Error("nothing scrolls");
        window.seen.frames.length = 0;
        const [began, from] = [performance.now(), region.scrollTop];
        const step = (now) => {
          region.scrollTop += 50;
          if (now - began < ms) requestAnimationFrame(step);
          else if (region.scrollTop - from < 1_000) throw new Error(`it has scrolled from ${from} to ${region.scrollTop}`);
          else done(window.seen.frames.splice(0));
        };
        requestAnimationFrame(step);
      }),
    ms,
  );

/** Goes from difference to difference; gives how long each took. */
async function walk(page) {
  await page.evaluate(() => {
    window.steps = [];
    addEventListener("keydown", (event) => requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => window.steps.push(performance.now() - event.timeStamp);
      painted.port2.postMessage(0);
    }), true);
  });
  for (let step = 0; step < STEPS; step += 1) {
    await page.keyboard.press("n");
    await sleep(STEP_MS);
  }
  return page.evaluate(() => window.steps);
}
