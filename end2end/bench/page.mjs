// How fast the page is, in a browser: one figure a line, as JSON.
//
//   node end2end/bench/page.mjs --etude <binary> --site <folder> --model <gguf> [--quick] [--only ready,stream]
//
// --quick      shorter runs, smaller texts
// --only       some of: ready, stream, long, prompt, sizes, compare, diff
// --profile    a folder for CPU profiles; what takes longest is said on stderr (and makes the figures worse)
//
// Progress goes to stderr. Slow is no failure: the exit status is not 0 only when something does not work.

import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { launch } from "./browser.mjs";
import { compare } from "./figures/compare.mjs";
import { diff } from "./figures/diff.mjs";
import { long, longCourses } from "./figures/long.mjs";
import { prompt } from "./figures/prompt.mjs";
import { ready } from "./figures/ready.mjs";
import { sizes } from "./figures/sizes.mjs";
import { stream } from "./figures/stream.mjs";
import { say } from "./numbers.mjs";
import { start } from "./programs.mjs";

const FIGURES = { sizes, ready, stream, long, prompt, compare, diff };

function options() {
  const text = { type: "string" };
  const { values } = parseArgs({ options: { etude: text, site: text, model: text, only: text, profile: text, quick: { type: "boolean" } } });
  for (const name of ["etude", "site", "model"]) if (!values[name]) throw new Error(`--${name} is missing`);
  const names = values.only?.split(",") ?? Object.keys(FIGURES);
  const unknown = names.filter((name) => !(name in FIGURES));
  if (unknown.length > 0) throw new Error(`--only knows ${Object.keys(FIGURES).join(", ")}, not ${unknown.join(", ")}`);
  const [etude, site, model] = [values.etude, values.site, values.model].map((path) => resolve(path));
  return { etude, site, model, names, quick: values.quick ?? false, profiles: values.profile && resolve(values.profile) };
}

async function main() {
  const { names, quick, profiles, ...programs } = options();
  if (profiles) await mkdir(profiles, { recursive: true });
  const { url, stop } = await start({ ...programs, courses: longCourses(quick) });
  let browser;
  let failures = 0;
  try {
    browser = await launch();
    // Warm: it has answered before.
    await (await fetch(url)).text();
    for (const name of names) {
      say(name);
      try {
        for (const figure of await FIGURES[name]({ browser, url, quick, profiles })) console.log(JSON.stringify(figure));
      } catch (error) {
        failures += 1;
        say(`${name}: ${error.stack ?? error}`);
      }
    }
  } finally {
    await browser?.close();
    await stop();
  }
  process.exitCode = failures ? 1 : 0;
}

await main();
