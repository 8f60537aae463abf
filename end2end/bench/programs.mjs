// The server and the scripted upstream that the figures are measured with, as tests/process.ts starts them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep } from "./numbers.mjs";
import { upstream } from "./upstream.mjs";

const START_MS_MAX = 60_000;
const DRAIN_MS_MAX = 5_000;

/** Characters of a token of the scripted upstream that repeats what was said. */
export const TOKEN_CHARS = 5;

/** Models that the scripted upstream plays. */
const LAB = [
  ["steady", "mock-ttft20-rate200-echo"],
  ["hundred", "mock-ttft20-rate100-echo"],
  ["brief", "mock-ttft20-rate100-n20"],
];

/** Starts all and returns where the page is and what ends them. `courses`: those of `upstream`. */
export async function start({ etude, site, model, courses }) {
  const folder = await mkdtemp(join(tmpdir(), "etude-bench-"));
  const running = [];
  const stop = async () => {
    for (const end of running.reverse()) await end();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const mock = await freeAddr();
    running.push(await run(etude, ["mock", "--addr", mock], {}, mock));
    const { addr: long, stop: silence } = await upstream(courses, TOKEN_CHARS);
    running.push(silence);
    const config = join(folder, "etude.toml");
    const models = Object.keys(courses).map((name) => [name, name]);
    await writeFile(config, toml("lab", mock, LAB) + toml("long", long, models));
    const addr = await freeAddr();
    const env = {
      ETUDE_ADDR: addr,
      ETUDE_DATA_DIR: join(folder, "data"),
      ETUDE_CONFIG: config,
      ETUDE_SITE_DIR: site,
      ETUDE_MODEL_PATH: model,
      ETUDE_MODEL_NAME: "smollm2-135m-instruct",
      // What this machine would add by itself.
      OLLAMA_HOST: "127.0.0.1:1",
      LLAMA_ARG_PORT: "1",
    };
    running.push(await run(etude, ["serve"], env, addr));
    return { url: `http://${addr}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function toml(provider, addr, models) {
  const model = ([name, upstream]) => `[[model]]\nname = "${name}"\nprovider = "${provider}"\nupstream = "${upstream}"\n\n`;
  return `[[provider]]\nname = "${provider}"\nkind = "openai"\nbase_url = "http://${addr}/v1"\n\n${models.map(model).join("")}`;
}

/** Starts a program, waits until it answers, and returns what ends it. */
async function run(program, args, env, addr) {
  const child = spawn(program, args, { env: { ...cleanEnv(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const collect = (data) => (output = (output + data).slice(-20_000));
  child.on("error", collect);
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const isOver = () => !child.pid || child.exitCode !== null || child.signalCode !== null;
  const end = async () => {
    if (isOver()) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const impatient = setTimeout(() => child.kill("SIGKILL"), DRAIN_MS_MAX);
    await ended;
    clearTimeout(impatient);
  };
  for (const deadline = Date.now() + START_MS_MAX; Date.now() < deadline && !isOver(); await sleep(50)) {
    const answer = await fetch(`http://${addr}/healthz`).catch(() => undefined);
    if (answer?.ok) return end;
  }
  await end();
  throw new Error(`${program} ${args.join(" ")} did not answer\n${output}`);
}

/** The environment without a server's settings and without keys of providers. */
function cleanEnv() {
  const foreign = (name) => name.startsWith("ETUDE_") || name.endsWith("_API_KEY");
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign(name)));
}

async function freeAddr() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return `127.0.0.1:${port}`;
}
