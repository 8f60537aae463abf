/**
 * The worker behind `workshop.ts`: text in, markup out.
 *
 * It has no document, and what it returns is only ever read by `markup.ts`.
 */
import type { Answer, Job } from "./workshop.ts";

self.addEventListener("message", ({ data }: MessageEvent<Job>) => {
  void make(data).then((markup) => self.postMessage({ markup } satisfies Answer));
});

async function make(job: Job): Promise<string | null> {
  try {
    if (job.kind === "math") return (await import("./math/render.ts")).render(job.text, job.display);
    return await (await import("./code/highlight.ts")).highlight(job.text, job.language);
  } catch {
    return null;
  }
}
