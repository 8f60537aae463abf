// A prompt of ten megabytes: from a key to its paint.

import { message, open, paste, settle, valueOf, watchFrames, withPage } from "../browser.mjs";
import { figure, quantile, round, say, sleep } from "../numbers.mjs";
import { profiled } from "../profile.mjs";

const LINE = "All work and no play makes a dull page.\n";
/** A steady hand. */
const GAP_MS = 120;
/** A hand that thinks between its keys, longer than an editor waits. */
const PAUSES_MS = [350, 500, 420, 650, 380, 800, 450, 550];
/** How long the rest after typing is watched: the draft of a large prompt is sent after ten seconds. */
const REST_MS = 14_000;
const REST_QUICK_MS = 2_000;
/** The page is quiet for so long before it is typed into. */
const QUIET_MS = 1_500;
const QUIET_QUICK_MS = 500;

/** Notes for each key when it was pressed, how long it was worked on, and when its frame was painted. */
function watchKeys() {
  const keys = (window.keys = []);
  const slow = (window.slowKeys = []);
  addEventListener("keydown", (event) => {
    const [pressed, began] = [event.timeStamp, performance.now()];
    let handled = 0;
    scheduler.postTask(() => (handled = performance.now()), { priority: "user-blocking" });
    requestAnimationFrame(() => {
      const framed = performance.now();
      const painted = new MessageChannel();
      painted.port1.onmessage = () => {
        const now = performance.now();
        // Waiting for the next frame is not work.
        const idle = handled && handled < framed ? framed - handled : 0;
        keys.push({ ms: now - pressed, waited: began - pressed, work: now - began - idle });
      };
      painted.port2.postMessage(0);
    });
  }, true);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === "keydown") slow.push(entry.duration);
  }).observe({ type: "event", durationThreshold: 16 });
}

/** Presses so many keys and returns what each took. */
async function type(page, count, gap) {
  await page.evaluate(() => (window.keys.length = window.slowKeys.length = 0));
  const began = Date.now();
  for (let due = 0, place = 0; place < count; place += 1, due += gap(place)) {
    await sleep(Math.max(0, began + due - Date.now()));
    await page.keyboard.press("abcdefghij"[place % 10]);
  }
  await sleep(500);
  const keys = await page.evaluate(() => window.keys);
  if (keys.length !== count) throw new Error(`${keys.length} keys of ${count} were painted`);
  return { keys, slow: await page.evaluate(() => window.slowKeys) };
}

const move = (page, share) =>
  message(page).evaluate((field, share) => {
    const editor = field.closest("etude-editor");
    const at = Math.round(editor.length * share);
    editor.focus();
    editor.selectionRange = [at, at];
  }, share);

/** Types at the beginning, in the middle and at the end. */
async function typeAround(page, count, quietMs) {
  const all = { keys: [], slow: [] };
  for (const [place, share] of [["begin", 0], ["middle", 0.5], ["end", 1]]) {
    await move(page, share);
    await settle(page, quietMs);
    const { keys, slow } = await type(page, count, () => GAP_MS);
    say(`  prompt: ${place}: ${told(keys)}`);
    all.keys.push(...keys);
    all.slow.push(...slow);
  }
  return all;
}

const of = (keys, name, share) => round(quantile(keys.map((key) => key[name]), share));
const told = (keys) =>
  `p50 ${of(keys, "ms", 0.5)}, p95 ${of(keys, "ms", 0.95)} ms; without the wait for the frame p50 ${of(keys, "work", 0.5)}, p95 ${of(keys, "work", 0.95)} ms; waited for the page p95 ${of(keys, "waited", 0.95)} ms`;
const events = (slow, count) => `Event Timing: ${slow.length} of ${count} keydowns took 16 ms or more, longest ${Math.max(0, ...slow)} ms`;

export async function prompt(bench) {
  const [megabytes, count] = bench.quick ? [1, 4] : [10, 20];
  const [restMs, quietMs] = bench.quick ? [REST_QUICK_MS, QUIET_QUICK_MS] : [REST_MS, QUIET_MS];
  return withPage(bench, async (page, cdp) => {
    await open(page);
    await page.evaluate(watchKeys);
    const floor = await typeAround(page, count, quietMs);
    const pausing = (place) => PAUSES_MS[place % PAUSES_MS.length];
    const haltingFloor = await type(page, count, pausing);
    say(`  prompt: with pauses, in a short prompt: ${told(haltingFloor.keys)}`);
    const pasted = await paste(page, LINE, (megabytes * 1_000_000) / LINE.length);
    say(`  prompt: pasted after ${round(pasted)} ms`);
    await settle(page, quietMs * 2);
    const before = (await valueOf(message(page))).length;
    const steady = await profiled(bench, cdp, "prompt", () => typeAround(page, count, quietMs));
    await settle(page, quietMs);
    await page.evaluate(watchFrames);
    const halting = await profiled(bench, cdp, "halting", () => type(page, count, pausing));
    say(`  prompt: with pauses: ${told(halting.keys)}`);
    await page.evaluate(() => (window.seen.tasks.length = window.seen.slow.length = 0));
    const rest = await profiled(bench, cdp, "rest", async () => {
      await page.keyboard.press("z");
      await sleep(restMs);
      return page.evaluate(() => window.seen);
    });
    for (const frame of rest.slow) say(`  prompt: at rest: ${JSON.stringify(frame)}`);
    const length = (await valueOf(message(page))).length;
    if (length - before !== count * 4 + 1) throw new Error(`${length - before} characters of ${count * 4 + 1} stand in the prompt`);

    const name = `${megabytes} MB prompt`;
    const all = steady.keys.map((key) => key.ms);
    const tasks = rest.tasks.map(([, ms]) => ms);
    const how = `keydown's timeStamp to a message after the next animation frame, ${all.length} keys ${GAP_MS} ms apart at begin, middle and end`;
    return [
      figure(`${name}: key to paint, p95`, "ms", "<= 16", all, `${how}; ${told(steady.keys)}; ${events(steady.slow, all.length)}; the same in a short prompt: ${told(floor.keys)}`, quantile(all, 0.95)),
      figure(`${name}: key to paint, p50`, "ms", "", all, "as above", quantile(all, 0.5)),
      figure(`${name}: work of a key, p95`, "ms", "<= 16", steady.keys.map((key) => key.work), "as above, without the wait for the next frame", quantile(steady.keys.map((key) => key.work), 0.95)),
      figure(`${name}: key to paint after pauses, p95`, "ms", "<= 16", halting.keys.map((key) => key.ms), `keys ${Math.min(...PAUSES_MS)} to ${Math.max(...PAUSES_MS)} ms apart; ${told(halting.keys)}; ${events(halting.slow, count)}; the same in a short prompt: ${told(haltingFloor.keys)}`, quantile(halting.keys.map((key) => key.ms), 0.95)),
      figure(`${name}: longest task after the last key`, "ms", "", tasks.length ? tasks : [0], `long tasks in the ${restMs / 1_000} s after a key: ${tasks.map(Math.round).join(", ") || "none"}`, Math.max(0, ...tasks)),
      figure(`${name}: paste to paint`, "ms", "", [pasted], "a paste over what stands in Message 1"),
    ];
  });
}
