/**
 * Has hostile text worked on where it can hurt nobody: in a worker that is ended when it is slow.
 *
 * Every highlighter has texts that it needs minutes for, and TeX has macros that double themselves.
 * No limit on length helps against those; a clock does. The text stays as it was, and the page never
 * notices. Jobs wait their turn, so that the clock measures one job only.
 */

/** Something to be done. */
export type Job = { kind: "code"; language: string; text: string } | { kind: "math"; display: boolean; text: string };

/** What the worker says: the markup, or null where it has none. */
export interface Answer {
  markup: string | null;
}

/** How long a job may take, in milliseconds. */
const JOB_MS = 1_000;
/** How long it may take to start the worker and load what a job needs, in milliseconds. */
const START_MS = 15_000;
/** How often the worker is started again before the page does without it. */
const STARTS_MAX = 8;

/** How many answers are remembered. */
const KNOWN_MAX = 512;
/** Longest text whose answer is remembered, in UTF-16 units. */
const KNOWN_LENGTH_MAX = 16 * 1024;

const known = new Map<string, string>();
let worker: Worker | null = null;
let starts = 0;
let queue: Promise<unknown> = Promise.resolve();

/** Does a job and returns its markup. Null: it cannot be done, or not in time. */
export function work(job: Job): Promise<string | null> {
  const answer = queue.then(() => attempt(job)).then((markup) => remember(job, markup));
  queue = answer;
  return answer;
}

/**
 * The markup of a job that was done before; null where it was not.
 *
 * The last block of an answer is made anew with every frame: a formula in it would be TeX and formula
 * by turns if it always had to wait for the worker.
 */
export function recall(job: Job): string | null {
  return known.get(keyOf(job)) ?? null;
}

function remember(job: Job, markup: string | null): string | null {
  if (markup === null || job.text.length > KNOWN_LENGTH_MAX) return markup;
  known.set(keyOf(job), markup);
  const oldest = known.keys().next();
  if (known.size > KNOWN_MAX && !oldest.done) known.delete(oldest.value);
  return markup;
}

const keyOf = (job: Job): string => `${job.kind} ${job.kind === "code" ? job.language : job.display} ${job.text}`;

async function attempt(job: Job): Promise<string | null> {
  let loaded = false;
  try {
    worker ??= start();
    if (!worker) return null;
    // The first answer says that what the job needs is loaded: a slow network is not a slow job.
    await ask(worker, { ...job, text: "" }, START_MS);
    loaded = true;
    return (await ask(worker, job, JOB_MS)).markup;
  } catch {
    // What cannot even be loaded will not be better at the next block.
    if (!loaded) starts = STARTS_MAX;
    worker?.terminate();
    worker = null;
    return null;
  }
}

function start(): Worker | null {
  if (starts >= STARTS_MAX) return null;
  starts += 1;
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "etude-workshop" });
}

function ask(to: Worker, job: Job, limit: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("too slow")), limit);
    to.onmessage = ({ data }: MessageEvent<Answer>) => {
      clearTimeout(timer);
      resolve(data);
    };
    to.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      reject(new Error("no worker"));
    };
    to.postMessage(job);
  });
}
