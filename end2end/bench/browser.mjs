// Chromium, and the playground as the figures need it.

import { chromium } from "@playwright/test";

/** The flags of playwright.config.ts. */
const ARGS = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium", args: ARGS });

/** Does something with a page of its own and an empty cache. */
export async function withPage({ browser, url }, act) {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(60_000);
  try {
    const page = await context.newPage();
    return await act(page, await context.newCDPSession(page));
  } finally {
    await context.close();
  }
}

/** Opens the playground and waits until it is live and its fields are editors. */
export async function open(page) {
  await page.goto("/");
  await page.locator("html[data-hydrated]").waitFor();
  await page.locator(".cm-content").first().waitFor();
}

export const message = (page) => page.getByRole("textbox", { name: "Message 1" });
export const valueOf = (field) => field.evaluate((element) => String((element.closest("etude-editor") ?? element).value));

/** Chooses a model, and as many tokens as it may say. */
export async function choose(page, model, tokens) {
  await page.getByRole("combobox", { name: "Model" }).selectOption(model);
  await page.getByRole("spinbutton", { name: "Max tokens" }).fill(String(tokens));
}

/** Pastes a text over what stands in Message 1; the text is `piece`, repeated. Returns after how many ms it was painted. */
export const paste = (page, piece, times) =>
  message(page).evaluate(
    async (field, [piece, times]) => {
      const editor = field.closest("etude-editor");
      editor.focus();
      editor.selectionRange = [0, editor.length];
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", piece.repeat(times));
      const began = performance.now();
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - began;
    },
    [piece, times],
  );

/** Waits until nothing has taken longer than a frame for a while. */
export const settle = (page, quietMs = 1_500) =>
  page.evaluate(
    (quietMs) =>
      new Promise((done) => {
        let busy = performance.now();
        let last = busy;
        const timer = setInterval(() => {
          const now = performance.now();
          if (now - last > 60) busy = now;
          last = now;
          if (now - busy < quietMs) return;
          clearInterval(timer);
          done();
        }, 20);
      }),
    quietMs,
  );

/** Counts the answer's bytes as they come; for `page.addInitScript`. */
export function countReceived() {
  window.received = { deltas: 0, bytes: 0, ended: 0 };
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.event === "delta") {
          window.received.deltas += 1;
          window.received.bytes += (typeof frame.data === "string" ? JSON.parse(frame.data) : frame.data).text?.length ?? 0;
        }
        if (frame.type === "end" || frame.event === "run.finished") window.received.ended ||= performance.now();
      });
    }
  };
}

/** Keeps the length of each frame and of each long task; for `page.evaluate`. Slow frames say what was in them. */
export function watchFrames() {
  const seen = (window.seen = { frames: [], tasks: [], slow: [] });
  let last = 0;
  const tick = (now) => {
    if (last) seen.frames.push(now - last);
    last = now;
    seen.loop = requestAnimationFrame(tick);
  };
  seen.loop = requestAnimationFrame(tick);
  const observe = (type, take) => {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return;
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type });
  };
  observe("longtask", ({ startTime, duration }) => seen.tasks.push([startTime, duration]));
  observe("long-animation-frame", (frame) => {
    const scripts = frame.scripts.map((script) => {
      const where = `${script.sourceURL.split("/").pop()}:${script.sourceFunctionName}`;
      return `${script.invoker} ${where} ${Math.round(script.duration)} ms, layout in it ${Math.round(script.forcedStyleAndLayoutDuration)} ms`;
    });
    const layout = frame.styleAndLayoutStart ? Math.round(frame.startTime + frame.duration - frame.styleAndLayoutStart) : 0;
    seen.slow.push({ at: Math.round(frame.startTime), ms: Math.round(frame.duration), layoutAndAfter: layout, scripts });
  });
}

