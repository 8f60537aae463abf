/**
 * What `domain::diff::compare` says, and where it stands in what is shown.
 *
 * Places are UTF-16 units, lines count from 0, and every line has its break: a span of lines may end
 * one unit past the text.
 */

/** From one place to before another. */
export type Span = readonly [from: number, to: number];

/** Lines that differ; `words` count from the start of the hunk on either side. */
export interface Hunk {
  readonly old: Span;
  readonly new: Span;
  readonly old_lines: Span;
  readonly new_lines: Span;
  readonly words?: readonly (readonly [gone: Span, added: Span])[];
}

/** What differs between two versions of a text. */
export interface TextDiff {
  readonly hunks: readonly Hunk[];
  readonly old_units: number;
  readonly new_units: number;
}

/** Two versions of a text, and what differs between them. */
export interface Content {
  readonly old: string;
  readonly new: string;
  readonly diff: TextDiff;
}

/** Lines in a row that are gone or new, in what is shown. */
export interface Stretch {
  readonly change: "del" | "add";
  /** The place of its hunk among all. */
  readonly hunk: number;
  readonly from: number;
  readonly to: number;
  /** The words that are marked in it. */
  readonly words: readonly Span[];
}

/** Lines in a row that stand in both texts, by their numbers in what is shown, from 1. */
export interface Same {
  readonly first: number;
  readonly last: number;
}

/** Reads what came with the page. Null: it is no diff, or not one of these texts. */
export function read(old: unknown, now: unknown, diff: unknown): Content | null {
  if (typeof old !== "string" || typeof now !== "string") return null;
  try {
    const read: unknown = typeof diff === "string" ? JSON.parse(diff) : diff;
    return isDiff(read) && read.old_units === old.length && read.new_units === now.length ? { old, new: now, diff: read } : null;
  } catch {
    return null;
  }
}

/** Each hunk ends before the next begins: everything else goes by that. */
function isDiff(value: unknown): value is TextDiff {
  const { hunks, old_units, new_units } = (value ?? {}) as Partial<TextDiff>;
  if (!Array.isArray(hunks) || typeof old_units !== "number" || typeof new_units !== "number") return false;
  let [oldAt, newAt] = [0, 0];
  for (const hunk of hunks as Hunk[]) {
    const spans = [hunk?.old, hunk?.new, hunk?.old_lines, hunk?.new_lines];
    if (!spans.every((span) => Array.isArray(span) && Number.isInteger(span[0]) && span[0] <= span[1])) return false;
    if (hunk.old[0] < oldAt || hunk.new[0] < newAt || hunk.old[1] > old_units + 1 || hunk.new[1] > new_units + 1) return false;
    [oldAt, newAt] = [hunk.old[1], hunk.new[1]];
  }
  return true;
}

/** The lines of one side that are gone, or new. An empty text has none. */
export function stretches({ old, new: now, diff }: Content, side: "old" | "new"): Stretch[] {
  const found: Stretch[] = [];
  if ((side === "old" ? old : now) === "") return found;
  diff.hunks.forEach((hunk, index) => {
    const [from, to] = hunk[side];
    if (from < to) found.push({ change: side === "old" ? "del" : "add", hunk: index, from, to, words: words(hunk, side, from) });
  });
  return found;
}

function words(hunk: Hunk, side: "old" | "new", start: number): Span[] {
  const pick = side === "old" ? 0 : 1;
  return (hunk.words ?? []).map((pair) => pair[pick]).filter(([from, to]) => from < to).map(([from, to]) => [start + from, start + to]);
}

/** The runs of lines of one side that stand in both. */
export function sameLines({ diff: { hunks } }: Content, side: "old" | "new", lines: number): Same[] {
  const key = side === "old" ? "old_lines" : "new_lines";
  const found: Same[] = [];
  let next = 1;
  for (const hunk of hunks) {
    found.push({ first: next, last: hunk[key][0] });
    next = hunk[key][1] + 1;
  }
  return [...found, { first: next, last: lines }];
}

/** Both texts in one: of each hunk first what is gone, then what is new. */
export interface Merged {
  readonly text: string;
  readonly stretches: readonly Stretch[];
  readonly same: readonly Same[];
  /** The numbers that a line has in both texts, given its own number from 1. */
  readonly numbers: (line: number) => readonly [old: number | null, now: number | null];
}

export function merge(content: Content): Merged {
  const { old, new: now, diff } = content;
  const parts: string[] = [];
  const found: Stretch[] = [];
  const same: Same[] = [];
  /** Where a run of lines begins here, and which lines of the texts those are; null where they are of one text alone. */
  const runs: { line: number; old: number | null; now: number | null }[] = [];
  let [length, line, newAt] = [0, 1, 0];
  const add = (text: string, lines: number): void => {
    parts.push(text);
    length += text.length;
    line += lines;
  };
  const addSame = (to: number, oldLine: number, newLine: number, lines: number): void => {
    same.push({ first: line, last: line + lines - 1 });
    runs.push({ line, old: oldLine, now: newLine });
    add(withBreaks(now, newAt, to), lines);
  };
  let [oldLine, newLine] = [0, 0];
  diff.hunks.forEach((hunk, index) => {
    addSame(hunk.new[0], oldLine, newLine, hunk.new_lines[0] - newLine);
    for (const side of ["old", "new"] as const) {
      const text = side === "old" ? old : now;
      const [from, to] = hunk[side];
      const [first, end] = side === "old" ? hunk.old_lines : hunk.new_lines;
      if (from === to || text === "") continue;
      const change = side === "old" ? "del" : "add";
      found.push({ change, hunk: index, from: length, to: length + to - from, words: words(hunk, side, length) });
      runs.push({ line, old: side === "old" ? first : null, now: side === "new" ? first : null });
      add(withBreaks(text, from, to), end - first);
    }
    [oldLine, newLine, newAt] = [hunk.old_lines[1], hunk.new_lines[1], hunk.new[1]];
  });
  if (newAt <= now.length && !(now === "" && diff.hunks.length > 0)) {
    addSame(now.length + 1, oldLine, newLine, count(now, newAt) + 1);
  } else same.push({ first: line, last: line - 1 });
  const text = parts.join("").slice(0, -1);
  const numbers: Merged["numbers"] = (of) => {
    const run = runs[lastBefore(runs.length, (at) => (runs[at]?.line ?? 0) <= of)];
    const number = (first: number | null) => (run && first !== null ? first + 1 + of - run.line : null);
    return [number(run?.old ?? null), number(run?.now ?? null)];
  };
  return { text, stretches: found, same, numbers };
}

/** The last place for which that holds, where it holds up to some place; -1 where it holds for none. */
export function lastBefore(length: number, holds: (at: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The last line of a text has a break here, too. */
function withBreaks(text: string, from: number, to: number): string {
  return to > text.length ? `${text.slice(from)}\n` : text.slice(from, to);
}

function count(text: string, from: number): number {
  let breaks = 0;
  for (let at = text.indexOf("\n", from); at >= 0; at = text.indexOf("\n", at + 1)) breaks += 1;
  return breaks;
}
