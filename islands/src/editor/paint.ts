/**
 * Paints variables in the part of the text that can be seen.
 *
 * Only the visible ranges are read, with a margin that holds the longest piece, so that a text of
 * ten megabytes costs what its screenful costs.
 */
import { Facet, RangeSetBuilder, type EditorState } from "@codemirror/state";
import { Decoration, ViewPlugin, type DecorationSet, type EditorView, type ViewUpdate } from "@codemirror/view";
import { PIECE_UNITS_MAX, scan } from "./variables.ts";

/** Names that have a value. Null: nobody said, so none is marked as unfilled. */
export const knownNames = Facet.define<ReadonlySet<string> | null, ReadonlySet<string> | null>({
  combine: (values) => values[0] ?? null,
});

/** A wrong start in the margin ends before the margin does. */
const MARGIN = 2 * PIECE_UNITS_MAX;
const filled = Decoration.mark({ class: "cm-variable" });
const unfilled = Decoration.mark({ class: "cm-variable cm-variable-unfilled" });
const escape = Decoration.mark({ class: "cm-variable-escape" });

/** Keeps the painting in step with the text, the viewport and the known names. */
export const paintVariables = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = paint(view);
    }
    update(update: ViewUpdate): void {
      const known = (state: EditorState) => state.facet(knownNames);
      if (update.docChanged || update.viewportChanged || known(update.startState) !== known(update.state)) {
        this.decorations = paint(update.view);
      }
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function paint(view: EditorView): DecorationSet {
  const { doc } = view.state;
  const known = view.state.facet(knownNames);
  const builder = new RangeSetBuilder<Decoration>();
  let done = 0;
  for (const range of view.visibleRanges) {
    const start = Math.max(0, range.from - MARGIN);
    const text = doc.sliceString(start, Math.min(doc.length, range.to + PIECE_UNITS_MAX));
    for (const piece of scan(text)) {
      const [from, to] = [start + piece.from, start + piece.to];
      if (from < done || to <= range.from) continue;
      if (from >= range.to) break;
      const mark = piece.name === null ? escape : known === null || known.has(piece.name) ? filled : unfilled;
      builder.add(from, to, mark);
      done = to;
    }
  }
  return builder.finish();
}
