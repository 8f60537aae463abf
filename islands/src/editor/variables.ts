/**
 * Finds `{{name}}` and `\{{` in a text, by the rules of `crates/domain/src/template.rs`.
 *
 * The server decides what a variable is; this only shows it, so it must agree to the byte. No match
 * crosses a line, none is longer than `PIECE_UNITS_MAX`, and only an escape can hide the start of
 * another match: that is why any window of a text can be read without what comes before it.
 */

/** A variable or an escape, with its place in UTF-16 units. `name` is null for an escape. */
export interface Piece {
  from: number;
  to: number;
  name: string | null;
}

/** Longest name, in bytes of UTF-8 (`VARIABLE_NAME_BYTES_MAX`). */
const NAME_BYTES_MAX = 64;
/** How far behind `{{` the closing braces may end, in bytes of UTF-8. */
const WINDOW_BYTES = NAME_BYTES_MAX + 32;
/** No piece is longer than this, in UTF-16 units. */
export const PIECE_UNITS_MAX = 2 + WINDOW_BYTES;

const SPECIAL = /\\\{\{|\{\{([ \t]{0,96})([\p{Alphabetic}_][\p{Alphabetic}\p{N}_.-]{0,63})([ \t]{0,96})\}\}/gu;
const encoder = new TextEncoder();

/** Lists the pieces that begin in a text, in order. */
export function* scan(text: string): Generator<Piece> {
  const special = new RegExp(SPECIAL);
  for (let match = special.exec(text); match; match = special.exec(text)) {
    const [whole, before, name, after] = match;
    const from = match.index;
    if (name === undefined) {
      yield { from, to: from + whole.length, name: null };
    } else if (fits(name, (before ?? "").length + (after ?? "").length)) {
      yield { from, to: from + whole.length, name };
    }
  }
}

/** Lists each variable of a text once, in the order of first use. */
export function variables(text: string): string[] {
  const names = new Set<string>();
  for (const piece of scan(text)) if (piece.name !== null) names.add(piece.name);
  return [...names];
}

function fits(name: string, blanks: number): boolean {
  // A unit is three bytes at most, so that nearly every name is short without being counted.
  if (name.length * 3 <= NAME_BYTES_MAX && blanks + name.length * 3 + 2 <= WINDOW_BYTES) return true;
  const bytes = encoder.encode(name).length;
  return bytes <= NAME_BYTES_MAX && blanks + bytes + 2 <= WINDOW_BYTES;
}
