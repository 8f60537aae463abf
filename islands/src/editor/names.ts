/**
 * Knows which variables a text uses, and says so when that changes.
 *
 * A short text is read at once. A long one is read in slices between frames, and only after an edit
 * that touches a variable: typing prose into ten megabytes reads a few hundred characters.
 */
import type { Text } from "@codemirror/state";
import type { ViewUpdate } from "@codemirror/view";
import { PIECE_UNITS_MAX, scan, variables } from "./variables.ts";

/** Up to this length a text is read in one go, in UTF-16 units. */
const SHORT = 64 * 1024;
/** How much of a long text is read at a time, in UTF-16 units. */
const SLICE = 128 * 1024;
/** How long one turn of reading may take, in milliseconds: half a frame. */
const TURN_MS = 8;
/** How long a long text has to rest before it is read, in milliseconds. */
const REST_MS = 150;

export class NameWatch {
  #names: string[] | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #report: (names: string[]) => void;

  constructor(report: (names: string[]) => void) {
    this.#report = report;
  }

  /** The names as last reported. */
  get names(): readonly string[] {
    return this.#names ?? [];
  }

  /** Reads a text from the start. */
  begin(doc: Text): void {
    this.#read(doc, 0);
  }

  /** Takes note of an edit. */
  update(update: ViewUpdate): void {
    if (!update.docChanged) return;
    const { doc } = update.state;
    if (doc.length <= SHORT || touches(update)) this.#read(doc, REST_MS);
  }

  /** Stops reading. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #read(doc: Text, delay: number): void {
    clearTimeout(this.#timer);
    if (doc.length <= SHORT) {
      this.#say(variables(doc.toString()));
      return;
    }
    const names = new Set<string>();
    let at = 0;
    const turn = (): void => {
      const until = performance.now() + TURN_MS;
      while (at < doc.length && performance.now() < until) at = readSlice(doc, at, names);
      if (at < doc.length) this.#timer = setTimeout(turn);
      else this.#say([...names]);
    };
    this.#timer = setTimeout(turn, delay);
  }

  #say(names: string[]): void {
    const before = this.#names;
    if (before && before.length === names.length && names.every((name, at) => name === before[at])) return;
    this.#names = names;
    this.#report(names);
  }
}

/** Reads one slice and returns where the next begins: behind the last piece, never inside one. */
function readSlice(doc: Text, at: number, names: Set<string>): number {
  const end = Math.min(doc.length, at + SLICE);
  const last = end === doc.length;
  let next = last ? end : end - PIECE_UNITS_MAX;
  const limit = next;
  for (const piece of scan(doc.sliceString(at, end))) {
    if (at + piece.from >= limit) break;
    if (piece.name !== null) names.add(piece.name);
    next = Math.max(next, at + piece.to);
  }
  return next;
}

/** Whether an edit can have changed the list: compares the variables around it, before and after. */
function touches(update: ViewUpdate): boolean {
  let touched = false;
  update.changes.iterChangedRanges((fromA, toA, fromB, toB) => {
    if (touched) return;
    if (toA - fromA > SHORT || toB - fromB > SHORT) touched = true;
    else touched = around(update.startState.doc, fromA, toA) !== around(update.state.doc, fromB, toB);
  });
  return touched;
}

function around(doc: Text, from: number, to: number): string {
  const text = doc.sliceString(Math.max(0, from - 2 * PIECE_UNITS_MAX), Math.min(doc.length, to + 2 * PIECE_UNITS_MAX));
  let names = "";
  for (const piece of scan(text)) if (piece.name !== null) names += `${piece.name} `;
  return names;
}
