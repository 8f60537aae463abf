// Runs the tests against one server. Words after `npm test --` choose files by parts of their names.

import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

import { Stage } from "./server.js";

/** Test files at a time: most of their time is waiting. */
const FILES_AT_A_TIME = 4;
/** How long a test, or a file of them, may take, in milliseconds. */
const FILE_MS_MAX = 60_000;

/** What the runner says of the whole at its end. */
const COUNT = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

const folder = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
// What is built may be older than what stands here.
const sources = await readdir(dirname(folder));
const names = sources.filter((name) => name.endsWith(".test.ts")).map((name) => name.replace(/ts$/, "js")).sort();
const files = names.filter((name) => !wanted.length || wanted.some((part) => name.includes(part)));
if (!files.length) throw new Error(`no test file's name has one of: ${wanted.join(", ")}`);

// The stage ends with this process, but not with a signal that nobody hears.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
const stage = await Stage.start();
process.env.ETUDE_URL = stage.url;
process.env.ETUDE_COUNTER_URL = stage.counter;
process.env.ETUDE_RECORDER_URL = stage.recorder;
process.env.NODE_OPTIONS = "--enable-source-maps";

/** The counts, which the runner tells before the list of failures: they belong at the end. */
const counts: string[] = [];
let failed = 0;
try {
  const events = run({
    files: files.map((name) => join(folder, name)),
    concurrency: FILES_AT_A_TIME,
    timeout: FILE_MS_MAX,
  });
  events.on("test:fail", (event) => {
    if (event.todo === undefined) failed += 1;
  });
  events.on("test:diagnostic", ({ message, nesting }) => {
    if (nesting === 0 && COUNT.test(message)) counts.push(`# ${message}`);
  });
  const report = events.compose(new spec());
  report.pipe(process.stdout);
  await new Promise((resolve, reject) => report.on("end", resolve).on("error", reject));
} finally {
  await stage.stop();
}
if (failed && stage.complaints()) console.log(stage.complaints());
console.log(counts.join("\n"));
process.exitCode = failed ? 1 : 0;
