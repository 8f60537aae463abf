// A long answer: what a KB costs the main thread at the end, against what it costs at the start.
//
// Most of it comes fast; at some places it slows down to the pace of the other figures, and there it is measured: a page
// that is too busy to draw every frame would hide what a frame costs.

import { choose, countReceived, open, settle, withPage } from "../browser.mjs";
import { figure, median, round, say, sleep } from "../numbers.mjs";
import { profiled } from "../profile.mjs";
import { TOKEN_CHARS } from "../programs.mjs";

const [FAST, SLOW] = [4_000, 200];
/** What a profile of the last place against the first shows, and what was tried. */
const WHY = "What grows is the browser's own work for each frame, not the page's script: it asks where each part stands that is skipped while out of sight, and keeps a scroll position for each table and program. Tried: no parts (each frame dearer than the one before), parts of 64 blocks (this), of 256 (1.18, and each KB a tenth dearer from the start)";
const PARTS = { TaskDuration: "all", ScriptDuration: "script", LayoutDuration: "layout", RecalcStyleDuration: "style" };

/** Where it is measured: from which token to which. The first place is behind what warms the code. */
function windows(quick) {
  const [tokens, wide] = quick ? [10_000, 800] : [100_000, 2_000];
  const places = quick ? [0.1, 1] : [0.03, 0.25, 0.5, 0.75, 1];
  return { tokens, places: places.map((share) => [tokens * share - wide, tokens * share - 1]) };
}

/** How the upstream plays it. */
export function longCourses(quick) {
  const { tokens, places } = windows(quick);
  return { long: { tokens, paces: [[0, FAST], ...places.flatMap(([from, to]) => [[from, SLOW], [to, FAST]])] } };
}

export async function long(bench) {
  const { tokens, places } = windows(bench.quick);
  return withPage(bench, async (page, cdp) => {
    await page.addInitScript(countReceived);
    await open(page);
    await choose(page, "long", tokens);
    await settle(page);
    await cdp.send("Performance.enable", { timeDomain: "timeTicks" });
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const measured = [];
    for (const [place, [from, to]] of places.entries()) {
      // Behind the place where it slows down: the page has drawn all that came before.
      await reach(page, from + (to - from) * 0.15);
      await page.evaluate(countFrames);
      const before = await read(page, cdp);
      const name = place === 0 ? "early" : place === places.length - 1 ? "late" : "";
      const wait = async () => reach(page, to - (to - from) * 0.05);
      await (name ? profiled(bench, cdp, name, wait) : wait());
      measured.push({ from, ...(await difference(page, cdp, before)) });
      say(`  long: at token ${Math.round(from)}: ${told(measured.at(-1))}`);
    }
    await page.waitForFunction(() => window.received.ended, undefined, { timeout: 60_000 });
    await page.waitForTimeout(1_500);
    const { deltas } = await page.evaluate(() => window.received);
    const shown = await page.locator(".output__text").evaluate((text) => text.textContent.length);
    if (deltas < tokens || shown < tokens * TOKEN_CHARS * 0.8) throw new Error(`${deltas} tokens of ${tokens} came, ${shown} characters are shown`);

    const [early, last] = [measured[0], measured.at(-1)];
    const name = `${tokens.toLocaleString("en")}-token answer`;
    const note = `main-thread time per KB (Performance.getMetrics) at ${SLOW} tokens/s; at token ${early.from}: ${told(early)}; at token ${last.from}: ${told(last)}; mixed Markdown as it is rendered, the rest at ${FAST} tokens/s. ${WHY}`;
    const costs = measured.map(({ perKb }) => perKb.TaskDuration);
    const slow = measured.map(({ longest }) => longest);
    return [
      figure(`${name}: the last KB against the first`, "ratio", "<= 1.2", costs.map((ms) => ms / costs[0]), note, costs.at(-1) / costs[0]),
      figure(`${name}: cost of a KB`, "ms", "", costs, `the same ${costs.length} places`, median(costs)),
      figure(`${name}: longest frame`, "ms", "<= 50", slow, "requestAnimationFrame to requestAnimationFrame, in the same places", Math.max(...slow)),
    ];
  });
}

/** Waits until so many tokens have come. */
async function reach(page, token) {
  while (!(await page.evaluate((token) => window.received.deltas >= token, token))) await sleep(100);
}

function countFrames() {
  cancelAnimationFrame(window.loop);
  window.frameTimes = [];
  let last = 0;
  const tick = (now) => {
    if (last) window.frameTimes.push(now - last);
    last = now;
    window.loop = requestAnimationFrame(tick);
  };
  window.loop = requestAnimationFrame(tick);
}

async function read(page, cdp) {
  const { bytes } = await page.evaluate(() => window.received);
  const { metrics } = await cdp.send("Performance.getMetrics");
  return { bytes, by: Object.fromEntries(metrics.map(({ name, value }) => [name, value])) };
}

async function difference(page, cdp, before) {
  const now = await read(page, cdp);
  const frames = await page.evaluate(() => window.frameTimes);
  await page.evaluate(() => cancelAnimationFrame(window.loop));
  const [kb, seconds] = [(now.bytes - before.bytes) / 1024, now.by.Timestamp - before.by.Timestamp];
  const perKb = Object.fromEntries(Object.keys(PARTS).map((part) => [part, ((now.by[part] - before.by[part]) * 1_000) / kb]));
  return { perKb, longest: Math.max(...frames), perSecond: frames.length / seconds, kbPerSecond: kb / seconds, nodes: now.by.Nodes };
}

function told({ perKb, perSecond, kbPerSecond, longest, nodes }) {
  const parts = Object.entries(PARTS).map(([part, word]) => `${word} ${round(perKb[part])}`).join(", ");
  return `${parts} ms per KB, ${round(kbPerSecond, 2)} KB/s, ${round(perSecond)} frames/s, longest ${round(longest)} ms, ${nodes} nodes`;
}
