// 200 tokens a second into one column: how long its frames are.

import { choose, countReceived, open, paste, settle, watchFrames, withPage } from "../browser.mjs";
import { figure, quantile, round, say, sleep } from "../numbers.mjs";
import { profiled } from "../profile.mjs";
import { TOKEN_CHARS } from "../programs.mjs";
import { markdown } from "../text.mjs";

const RATE = 200;
const LONG_MS = 50;

export async function stream(bench) {
  const seconds = bench.quick ? 4 : 60;
  const tokens = RATE * seconds;
  return withPage(bench, async (page, cdp) => {
    await page.addInitScript(countReceived);
    await open(page);
    await paste(page, markdown(tokens * TOKEN_CHARS), 1);
    await choose(page, "steady", tokens);
    await settle(page);
    // The same page at rest: what the machine itself does to a frame.
    await page.evaluate(watchFrames);
    await sleep(bench.quick ? 1_000 : 3_000);
    const idle = await page.evaluate(() => window.seen.frames.splice(0));
    await expectSeen(page);
    const ran = await profiled(bench, cdp, "stream", async () => {
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.waitForFunction(() => window.received.deltas > 0);
      await page.evaluate(() => (window.seen.frames.length = window.seen.tasks.length = window.seen.slow.length = 0));
      await page.waitForFunction(() => window.received.ended, undefined, { timeout: (seconds * 2 + 30) * 1_000, polling: 1_000 });
      await sleep(500);
      return page.evaluate(() => ({ ...window.received, ...window.seen, shown: document.querySelector(".output__text").textContent.length }));
    });
    const all = tokens * TOKEN_CHARS;
    if (ran.bytes < all * 0.98 || ran.shown < all * 0.8) throw new Error(`of ${all} characters ${ran.bytes} came, ${ran.shown} are shown`);
    for (const frame of ran.slow) say(`  stream: ${JSON.stringify(frame)}`);
    const { frames } = ran;
    const longest = Math.max(...frames);
    const over = frames.filter((ms) => ms > LONG_MS).length;
    const note = [
      `requestAnimationFrame to requestAnimationFrame over ${frames.length} frames, ${ran.deltas} tokens of mixed Markdown as they are rendered`,
      `p99 ${round(quantile(frames, 0.99))} ms, p99.9 ${round(quantile(frames, 0.999))} ms`,
      `long tasks: ${ran.tasks.length}, longest ${Math.round(Math.max(0, ...ran.tasks.map(([, ms]) => ms)))} ms`,
      `the page at rest before: longest ${round(Math.max(...idle))} ms`,
    ].join("; ");
    const name = `200 tokens/s into one column for ${seconds} s`;
    return [
      figure(`${name}: longest frame`, "ms", "<= 50", frames, note, longest),
      figure(`${name}: p99 of frames`, "ms", "", frames, "as above", quantile(frames, 0.99)),
      figure(`${name}: frames over 50 ms`, "frames", "0", [over], "as above"),
    ];
  });
}

/** A frame that is held up on purpose must be seen as one. */
async function expectSeen(page) {
  const held = 120;
  await page.evaluate((held) => {
    for (const until = performance.now() + held; performance.now() < until; );
  }, held);
  await sleep(200);
  const longest = await page.evaluate(() => Math.max(...window.seen.frames));
  if (longest < held * 0.7) throw new Error(`a frame that was held up for ${held} ms was measured as ${longest} ms`);
}
