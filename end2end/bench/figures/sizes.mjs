// What comes over the wire until the page is live.

import { open, withPage } from "../browser.mjs";
import { figure, round, say, sleep } from "../numbers.mjs";

/** Parts that the page needs by itself; the editor, the colours of code and the formulas are no part of it. */
const isIsland = (url) => url.includes("/islands/");
const KINDS = { "application/wasm": "WASM", "text/javascript": "JS", "application/javascript": "JS", "text/css": "CSS" };

/** In the page: notes when it has come to life, before its own script learns of it. */
function noteLife() {
  new MutationObserver((_, observer) => {
    if (!document.documentElement?.hasAttribute("data-hydrated")) return;
    observer.disconnect();
    window.aliveAt = performance.now();
  }).observe(document, { attributes: true, subtree: true });
}

/** In the page: the addresses that were asked for from then on. */
function askedForAlive() {
  const entries = performance.getEntriesByType("resource");
  return entries.filter(({ startTime }) => startTime >= window.aliveAt).map(({ name }) => name);
}

export async function sizes(bench) {
  return withPage(bench, async (page, cdp) => {
    const parts = new Map();
    cdp.on("Network.responseReceived", ({ requestId, response }) => parts.set(requestId, { url: response.url, type: response.mimeType, bytes: 0 }));
    cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (parts.has(requestId)) parts.get(requestId).bytes = encodedDataLength;
    });
    await cdp.send("Network.enable");
    await page.addInitScript(noteLife);
    await open(page);
    await sleep(1_000);
    // What was asked for once the page was alive, nobody has waited for; nor for what still comes.
    const afterwards = new Set(await page.evaluate(askedForAlive));
    const fetched = [...parts.values()].filter(({ url, bytes }) => url.startsWith(bench.url) && bytes > 0);
    const later = fetched.filter(({ url }) => afterwards.has(url));
    const all = fetched.filter(({ url }) => !afterwards.has(url));
    for (const { url, type, bytes } of all) say(`  sizes: ${bytes} B ${type} ${new URL(url).pathname}`);
    const kb = (list) => round(list.reduce((sum, { bytes }) => sum + bytes, 0) / 1_000);
    const own = all.filter(({ url }) => !isIsland(url));
    const code = own.filter(({ type }) => KINDS[type]);
    const of = (kind) => code.filter(({ type }) => KINDS[type] === kind);
    for (const kind of ["WASM", "JS", "CSS"]) if (kb(of(kind)) === 0) throw new Error(`no ${kind} was transferred`);
    const others = own.filter(({ type }) => !KINDS[type]);
    const note = `encoded bytes with headers, by Network.loadingFinished; WASM ${kb(of("WASM"))}, JS ${kb(of("JS"))}, CSS ${kb(of("CSS"))} KB; beside them: ${others.map((part) => `${new URL(part.url).pathname} ${kb([part])}`).join(", ")} KB; fetched once the page is alive: ${kb(later.filter(({ url }) => !isIsland(url)))} KB; the editor and its like: ${kb([...all, ...later].filter(({ url }) => isIsland(url)))} KB. What it is made of, and what was tried: docs/decisions/0019, 0020, 0029 and 0031`;
    const one = (kind) => figure(`transferred: ${kind}`, "KB", "", [kb(of(kind))], of(kind).map((part) => `${new URL(part.url).pathname} ${part.bytes} B`).join(", "));
    return [figure("transferred before the editor: WASM, JS and CSS", "KB", "<= 300", [kb(code)], note), ...["WASM", "JS", "CSS"].map(one)];
  });
}
