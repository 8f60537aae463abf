
// What the playground's start does not call (xtask/src/site/later.rs). It is fetched as soon as the page is alive, sooner
// where a draft is to be restored, and with the first part; whoever needs it before then waits for it.
const later = new URL("./later.wasm", import.meta.url);
let laterIsThere = false;
let laterComes;
function linkLater(module) {
    if (laterIsThere) return;
    new WebAssembly.Instance(module, { first: initSync() });
    laterIsThere = true;
}
export function ensureLater() {
    if (laterIsThere) return;
    const request = new XMLHttpRequest();
    request.open("GET", later, false);
    // A request that is waited for gives text only: here one character for each byte.
    request.overrideMimeType("text/plain; charset=x-user-defined");
    request.send();
    if (request.status !== 200) throw new Error(`The rest of the page's program did not come (${request.status}).`);
    linkLater(new WebAssembly.Module(Uint8Array.from(request.responseText, (byte) => byte.charCodeAt(0) & 0xff)));
    console.debug(new Error("The rest of the page's program was waited for.").stack);
}
// A part waits for it and does not come without it: what it reads may be in there.
function fetchLater() {
    if (laterIsThere) return undefined;
    laterComes ??= WebAssembly.compileStreaming(fetch(later)).then(linkLater).catch((error) => {
        laterComes = undefined;
        throw error;
    });
    return laterComes;
}
// Where it does not come, the first call asks again.
const fetchAhead = () => fetchLater()?.catch(() => {});
if ("restoring" in document.documentElement.dataset) fetchAhead();
new MutationObserver((_, observer) => {
    if (!("hydrated" in document.documentElement.dataset)) return;
    observer.disconnect();
    fetchAhead();
}).observe(document.documentElement, { attributes: true });
