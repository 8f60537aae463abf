// A6: each program in TypeScript that the page shows is compiled and run as it is, and sends what Run sends. The other
// languages are run in `end2end/clients/python`. What is asked for lies in `end2end/clients/programs`: runs, with
// `MODEL` for the model. A key of its own tells what a program has sent.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { sent, words } from "./clients.js";
import { record, recorded } from "./recorder.js";
import { UPSTREAMS, type Upstream, ownModel, recordedModel } from "./scripts.js";

const run = promisify(execFile);

const url = needed("ETUDE_URL");
const upstream = needed("ETUDE_RECORDER_URL");
/** The environment without what would tell the programs, too, where to go. */
const foreign = /^(OPENAI_|ANTHROPIC_|ETUDE_URL$)/;
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
/** Here nobody listens. */
const NOWHERE = "http://127.0.0.1:9";

const build = dirname(fileURLToPath(import.meta.url));
const root = dirname(build);
/** Inside this package, so that the programs find the SDKs. */
const folder = join(build, "programs");
const STRICT = ["--ignoreConfig", "--strict", "--noUncheckedIndexedAccess", "--skipLibCheck"];
const TARGET = ["--target", "es2022", "--module", "nodenext", "--types", "node", "--rootDir", folder];

/**
 * Runs one program after the other in one process: to load an SDK takes longer than all the rest. What goes to a
 * vendor's own address comes to the recorder, which is told that address: not every Node.js can be told of a proxy.
 */
const PLAY = `
  const { fetch } = globalThis;
  globalThis.fetch = (url, init) => {
    const { protocol, host, pathname } = new URL(url);
    if (protocol === "http:") return fetch(url, init);
    const headers = new Headers(init.headers);
    headers.set("x-forwarded-host", host);
    return fetch(process.env.ETUDE_RECORDER_URL + pathname, { ...init, headers });
  };
  for (const { file, settings } of JSON.parse(process.env.PROGRAMS)) {
    Object.assign(process.env, settings);
    await import(file).catch((error) => console.log(error));
    for (const name in settings) delete process.env[name];
    process.stdout.write("\\0");
  }
`;

const WIRES = { openai: "/v1/chat/completions", anthropic: "/v1/messages" };
const SDKS = { openai: "openai", anthropic: "@anthropic-ai/sdk" };

/** Where a program goes: to Etude, to a server that speaks a vendor's wire, to the vendor's own address. */
type Place = "etude" | "a server" | "its own address";

/** What is asked for, over which wire, from whom. */
type Case = { name: string; request: string; wire: Upstream; provider: Upstream; to: Place; stream: boolean };

/** What the page shows, what it needs of the environment, and what it has said. */
type Program = { text: string; file: string; settings: Record<string, string>; key: string; said: string };

const sources = join(dirname(root), "programs");
const cases: Case[] = [];
for (const file of (await readdir(sources)).sort()) {
  const source = await readFile(join(sources, file), "utf8");
  const program = file.replace(/\.json$/, "");
  const only = program.split("-")[1];
  for (const wire of UPSTREAMS) {
    for (const provider of UPSTREAMS) {
      // What only one vendor knows goes to that vendor, over its own wire.
      if (only && (wire !== only || provider !== only)) continue;
      const script = source.includes('"tools"') ? "tool1" : "n4";
      const places: Place[] = wire === provider ? ["etude", "a server", "its own address"] : ["etude"];
      for (const to of places) {
        const model = to === "its own address" ? ownModel : recordedModel;
        const request = source.replace("MODEL", model(provider, script));
        for (const stream of [false, true]) {
          const where = to === "etude" ? `etude for ${provider}` : to;
          const name = `${program} by ${wire} to ${where}, ${stream ? "streamed" : "whole"}`;
          cases.push({ name, request, wire, provider, to, stream });
        }
      }
    }
  }
}

const front = await record(url);

