/** Two texts and what differs between them, made of parts: what `domain::diff::compare` would say of them. */
import type { Page } from "@playwright/test";

/** Lines that both have, or lines of each, with the words that differ as places in either. */
export type Part = { same: string[] } | { old: string[]; new: string[]; words?: [[number, number], [number, number]][] };

/** Runs in the page, too: it stands by itself. */
export function build(parts: Part[]): { old: string; new: string; diff: any } {
  const sides = { old: [] as string[], new: [] as string[] };
  const units = { old: 0, new: 0 };
  const hunks: any[] = [];
  for (const part of parts) {
    const hunk: any = { words: "words" in part ? part.words : undefined };
    for (const side of ["old", "new"] as const) {
      const lines = "same" in part ? part.same : part[side];
      const from = units[side];
      const first = sides[side].length;
      for (const line of lines) {
        sides[side].push(line);
        units[side] += line.length + 1;
      }
      hunk[side] = [from, units[side]];
      hunk[`${side}_lines`] = [first, sides[side].length];
    }
    if (!("same" in part)) hunks.push(hunk);
  }
  const [old, now] = [sides.old.join("\n"), sides.new.join("\n")];
  return { old, new: now, diff: { hunks, old_units: old.length, new_units: now.length } };
}

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;").replace(/\r/g, "&#13;");

/** The element as a server sends it. */
export function element(parts: Part[], attributes = 'aria-label="System message"'): string {
  const { old, new: now, diff } = build(parts);
  const sides = `<pre data-side="old">\n${escape(old)}</pre><pre data-side="new">\n${escape(now)}</pre>`;
  return `<etude-diff ${attributes} data-hunks="${escape(JSON.stringify(diff))}">${sides}</etude-diff>`;
}

/** Brings the script to the page. */
export const load = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const script = document.createElement("script");
    script.type = "module";
    script.src = "/pkg/diff.js";
    script.nonce = document.querySelector<HTMLElement>("script[nonce]")!.nonce!;
    document.head.append(script);
    await customElements.whenDefined("etude-diff");
  });
