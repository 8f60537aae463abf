// The playground as a person uses it: what the journeys have in common.

import { type Locator, type Page, expect } from "@playwright/test";

/** Models of the scripted upstream; a name says how it behaves: numbered words, so many a second. */
export const LAB = `
[[provider]]
name = "lab"
kind = "openai"
base_url = "http://{mock}/v1"
${[
  ["steady", "mock-ttft50-rate40-n160"],
  // The same in twice the time: for what must be seen while it goes on.
  ["walking", "mock-ttft50-rate20-n160"],
  ["quick", "mock-ttft20-rate0-n24"],
  ["endless", "mock-ttft20-rate30-n100000"],
  ["patient", "mock-ttft1500-rate50-n40"],
  ["torn", "mock-ttft20-rate200-n90-cut30"],
  ["caller", "mock-ttft20-rate0-tool2"],
  ["echo", "mock-ttft20-rate400-echo"],
  ["long", "mock-ttft20-rate200-n6000"],
]
  .map(([name, upstream]) => `\n[[model]]\nname = "${name}"\nprovider = "lab"\nupstream = "${upstream}"\n`)
  .join("")}`;

/** Opens a page and waits until it is live. */
export async function open(page: Page, path = "/"): Promise<void> {
  await page.goto(path);
  await live(page);
}

export async function live(page: Page): Promise<void> {
  await page.locator("html[data-hydrated]").waitFor();
}

/** Does what loads a page anew, be it at the same address, and waits until the new one is live. */
export async function loads(page: Page, act: () => Promise<void>): Promise<void> {
  const loaded = page.waitForEvent("domcontentloaded");
  await act();
  await loaded;
  await live(page);
}

/** What a page's console says while the server is away: nobody takes its socket, and a file may be cut in the middle. */
export const SERVER_AWAY = [/WebSocket connection .* failed|ERR_(CONNECTION|SOCKET|EMPTY|CONTENT|INCOMPLETE)_|Failed to fetch/];

/** How long nothing has to be fetched until a page is taken to have all that it wants, in milliseconds. */
const QUIET_MS = 1_500;

/** Waits until nothing more is fetched: a page in use brings the parts of other pages with time. */
export async function settled(page: Page): Promise<void> {
  let last = Date.now();
  const note = () => {
    last = Date.now();
  };
  page.on("request", note);
  page.on("requestfinished", note);
  await expect.poll(() => Date.now() - last, { timeout: 20_000 }).toBeGreaterThan(QUIET_MS);
  page.off("request", note);
  page.off("requestfinished", note);
}

export const run = (page: Page) => page.getByRole("button", { name: "Run", exact: true });
export const stop = (page: Page) => page.getByRole("button", { name: "Stop", exact: true });
export const output = (page: Page) => page.getByRole("region", { name: "Output" });
export const message = (page: Page) => page.getByRole("textbox", { name: "Message 1" });
/** The answer's text and nothing else. */
export const answer = (page: Page) => output(page).locator(".output__text");
export const textOf = async (page: Page) => (await answer(page).textContent()) ?? "";

/** What stands in a field, an editor or not. */
export const valueOf = (field: Locator) =>
  field.evaluate((element) => {
    const editor = element.closest("etude-editor");
    return String((editor && "value" in editor ? editor : (element as HTMLTextAreaElement)).value);
  });

/** How many characters stand in an editor, for a text that is too long to be fetched again and again. */
export const lengthOf = (field: Locator) =>
  field.evaluate((element) => {
    const editor = element.closest("etude-editor");
    return editor && "value" in editor ? String(editor.value).length : -1;
  });

/** Waits until a field holds that text, also through a load of its page. */
export const expectText = (field: Locator, text: string) =>
  expect(async () => expect(await valueOf(field)).toBe(text)).toPass({ timeout: 15_000 });

/** A figure by its label: what stands under it. */
export function figure(page: Page, label: string): Locator {
  const figures = page.getByRole("list", { name: "Run figures" });
  return figures.getByRole("listitem").filter({ hasText: new RegExp(`^${label}`) }).locator(".metric__value");
}

export async function choose(page: Page, model: string, maxTokens?: number): Promise<void> {
  await page.getByRole("combobox", { name: "Model" }).selectOption(model);
  if (maxTokens) await page.getByRole("spinbutton", { name: "Max tokens" }).fill(String(maxTokens));
}

/** Waits until the answer is at least so long. */
export async function grown(page: Page, length: number): Promise<void> {
  await expect.poll(async () => (await textOf(page)).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(length);
}

/** The end of a run of the embedded model, which may come to its stop or to its limit. */
export const ANY_END = /^\s*(stop|length)\s*$/;

/** Waits for a run's end: what the figure "Finish" then says, whole ("stopped" is not "stop"). */
export async function finished(page: Page, reason: string | RegExp = "stop"): Promise<void> {
  await expect(figure(page, "Finish")).toHaveText(reason, { timeout: 30_000 });
  await expect(run(page)).toBeVisible({ timeout: 30_000 });
}

/** The run whose output is shown. */
export async function runId(page: Page): Promise<string> {
  const link = await output(page).getByRole("link", { name: "Link to this run" }).getAttribute("href");
  return link?.split("/").pop() ?? "";
}

/** What the server keeps of a run. */
export async function kept(page: Page, id: string) {
  const answer = await page.request.get(`/v1/runs/${id}`);
  expect(answer.ok(), `GET /v1/runs/${id} says ${answer.status()}`).toBe(true);
  return answer.json();
}

/** The numbered words of the scripted upstream, in order and without a gap: nothing lost, nothing twice. */
export function expectWhole(text: string): void {
  const words = text.split(" ");
  expect(words).toEqual(words.map((_, place) => `w${place}`));
}