async function post(path: string, body: string): Promise<Response> {
  const answer = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** Asks for a program as the page does. */
async function write({ request, wire, to, stream }: Case, place: number): Promise<Program> {
  // Streamed, it is told where Etude is; else it goes where the page was.
  const direct = to !== "etude";
  const choice = { language: "typescript", vendor: wire, direct, stream, base: stream ? NOWHERE : front };
  const answer = await post("/api/code", `{"run":${request},${JSON.stringify(choice).slice(1)}`);
  const { text, key_env } = (await answer.json()) as { text: string; key_env: string };
  const key = `sk-${randomUUID()}`;
  const settings = { [key_env]: key, ...(stream && !direct ? { ETUDE_URL: front } : {}) };
  return { text, file: join(folder, `${place}.ts`), settings, key, said: "" };
}

/** A body with its fields in order, and without what says whether it is streamed. */
function meaning(body: string, model?: string): string {
  const spell = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(spell).join(",\n")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const fields = Object.entries(value).map(([name, value]) => `${JSON.stringify(name)}: ${spell(value)}`);
    return `{${fields.sort().join(",\n")}}`;
  };
  const { stream: _, stream_options: __, ...fields } = JSON.parse(body);
  return spell(model ? { ...fields, model } : fields);
}

const runs = new Map<string, string>();
/** What Run sends for the same. */
async function sentByRun(request: string): Promise<string> {
  const known = runs.get(request);
  if (known) return known;
  const answer = await post("/v1/runs", request);
  await answer.text();
  const { body } = await sent(answer.headers.get("x-etude-run"));
  runs.set(request, body);
  return body;
}

async function check({ request, wire, provider, to, stream }: Case, { key }: Program): Promise<void> {
  const want = await sentByRun(request);
  const direct = to !== "etude";
  const came = await recorded(direct ? upstream : front, key);
  assert.equal(came.path, WIRES[wire]);
  if (to === "its own address") assert.equal(came.host, `api.${wire}.com`);
  const body = JSON.parse(came.body);
  assert.equal(body.stream ?? false, stream);
  if (!direct) assert.equal(meaning((await sent(came.run)).body), meaning(want));
  const model = direct ? undefined : JSON.parse(request).model;
  if (wire === provider) assert.equal(meaning(came.body), meaning(want, model));
}

describe("A6 programs in TypeScript", () => {
  const programs: Program[] = [];
  let complaints = "";

  before(async () => {
    programs.push(...(await Promise.all(cases.map(write))));
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await Promise.all(programs.map(({ file, text }) => writeFile(file, text)));
    const files = programs.map(({ file }) => file);
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const compiled = run(process.execPath, [tsc, ...STRICT, ...TARGET, ...files], { cwd: root });
    complaints = await compiled.then(() => "", ({ stdout, stderr }) => `${stdout}${stderr}`);
    const played = programs.map(({ file, settings }) => ({ file: file.replace(/ts$/, "js"), settings }));
    const env = { ...environment, PROGRAMS: JSON.stringify(played) };
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", PLAY], { env });
    for (const [place, said] of stdout.split("\0").entries()) {
      const program = programs[place];
      if (program) program.said = said;
    }
  });

  test("the compiler has no complaint", () => assert.equal(complaints, ""));

  for (const [place, asked] of cases.entries()) {
    test(asked.name, async () => {
      const program = programs[place];
      assert.ok(program);
      if (!asked.request.includes('"tools"')) assert.equal(program.said, `${words(4)}\n`);
      else assert.match(program.said, /(^|\n)clock \{"n":0\}\n$/);
      await check(asked, program);
    });
  }

  test("one by itself", async () => {
    const place = cases.length;
    const asked = cases.find(({ name }) => name.startsWith("odd"));
    assert.ok(asked);
    const program = await write(asked, place);
    await writeFile(program.file.replace(/ts$/, "mjs"), program.text);
    const env = { ...environment, ...program.settings };
    await run(process.execPath, [program.file.replace(/ts$/, "mjs")], { env });
    await check(asked, program);
  });

  for (const vendor of UPSTREAMS) {
    test(`the SDK of ${vendor} that is asked for is the one it runs with`, async () => {
      const { version } = JSON.parse(await readFile(join(root, "node_modules", SDKS[vendor], "package.json"), "utf8"));
      const text = programs[cases.findIndex(({ wire }) => wire === vendor)]?.text ?? "";
      assert.equal(/^\/\/ npm install (.*)$/m.exec(text)?.[1], `${SDKS[vendor]}@${version.split(".")[0]}`);
    });
  }
});

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests by \`npm test\``);
  return value;
}
