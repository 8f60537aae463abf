// Comparisons as the journeys about them begin: made by the page's own endpoint, then opened.

import { type Locator, type Page, expect } from "@playwright/test";
import { LAB, open } from "./playground";

/** The lab, a model that says the same words in another pace, one that is refused, and one that costs something. */
export const MODELS = `${LAB}
${[
  ["slow", "mock-ttft50-rate20-n80"],
  ["refused", "mock-status429"],
  // Goes on until it is stopped, and leaves a slow machine time for eight of them; `bench page` has them faster.
  ["lasting", "mock-ttft20-rate30-n2000"],
]
  .map(([name, upstream]) => `\n[[model]]\nname = "${name}"\nprovider = "lab"\nupstream = "${upstream}"\n`)
  .join("")}
[[model]]
name = "dear"
provider = "lab"
upstream = "mock-ttft20-rate0-n24"
price = { input = 3.0, output = 20000.0 }
`;

export type Asked = {
  model: string;
  /** The last message; the model "echo" answers with it. */
  text?: string;
  params?: Record<string, unknown>;
};

export type Made = {
  name?: string;
  rows?: Record<string, string>[];
  repetitions?: number;
  dataName?: string;
  capMicros?: number;
};

/** Makes a comparison of these columns, and opens it. */
export async function compare(page: Page, columns: Asked[], made: Made = {}): Promise<string> {
  const spec = {
    columns: columns.map(({ model, text = "Count.", params = {} }, place) => ({
      id: place + 1,
      content: { model, messages: [{ role: "user", content: text }], params },
    })),
    rows: made.rows ?? [{}],
    repetitions: made.repetitions ?? 1,
    data_name: made.dataName,
    cap_micros: made.capMicros,
  };
  const answer = await page.request.post("/api/create-comparison", { data: { name: made.name ?? "", spec } });
  expect(answer.ok(), await answer.text()).toBe(true);
  const { id } = await answer.json();
  await open(page, `/compare?id=${id}`);
  return id;
}

/** What the server keeps of a comparison. */
export async function keptComparison(page: Page, id: string) {
  const answer = await page.request.get(`/api/comparison?id=${id}`);
  expect(answer.ok(), await answer.text()).toBe(true);
  return answer.json();
}

/** How many runs the server keeps. */
export const runCount = async (page: Page) => (await (await page.request.get("/v1/runs")).json()).data.length as number;

export const column = (page: Page, letter: string) => page.getByRole("region", { name: `Output ${letter}`, exact: true });
export const columns = (page: Page) => page.getByRole("region", { name: /^Output [A-H]$/ });
export const said = (of: Locator) => of.locator(".output__text");
export const runAll = (page: Page) => page.getByRole("button", { name: "Run all" });
export const stopAll = (page: Page) => page.getByRole("button", { name: "Stop all" });

/** Waits until a column's answer has ended so. */
export const ended = (of: Locator, word = "stop") =>
  expect(of.locator(".column__status .status")).toHaveText(word, { timeout: 30_000 });

/** The text of an answer, without the flags and marks in it. */
export const textIn = (of: Locator) =>
  said(of).evaluate((element) => {
    const lines = [...element.querySelectorAll(".marked__line")];
    const copy = (lines.length > 0 ? lines : [element]).map((line) => {
      const own = line.cloneNode(true) as Element;
      own.querySelectorAll(".divergence__flag").forEach((flag) => flag.remove());
      return own.textContent ?? "";
    });
    return copy.join("\n");
  });
