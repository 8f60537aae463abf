// A server that hands everything on to another one, keeps what came by the key that it came with, and tells it.
// Told to take it for a proxy, a program that goes to a vendor's own address comes here as well.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** One request, and the run that the answer named. */
export type Recorded = { host: string; path: string; body: string; run: string | null };

const HANDED_ON = ["authorization", "x-api-key", "anthropic-version", "content-type"];
const HANDED_BACK = ["content-type", "x-etude-run"];
const TOLD = "/recorded/";
/** A certificate for the vendors' names, with its key. */
const VENDORS_PEM = fileURLToPath(new URL("../../vendors.pem", import.meta.url));

/** What makes a program come to a recorder in place of the vendors' own addresses, and believe that it is there. */
export const insteadOfVendors = (recorder: string) => ({ HTTPS_PROXY: recorder, SSL_CERT_FILE: VENDORS_PEM });

/** Stands in front of a server for as long as this process lives, and gives its own address. */
export async function record(target: string): Promise<string> {
  const seen = new Map<string, Recorded[]>();

  async function handOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    if (path.startsWith(TOLD)) {
      response.end(JSON.stringify(seen.get(path.slice(TOLD.length)) ?? []));
      return;
    }
    const host = (request.headers["x-forwarded-host"] ?? request.headers.host ?? "").toString();
    const body = await text(request);
    const named = (names: string[], value: (name: string) => string | null | undefined): Record<string, string> =>
      Object.fromEntries(names.flatMap((name) => [[name, value(name) ?? ""]]).filter(([, value]) => value));
    const headers = named(HANDED_ON, (name) => request.headers[name]?.toString());
    const method = request.method ?? "GET";
    const answer = await fetch(target + path, method === "GET" ? { headers } : { method, headers, body });
    const key = headers["x-api-key"] ?? headers["authorization"]?.replace(/^Bearer /, "") ?? "";
    seen.set(key, [...(seen.get(key) ?? []), { host, path, body, run: answer.headers.get("x-etude-run") }]);
    response.writeHead(answer.status, named(HANDED_BACK, (name) => answer.headers.get(name)));
    for await (const piece of answer.body ?? []) response.write(piece);
    response.end();
  }

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    handOn(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
  const pem = await readFile(VENDORS_PEM);
  const vendors = createTlsServer({ key: pem, cert: pem }, answer);
  const server = createServer(answer);
  // What a program says to a vendor is heard here, and handed on as the rest.
  server.on("connect", (_, socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    vendors.emit("connection", socket);
  });
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("it listens on a port");
  return `http://127.0.0.1:${address.port}`;
}

/** The one request that a recorder has seen with a key. */
export async function recorded(recorder: string, key: string): Promise<Recorded> {
  const requests = (await (await fetch(recorder + TOLD + key)).json()) as Recorded[];
  const [request] = requests;
  if (!request || requests.length > 1) throw new Error(`${requests.length} requests came, not one`);
  return request;
}
