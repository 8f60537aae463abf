// What every browser test starts from: a server of its own, and a page that must not complain.
//
//   import { test, expect } from "./fixtures";
//
//   test("streams", async ({ page }) => { await page.goto("/"); … });        // baseURL is the server's
//   test("survives", async ({ page, etude }) => { await etude.kill(); await etude.restart(); … });
//
//   test.use({ config: `[[provider]]\nname = "lab"\nkind = "openai"\nbase_url = "http://{mock}/v1"\n` });
//   test("fails over", async ({ page, mock }) => { … });                     // {mock} is its address
//
//   test.use({ allowedErrors: [/WebSocket connection .* failed/] });         // where an error is the point

import { type BrowserContext, expect, test as base } from "@playwright/test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Process, freePort, needed } from "./process";

export { expect };

export type Etude = {
  baseURL: string;
  dataDir: string;
  /** Ends the server as `kill -9` does, or with another signal, and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same address and data; one that still runs is stopped first. */
  restart(): Promise<void>;
  /** What the server has written so far. */
  log(): string;
  /** The process of the embedded model. */
  worker(): Promise<number>;
  /** Ends it as the kernel would when memory runs out. */
  killWorker(pid: number): Promise<void>;
  /** Holds the database as a backup does; call what comes back to let go. */
  lockDatabase(): Promise<() => Promise<void>>;
};

export type Mock = {
  /** The scripted upstream, without a path: `http://127.0.0.1:…` */
  baseURL: string;
  kill(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
};

type Options = {
  /** Text of etude.toml; `{mock}` stands for the address of the scripted upstream. */
  config: string;
  /** More environment for the server. */
  env: Record<string, string>;
  /** Console and page errors that the test provokes on purpose. */
  allowedErrors: RegExp[];
};

type Fixtures = { mockAddr: string; mock: Mock; etude: Etude };

export const test = base.extend<Fixtures & Options>({
  config: ["", { option: true }],
  env: [{}, { option: true }],
  allowedErrors: [[], { option: true }],

  mockAddr: async ({}, use) => {
    await use(`127.0.0.1:${await freePort()}`);
  },

  mock: async ({ mockAddr }, use) => {
    const baseURL = `http://${mockAddr}`;
    const mock = new Process(needed("ETUDE_BIN"), ["mock", "--addr", mockAddr], {}, `${baseURL}/healthz`);
    await mock.start();
    await use({ baseURL, kill: (signal) => mock.stop(signal ?? "SIGKILL"), restart: () => mock.restart() });
    await mock.stop("SIGKILL");
  },

  etude: async ({ config, env, mockAddr }, use, testInfo) => {
    const folder = await mkdtemp(join(tmpdir(), "etude-e2e-"));
    const dataDir = join(folder, "data");
    const configFile = join(folder, "etude.toml");
    await writeFile(configFile, config.replaceAll("{mock}", mockAddr));
    const addr = `127.0.0.1:${await freePort()}`;
    const baseURL = `http://${addr}`;
    const server = new Process(
      needed("ETUDE_BIN"),
      ["serve"],
      {
        ETUDE_ADDR: addr,
        ETUDE_DATA_DIR: dataDir,
        ETUDE_CONFIG: configFile,
        ETUDE_SITE_DIR: needed("ETUDE_SITE_DIR"),
        ETUDE_MODEL_PATH: needed("ETUDE_TEST_MODEL"),
        ETUDE_MODEL_NAME: "smollm2-135m-instruct",
        // What this machine would add by itself.
        OPENAI_API_KEY: "",
        ANTHROPIC_API_KEY: "",
        OLLAMA_HOST: "127.0.0.1:1",
        LLAMA_ARG_PORT: "1",
        ...env,
      },
      `${baseURL}/healthz`,
    );
    await server.start();
    await use({
      baseURL,
      dataDir,
      kill: (signal) => server.stop(signal ?? "SIGKILL"),
      restart: () => server.restart(),
      log: () => server.output,
      worker: () => child(server.pid),
      killWorker: async (pid) => void process.kill(pid, "SIGKILL"),
      lockDatabase: () => lock(join(dataDir, "etude.db")),
    });
    await server.stop("SIGTERM");
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach("server log", { body: server.output, contentType: "text/plain" });
    }
    await rm(folder, { recursive: true, force: true });
  },

  baseURL: async ({ etude }, use) => {
    await use(etude.baseURL);
  },

  context: async ({ context, allowedErrors }, use) => {
    const errors = watchErrors(context, allowedErrors);
    await use(context);
    expect(errors, "the page reported errors").toEqual([]);
  },
});

/** The first child of a process: any of its threads may have started it. */
async function child(parent: number): Promise<number> {
  for (const thread of await readdir(`/proc/${parent}/task`)) {
    const children = await readFile(`/proc/${parent}/task/${thread}/children`, "utf8");
    if (children.trim()) return Number(children.trim().split(" ")[0]);
  }
  throw new Error(`process ${parent} has no child`);
}

/**
 * Holds a database so that nobody else can read it. In WAL mode readers lock bytes 120 to 127 of the
 * shared-memory file (https://sqlite.org/walformat.html#wal_locks); this takes them all.
 */
async function lock(file: string): Promise<() => Promise<void>> {
  const script = [
    "import fcntl, sys, time",
    "shm = open(sys.argv[1] + '-shm', 'r+b')",
    "while True:",
    "    try:",
    "        fcntl.lockf(shm, fcntl.LOCK_EX | fcntl.LOCK_NB, 8, 120)",
    "        break",
    "    except OSError:",
    "        time.sleep(0.01)",
    "print('held', flush=True)",
    "sys.stdin.read()",
  ].join("\n");
  const holder = spawn("python3", ["-c", script, file], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(holder, "exit");
  await once(holder.stdout, "data");
  return async () => {
    holder.stdin.end();
    await gone;
  };
}

/** Collects what the pages of a context complain about; for contexts that a test opens itself. */
export function watchErrors(context: BrowserContext, allowed: RegExp[] = []): string[] {
  const errors: string[] = [];
  const add = (text: string) => {
    if (!allowed.some((pattern) => pattern.test(text))) errors.push(text);
  };
  context.on("console", (message) => {
    if (message.type() === "error") add(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => add(String(error.error().stack ?? error.error())));
  return errors;
}
