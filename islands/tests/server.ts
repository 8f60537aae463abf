/** A server that does what the real one does: one page at a time, under the real policy. */
import { createServer, type Server } from "node:http";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const STYLE = process.env.ETUDE_STYLE ?? join(root, "../style");
const FONTS = process.env.ETUDE_FONTS ?? join(root, "../public/fonts");
const FOLDERS: Record<string, string> = { pkg: join(root, "dist"), style: STYLE, islands: root, fonts: FONTS };
const TYPES: Record<string, string> = { ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2" };

export interface Page {
  body: string;
  theme?: "light" | "dark";
  /** Leaves the scripts out, for the page to add them later. */
  bare?: boolean;
}

export class TestServer {
  #page: Page = { body: "" };
  #server: Server;
  origin = "";

  constructor() {
    this.#server = createServer(async (request, response) => {
      const path = normalize((request.url ?? "/").split("?")[0] ?? "/");
      const [, folder = "", file = ""] = path.split("/", 2).concat(path.split("/").slice(2).join("/"));
      if (path === "/") {
        const nonce = randomBytes(12).toString("base64");
        response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy(nonce) });
        response.end(html(this.#page, nonce));
        return;
      }
      try {
        const bytes = path === "/favicon.ico" ? Buffer.alloc(0) : await readFile(join(FOLDERS[folder] ?? "/nowhere", file));
        response.writeHead(200, {
          "content-type": TYPES[extname(path)] ?? "application/octet-stream",
          // A worker does not inherit the policy of the page: it brings its own, and needs nothing but its chunks.
          ...(file === "worker.js" && { "content-security-policy": "default-src 'none'; script-src 'self'" }),
        });
        response.end(bytes);
      } catch {
        response.writeHead(404).end();
      }
    });
  }

  start(): Promise<void> {
    return new Promise((resolve) =>
      this.#server.listen(0, "127.0.0.1", () => {
        this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
        resolve();
      }),
    );
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  show(page: Page): void {
    this.#page = page;
  }
}

function policy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'nonce-${nonce}' 'strict-dynamic' 'wasm-unsafe-eval'`,
    "worker-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function html({ body, theme = "light", bare = false }: Page, nonce: string): string {
  const scripts = ["editor", "code", "math"].map((name) => `import "/pkg/${name}.js";`).join("\n");
  return `<!DOCTYPE html><html lang="en" data-theme="${theme}"><head><meta charset="utf-8"><title>Islands</title>
<style nonce="${nonce}">
@layer reset, tokens, base, layout, components, pages, utilities;
@import "/style/main.css";
</style>
<script nonce="${nonce}">
  window.seen = [];
  for (const type of ["edit", "edit-idle", "variables", "files", "problems"])
    addEventListener(type, ({ detail, target }) => seen.push({ type, detail: type === "files" ? [...detail].map(({ name, size }) => ({ name, size })) : detail }));
  window.loadIslands = () => {
    const script = document.createElement("script");
    script.type = "module";
    script.textContent = ${JSON.stringify(scripts)};
    script.nonce = document.querySelector("script[nonce]").nonce;
    document.head.append(script);
    return customElements.whenDefined("etude-editor");
  };
</script>
${bare ? "" : `<script type="module" nonce="${nonce}">${scripts}</script>`}
</head><body><main><h1>Islands</h1>${body}</main></body></html>`;
}
