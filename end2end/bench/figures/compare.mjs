// Eight answers at a hundred tokens a second each, with the word diff on; and a grid of a thousand cells, scrolled while
// it runs.

import { settle, watchFrames, withPage } from "../browser.mjs";
import { figure, quantile, round, say, sleep } from "../numbers.mjs";
import { profiled } from "../profile.mjs";
import { TOKEN_CHARS } from "../programs.mjs";
import { changed } from "../text.mjs";

const COLUMNS = 8;
const RATE = 100;
const LONG_MS = 50;
/** Frames of a screen of 60 Hz are this long; one that is missed makes it twice that. */
const FRAME_MS = 1_000 / 60;
const CELLS = 1_000;
/** The group's lease: as many cells run at a time. */
const LEASE = 8;

/** Of which threads the time is, and what was tried: for where the figure falls short. */
const WHERE = [
  "seen on 2026-11-27 on two slow cores, in shares of one: the page's main thread 72 %, the browser's compositor and raster 40, its other threads 25, the upstream 16, the server 12, Playwright, which is told of every message, 15",
  "of the main thread a third is layout and painting, a third to a half the 800 messages a second, of which the page's own code is a quarter",
  "tried: events read without a detour by way of any JSON, a frame's events of a run applied together (this); fewer messages would need frames with several events",
].join("; ");

export async function compare(bench) {
  return [...(await columns(bench)), ...(await grid(bench))];
}

async function columns(bench) {
  const seconds = bench.quick ? 4 : 30;
  const chars = RATE * TOKEN_CHARS * (seconds + 5);
  const spec = {
    columns: Array.from({ length: COLUMNS }, (_, place) => ({
      id: place + 1,
      content: { model: "hundred", messages: [{ role: "user", content: changed(chars, place) }], params: { max_tokens: RATE * (seconds + 5) } },
    })),
    rows: [{}],
    repetitions: 1,
  };
  return withPage(bench, async (page, cdp) => {
    await show(page, spec);
    await settle(page);
    await page.evaluate(watchFrames);
    await sleep(bench.quick ? 1_000 : 2_000);
    const idle = await page.evaluate(() => window.seen.frames.splice(0));
    const ran = await profiled(bench, cdp, "compare", async () => {
      await page.getByRole("button", { name: "Run all" }).click();
      await page.waitForFunction((columns) => document.querySelectorAll('.output__text:not(:empty)').length >= columns, COLUMNS);
      await page.evaluate(() => (window.seen.frames.length = window.seen.tasks.length = window.seen.slow.length = 0));
      await sleep(seconds * 1_000);
      return page.evaluate(() => ({ ...window.seen, shown: [...document.querySelectorAll(".output__text")].map((text) => text.textContent.length) }));
    });
    const least = Math.min(...ran.shown);
    if (ran.shown.length < COLUMNS || least < seconds * RATE * TOKEN_CHARS * 0.7) throw new Error(`columns show ${ran.shown} characters`);
    for (const frame of ran.slow) say(`  compare: ${JSON.stringify(frame)}`);
    const over = ran.frames.filter((ms) => ms > LONG_MS).length;
    const note = [
      `${ran.frames.length} frames over ${seconds} s, every answer diffed by word with the first as it comes, one word in thirty differs`,
      `p99 ${round(quantile(ran.frames, 0.99))} ms; the page at rest before: longest ${round(Math.max(...idle))} ms`,
      WHERE,
    ].join("; ");
    const name = "eight columns at 100 tokens/s each";
    return [
      figure(`${name}: longest frame`, "ms", "<= 50", ran.frames, note, Math.max(...ran.frames)),
      figure(`${name}: frames over 50 ms`, "frames", "0", [over], "as above"),
    ];
  });
}

async function grid(bench) {
  const rows = bench.quick ? 100 : CELLS / 2;
  const column = (id) => ({ id, content: { model: "brief", messages: [{ role: "user", content: `Answer ${id}: {{mail}}` }] } });
  const spec = {
    columns: [column(1), column(2)],
    rows: Array.from({ length: rows }, (_, row) => ({ mail: `Mail ${row + 1} of someone who asks about an order.` })),
    repetitions: 1,
    data_name: "mails.csv",
  };
  return withPage(bench, async (page) => {
    const id = await show(page, spec);
    await settle(page);
    await page.evaluate(watchFrames);
    await page.getByRole("button", { name: "Run all" }).click();
    await page.waitForFunction(() => document.querySelector(".grid__done"));
    // How many run at a time, as the server counts them.
    const busy = [];
    let ended = false;
    const count = async () => {
      while (!ended) {
        const { counts } = await (await page.request.get(`/api/comparison?id=${id}`)).json();
        busy.push(counts.running);
        if (counts.waiting + counts.running === 0) break;
        await sleep(100);
      }
    };
    const counting = count();
    await page.evaluate(() => (window.seen.frames.length = 0));
    const seconds = bench.quick ? 2 : 15;
    await scroll(page, seconds * 1_000);
    const running = await page.evaluate(() => window.seen.frames.splice(0));
    ended = bench.quick;
    await counting;
    await settle(page);
    await page.evaluate(() => (window.seen.frames.length = 0));
    await scroll(page, seconds * 1_000);
    const resting = await page.evaluate(() => window.seen.frames.splice(0));
    const most = Math.max(...busy);
    const one = (name, frames) => {
      const missed = frames.filter((ms) => ms > FRAME_MS * 1.5).length;
      const note = `${frames.length} frames over ${seconds} s, down and up at about 3,000 px/s; longest ${round(Math.max(...frames))} ms; ${missed} frames missed`;
      return figure(name, "frames/s", ">= 59", frames.map((ms) => 1_000 / ms), note, (frames.length * 1_000) / frames.reduce((sum, ms) => sum + ms, 0));
    };
    const name = `a grid of ${rows * 2} cells`;
    return [
      one(`${name}, scrolled at rest`, resting),
      one(`${name}, scrolled while it runs`, running),
      figure(`${name}: most cells that run at a time`, "cells", `<= ${LEASE}`, busy, `of ${busy.length} looks, ten a second`, most),
    ];
  });
}

/** Makes a comparison, and shows it. */
async function show(page, spec) {
  const answer = await page.request.post("/api/create-comparison", { data: { name: "Bench", spec } });
  if (!answer.ok()) throw new Error(`no comparison was made: ${await answer.text()}`);
  const { id } = await answer.json();
  await page.goto(`/compare?id=${id}`);
  await page.locator("html[data-hydrated]").waitFor();
  return id;
}

/** Scrolls the grid down and up, a little with each frame. */
const scroll = (page, ms) =>
  page.evaluate(
    (ms) =>
      new Promise((done) => {
        const region = document.querySelector(".grid__scroll");
        const began = performance.now();
        let by = 50;
        const step = (now) => {
          region.scrollTop += by;
          if (region.scrollTop <= 0) by = 50;
          if (region.scrollTop + region.clientHeight >= region.scrollHeight - 1) by = -50;
          if (now - began < ms) requestAnimationFrame(step);
          else done();
        };
        requestAnimationFrame(step);
      }),
    ms,
  );
