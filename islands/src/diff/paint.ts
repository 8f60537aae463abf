/**
 * Paints lines and words that differ, in the part of the text that can be seen.
 *
 * A line says what it is by its class and an attribute; a word is an `ins` or a `del`.
 */
import { Facet, StateEffect, StateField, type Extension, type Range } from "@codemirror/state";
import { Decoration, EditorView, gutter, GutterMarker, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { besideFold } from "./folds.ts";
import { lastBefore, type Stretch } from "./model.ts";

/** Marks one hunk as the one that was gone to; null marks none. */
export const markHunk = StateEffect.define<number | null>();

const stretchesOf = Facet.define<readonly Stretch[], readonly Stretch[]>({ combine: (values) => values[0] ?? [] });
const marked = StateField.define<number | null>({
  create: () => null,
  update: (now, { effects }) => effects.reduce<number | null>((value, effect) => (effect.is(markHunk) ? effect.value : value), now),
});

const line = (change: "del" | "add", current: boolean): Decoration =>
  Decoration.line({ class: "diff__line", attributes: { "data-change": change, ...(current && { "data-current": "" }) } });
const LINES = { del: [line("del", false), line("del", true)], add: [line("add", false), line("add", true)] } as const;
const WORDS = { del: Decoration.mark({ tagName: "del", class: "diff__word" }), add: Decoration.mark({ tagName: "ins", class: "diff__word" }) };

const painter = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = paint(view);
    }
    update(update: ViewUpdate): void {
      const isMoved = update.startState.field(marked) !== update.state.field(marked);
      if (update.viewportChanged || isMoved) this.decorations = paint(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** Everything that differs in one text. */
export const paintStretches = (stretches: readonly Stretch[]): Extension => [stretchesOf.of(stretches), marked, painter];

function paint(view: EditorView): DecorationSet {
  const { doc } = view.state;
  const all = view.state.facet(stretchesOf);
  const current = view.state.field(marked);
  const found: Range<Decoration>[] = [];
  // A long line is seen in several parts.
  let lineDone = -1;
  for (const { from, to } of view.visibleRanges) {
    for (let at = Math.max(0, lastBefore(all.length, (place) => all[place]!.from <= from)); at < all.length; at += 1) {
      const stretch = all[at]!;
      if (stretch.from > to) break;
      if (stretch.to <= from) continue;
      const first = doc.lineAt(Math.max(stretch.from, from)).number;
      const last = doc.lineAt(Math.min(stretch.to - 1, to, doc.length)).number;
      for (let number = Math.max(first, lineDone + 1); number <= last; number += 1) {
        found.push(LINES[stretch.change][stretch.hunk === current ? 1 : 0].range(doc.line(number).from));
      }
      lineDone = Math.max(lineDone, last);
      paintWords(stretch, from, to, found);
    }
  }
  return Decoration.set(found, true);
}

function paintWords({ words, change, to: end }: Stretch, from: number, to: number, found: Range<Decoration>[]): void {
  const first = Math.max(0, lastBefore(words.length, (place) => words[place]![0] <= from));
  for (let at = first; at < words.length; at += 1) {
    const [start, stop] = [Math.max(from, words[at]![0]), Math.min(to, end - 1, words[at]![1])];
    if (words[at]![0] > to) break;
    if (start < stop) found.push(WORDS[change].range(start, stop));
  }
}

class LineNumber extends GutterMarker {
  constructor(readonly text: string) {
    super();
  }
  override eq(other: LineNumber): boolean {
    return this.text === other.text;
  }
  override toDOM(): Text {
    return document.createTextNode(this.text);
  }
}

/** A column of line numbers; `most` is the highest, for its width. */
export function numberColumn(most: number, numberOf: (line: number) => number | null): Extension {
  const widest = new LineNumber("9".repeat(Math.max(2, String(most).length)));
  return gutter({
    class: "diff__no",
    initialSpacer: () => widest,
    widgetMarker: besideFold,
    lineMarker: (view, { from }) => {
      const number = numberOf(view.state.doc.lineAt(from).number);
      return number === null ? null : new LineNumber(String(number));
    },
  });
}
