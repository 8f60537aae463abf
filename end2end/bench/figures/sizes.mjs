// What comes over the wire until the page is live.

import { open, withPage } from "../browser.mjs";
import { figure, round, say, sleep } from "../numbers.mjs";

/** Parts that the page needs by itself; the editor, the colours of code and the formulas are no part of it. */
const isIsland = (url) => url.includes("/islands/");
const KINDS = { "application/wasm": "WASM", "text/javascript": "JS", "application/javascript": "JS", "text/css": "CSS" };

export async function sizes(bench) {
  return withPage(bench, async (page, cdp) => {
    const parts = new Map();
    cdp.on("Network.responseReceived", ({ requestId, response }) => parts.set(requestId, { url: response.url, type: response.mimeType, bytes: 0 }));
    cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (parts.has(requestId)) parts.get(requestId).bytes = encodedDataLength;
    });
    await cdp.send("Network.enable");
    await open(page);
    // What comes later, nobody has waited for.
    const alive = new Set(parts.keys());
    await sleep(1_000);
    const later = [...parts].filter(([id]) => !alive.has(id)).map(([, part]) => part);
    for (const id of [...parts.keys()]) if (!alive.has(id)) parts.delete(id);
    const all = [...parts.values()].filter(({ url }) => url.startsWith(bench.url));
    for (const { url, type, bytes } of all) say(`  sizes: ${bytes} B ${type} ${new URL(url).pathname}`);
    const kb = (list) => round(list.reduce((sum, { bytes }) => sum + bytes, 0) / 1_000);
    const own = all.filter(({ url }) => !isIsland(url));
    const code = own.filter(({ type }) => KINDS[type]);
    const of = (kind) => code.filter(({ type }) => KINDS[type] === kind);
    for (const kind of ["WASM", "JS", "CSS"]) if (kb(of(kind)) === 0) throw new Error(`no ${kind} was transferred`);
    const others = own.filter(({ type }) => !KINDS[type]);
    const note = `encoded bytes with headers, by Network.loadingFinished; WASM ${kb(of("WASM"))}, JS ${kb(of("JS"))}, CSS ${kb(of("CSS"))} KB; beside them: ${others.map((part) => `${new URL(part.url).pathname} ${kb([part])}`).join(", ")} KB; fetched once the page is alive: ${kb(later.filter(({ url }) => !isIsland(url)))} KB; the editor and its like: ${kb([...all, ...later].filter(({ url }) => isIsland(url)))} KB. What it is made of, and what was tried: docs/decisions/0019, 0020 and 0029`;
    const one = (kind) => figure(`transferred: ${kind}`, "KB", "", [kb(of(kind))], of(kind).map((part) => `${new URL(part.url).pathname} ${part.bytes} B`).join(", "));
    return [figure("transferred before the editor: WASM, JS and CSS", "KB", "<= 300", [kb(code)], note), ...["WASM", "JS", "CSS"].map(one)];
  });
}
