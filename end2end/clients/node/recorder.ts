// A server that hands everything on to another one, keeps what came by the key that it came with, and tells it.

import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { text } from "node:stream/consumers";

/** One request, and the run that the answer named. */
export type Recorded = { path: string; body: string; run: string | null };

const HANDED_ON = ["authorization", "x-api-key", "anthropic-version", "content-type"];
const HANDED_BACK = ["content-type", "x-etude-run"];
const TOLD = "/recorded/";

/** Stands in front of a server for as long as this process lives, and gives its own address. */
export async function record(target: string): Promise<string> {
  const seen = new Map<string, Recorded[]>();

  async function handOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    if (path.startsWith(TOLD)) {
      response.end(JSON.stringify(seen.get(path.slice(TOLD.length)) ?? []));
      return;
    }
    const body = await text(request);
    const named = (names: string[], value: (name: string) => string | null | undefined): Record<string, string> =>
      Object.fromEntries(names.flatMap((name) => [[name, value(name) ?? ""]]).filter(([, value]) => value));
    const headers = named(HANDED_ON, (name) => request.headers[name]?.toString());
    const method = request.method ?? "GET";
    const answer = await fetch(target + path, method === "GET" ? { headers } : { method, headers, body });
    const key = headers["x-api-key"] ?? headers["authorization"]?.replace(/^Bearer /, "") ?? "";
    seen.set(key, [...(seen.get(key) ?? []), { path, body, run: answer.headers.get("x-etude-run") }]);
    response.writeHead(answer.status, named(HANDED_BACK, (name) => answer.headers.get(name)));
    for await (const piece of answer.body ?? []) response.write(piece);
    response.end();
  }

  const server = createServer((request, response) => {
    handOn(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
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
