// A program of ours that a test starts, ends and starts again.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** How long a start may take; the first one reads the model from disk. */
const START_MS_MAX = 30_000;
/** How long a server may drain after SIGTERM before it is killed. */
const DRAIN_MS_MAX = 3_000;

export class Process {
  output = "";
  private child?: ChildProcess;

  constructor(
    private readonly program: string,
    private readonly args: string[],
    private readonly env: Record<string, string>,
    private readonly healthURL: string,
  ) {}

  /** The process, while there is one. */
  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Starts the program and waits until it answers. */
  async start(): Promise<void> {
    const child = spawn(this.program, this.args, { env: { ...cleanEnv(), ...this.env }, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    let startError = "";
    child.on("error", (error) => (startError = String(error)));
    const collect = (data: Buffer) => (this.output += data.toString());
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);

    const deadline = Date.now() + START_MS_MAX;
    while (Date.now() < deadline && !startError && child.exitCode === null && child.signalCode === null) {
      const answer = await fetch(this.healthURL).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.stop("SIGKILL");
    throw new Error(`${this.program} ${this.args.join(" ")} did not answer at ${this.healthURL} ${startError}\n${this.output}`);
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const impatient = setTimeout(() => child.kill("SIGKILL"), DRAIN_MS_MAX);
    await ended;
    clearTimeout(impatient);
  }

  async restart(): Promise<void> {
    await this.stop("SIGTERM");
    await this.start();
  }
}

/** The environment without what would change a server: its own settings, keys of providers. */
function cleanEnv(): Record<string, string> {
  const foreign = (name: string) => name.startsWith("ETUDE_") || name.endsWith("_API_KEY");
  const entries = Object.entries(process.env).filter(([name, value]) => value !== undefined && !foreign(name));
  return Object.fromEntries(entries) as Record<string, string>;
}

/** A variable that `cargo xtask e2e` sets. */
export function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests by \`cargo xtask e2e\``);
  return value;
}

/** Ports that were given out: what has one may not listen there yet, and the kernel may give the same again. */
const given = new Set<number>();

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (!address || typeof address === "string") throw new Error("no free port");
  if (given.has(address.port)) return freePort();
  given.add(address.port);
  return address.port;
}
