// A server, its embedded model and two scripted upstreams, in a folder of their own that goes with them.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { insteadOfVendors, record } from "./recorder.js";
import { EMBEDDED, config } from "./scripts.js";

/** How long a start may take, in milliseconds; the embedded model is read from disk. */
const START_MS_MAX = 30_000;
/** How long a program may take to end by itself, in milliseconds. */
const END_MS_MAX = 5_000;

export class Stage {
  private readonly children: Program[] = [];

  private constructor(private readonly folder: string) {
    process.once("exit", () => {
      for (const child of this.children) child.kill();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** Starts all of it; what was started is ended again if any of it fails. */
  static async start(): Promise<Stage & { url: string; counter: string; recorder: string }> {
    const program = needed("ETUDE_BIN");
    const gguf = needed("ETUDE_MODEL_PATH");
    const stage = new Stage(await mkdtemp(join(tmpdir(), "etude-clients-")));
    try {
      const mock = () => stage.run(program, ["mock", "--addr", "127.0.0.1:0", "--ttft-ms", "5", "--rate", "0"], {});
      const [played, counter] = await Promise.all([mock(), mock()]);
      const recorder = await record(played);
      const url = await stage.serve(program, gguf, config(played, counter, recorder), insteadOfVendors(recorder));
      return Object.assign(stage, { url, counter, recorder });
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  /** What the programs have complained about. */
  complaints(): string {
    return this.children.map((child) => child.complaints).join("");
  }

  /** Ends the programs and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all(this.children.map((child) => child.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }

  private async run(program: string, args: string[], env: Record<string, string>): Promise<string> {
    const child = new Program(program, args, env);
    this.children.push(child);
    return child.url();
  }

  private async serve(program: string, gguf: string, toml: string, more: Record<string, string>): Promise<string> {
    const at = (name: string) => join(this.folder, name);
    await writeFile(at("etude.toml"), toml);
    // Stands in for the page, which no client asks for.
    await mkdir(at("site/pkg"), { recursive: true });
    await writeFile(at("site/pkg/build.txt"), "clients");
    const url = await this.run(program, ["serve"], {
      ETUDE_ADDR: "127.0.0.1:0",
      ETUDE_CONFIG: at("etude.toml"),
      ETUDE_DATA_DIR: at("data"),
      ETUDE_SITE_DIR: at("site"),
      ETUDE_MODEL_PATH: gguf,
      ETUDE_MODEL_NAME: EMBEDDED,
      ETUDE_LOG: "warn",
      // Servers that this machine may have, and that would add their models.
      OLLAMA_HOST: "127.0.0.1:1",
      LLAMA_ARG_PORT: "1",
      ...more,
    });
    const ready = await fetch(`${url}/readyz`);
    if (!ready.ok) throw new Error(`the server is not ready: ${ready.status} ${await ready.text()}`);
    return url;
  }
}

/** A program that says its address on its first line. */
class Program {
  complaints = "";
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(program: string, args: string[], env: Record<string, string>) {
    this.child = spawn(program, args, { env: { ...cleanEnv(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.ended = once(this.child, "exit").catch((error: unknown) => (this.complaints += String(error)));
    this.child.stderr?.on("data", (data: Buffer) => (this.complaints += data.toString()));
  }

  async url(): Promise<string> {
    const { stdout } = this.child;
    if (!stdout) throw new Error("the program's output is a pipe");
    const line = once(createInterface(stdout), "line", { signal: AbortSignal.timeout(START_MS_MAX) });
    const first = await Promise.race([line, this.ended]);
    // What is written later must not fill the pipe.
    stdout.resume();
    const url = Array.isArray(first) ? String(first[0]).trim() : "";
    if (!url.startsWith("http://")) throw new Error(`the program did not start\n${this.complaints}`);
    return url;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGTERM");
    const impatient = setTimeout(() => this.child.kill("SIGKILL"), END_MS_MAX);
    await this.ended;
    clearTimeout(impatient);
  }
}

/** The environment without what would change a server: its own settings, keys and addresses of providers, proxies. */
function cleanEnv(): Record<string, string> {
  const foreign = /^ETUDE_|_API_KEY$|^(OPENAI|ANTHROPIC)_|_PROXY$/i;
  const entries = Object.entries(process.env).filter(([name, value]) => value !== undefined && !foreign.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
