// Where the time goes: a CPU profile and a trace of a part of a figure, kept as files and summed up.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { say } from "./numbers.mjs";

const SHOWN = 25;

/** Does it, and profiles it where a folder for profiles is given. */
export async function profiled({ browser, profiles }, cdp, name, act) {
  if (!profiles) return act();
  await browser.startTracing(undefined, { categories: ["devtools.timeline", "toplevel", "blink", "cc", "v8"] });
  await cdp.send("Profiler.enable");
  await cdp.send("Profiler.setSamplingInterval", { interval: 500 });
  await cdp.send("Profiler.start");
  const result = await act();
  const { profile } = await cdp.send("Profiler.stop");
  await writeFile(join(profiles, `${name}.cpuprofile`), JSON.stringify(profile));
  const trace = await browser.stopTracing();
  await writeFile(join(profiles, `${name}.trace.json`), trace);
  for (const line of [...summary(profile), ...mainThread(JSON.parse(trace).traceEvents)]) say(`  profile ${name}: ${line}`);
  return result;
}

/** The functions with the most time of their own, and with the most time in all. */
export function summary({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (const node of nodes) for (const child of node.children ?? []) byId.get(child).parent = node;
  const title = ({ callFrame }) => `${callFrame.functionName || "(anonymous)"} ${callFrame.url.split("/").pop()}:${callFrame.lineNumber + 1}`;
  const [own, total] = [new Map(), new Map()];
  const add = (to, key, ms) => to.set(key, (to.get(key) ?? 0) + ms);
  samples.forEach((id, place) => {
    const ms = timeDeltas[place] / 1_000;
    const leaf = byId.get(id);
    add(own, title(leaf), ms);
    const seen = new Set();
    for (let node = leaf; node; node = node.parent) {
      const key = title(node);
      if (!seen.has(key)) add(total, key, ms);
      seen.add(key);
    }
  });
  const top = (of, word) => [...of].sort((a, b) => b[1] - a[1]).slice(0, SHOWN).map(([key, ms]) => `${word} ${Math.round(ms)} ms ${key}`);
  return [...top(own, "self"), ...top(total, "all")];
}

/** What the busiest renderer's main thread did, by the browser's own names: time that is in no event inside. */
export function mainThread(events) {
  const threads = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`);
  const own = new Map(threads.map((thread) => [thread, new Map()]));
  const open = new Map();
  const complete = events.filter(({ ph, pid, tid }) => ph === "X" && own.has(`${pid} ${tid}`)).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const add = (by, name, ms, count) => by.set(name, [(by.get(name)?.[0] ?? 0) + ms, (by.get(name)?.[1] ?? 0) + count]);
  for (const { pid, tid, name, ts, dur = 0 } of complete) {
    const thread = `${pid} ${tid}`;
    if (!open.has(thread)) open.set(thread, []);
    const stack = open.get(thread);
    while (stack.length && stack.at(-1).end <= ts) stack.pop();
    add(own.get(thread), name, dur / 1_000, 1);
    if (stack.length) add(own.get(thread), stack.at(-1).name, -dur / 1_000, 0);
    stack.push({ name, end: ts + dur });
  }
  const sum = (by) => [...by.values()].reduce((all, [ms]) => all + ms, 0);
  const busiest = [...own.values()].sort((a, b) => sum(b) - sum(a))[0] ?? new Map();
  return [...busiest].sort((a, b) => b[1][0] - a[1][0]).slice(0, SHOWN).map(([name, [ms, count]]) => `thread ${Math.round(ms)} ms, ${count} times: ${name}`);
}
