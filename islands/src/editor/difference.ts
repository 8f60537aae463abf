/** Compares two texts from both ends, which is enough to keep a cursor in its place. */
import type { ChangeSpec } from "@codemirror/state";

/** The one change that makes `before` into `after`. Null: they are alike. */
export function difference(before: string, after: string): ChangeSpec | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  let end = 0;
  while (end < shorter - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end += 1;
  // Half a character is none.
  if (isLeadingHalf(before.charCodeAt(start - 1))) start -= 1;
  if (end > 0 && isTrailingHalf(before.charCodeAt(before.length - end))) end -= 1;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}

/** Line breaks as the editor counts them: one unit each. */
export function oneLineBreak(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

const isLeadingHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isTrailingHalf = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
