/**
 * Folds away lines that stand in both texts, except a few around each change.
 *
 * The runs between the hunks are the same on both sides, so that a fold is known by its number there
 * and opens on both.
 */
import { StateEffect, StateField, type EditorState, type Extension, type Range } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, WidgetType, type DecorationSet } from "@codemirror/view";
import type { Same } from "./model.ts";

/** Lines that stay beside a change. */
const MARGIN_LINES = 2;
/** Fewer lines than these are not folded. */
const FOLDED_LINES_MIN = 4;
/** How high a fold is, in pixels, until it has been measured. */
const HEIGHT = 28;

/** Opens one fold, by the number of its run; null opens all. */
export const openFold = StateEffect.define<number | null>();

/** What a fold is like: one side of two says what is folded with a button, the other without. */
export interface Folding {
  readonly same: readonly Same[];
  readonly hasButton: boolean;
  /** Opens a fold wherever it stands. */
  readonly open: (run: number) => void;
}

/** Folds what is the same. */
export function folds(folding: Folding): Extension {
  return StateField.define<DecorationSet>({
    create: (state) => fold(state, folding),
    update: (decorations, { effects }) =>
      effects.reduce((now, effect) => {
        if (!effect.is(openFold)) return now;
        return effect.value === null ? Decoration.none : now.update({ filter: (_from, _to, { spec }) => spec.run !== effect.value });
      }, decorations),
    provide: (field) => EditorView.decorations.from(field),
  });
}

function fold({ doc }: EditorState, folding: Folding): DecorationSet {
  const found: Range<Decoration>[] = [];
  folding.same.forEach(({ first, last }, run) => {
    const from = run === 0 ? first : first + MARGIN_LINES;
    const to = run === folding.same.length - 1 ? last : last - MARGIN_LINES;
    const lines = to - from + 1;
    if (lines < FOLDED_LINES_MIN || to > doc.lines) return;
    const widget = new Fold(run, lines, folding);
    found.push(Decoration.replace({ widget, block: true, run }).range(doc.line(from).from, doc.line(to).to));
  });
  return Decoration.set(found);
}

/** What a column of numbers has beside a fold. */
const beside = new (class extends GutterMarker {
  override elementClass = "diff__fold-no";
})();

/** Beside a fold, the columns of numbers look like it. */
export const besideFold = (_view: EditorView, widget: WidgetType): GutterMarker | null => (widget instanceof Fold ? beside : null);

class Fold extends WidgetType {
  constructor(
    readonly run: number,
    readonly lines: number,
    readonly folding: Folding,
  ) {
    super();
  }

  override eq(other: Fold): boolean {
    return this.run === other.run && this.lines === other.lines && this.folding === other.folding;
  }

  override get estimatedHeight(): number {
    return HEIGHT;
  }

  override toDOM(view: EditorView): HTMLElement {
    const { hasButton, open } = this.folding;
    const label = document.createElement(hasButton ? "button" : "span");
    if (label instanceof HTMLButtonElement) label.type = "button";
    label.textContent = `${this.lines.toLocaleString("en")} unchanged lines`;
    const row = document.createElement("div");
    row.className = "diff__fold";
    row.append(label);
    row.addEventListener("click", () => {
      // The button goes away with the fold: whoever was on it stays in the text.
      const focused = row.contains(document.activeElement);
      open(this.run);
      if (focused) view.contentDOM.focus({ preventScroll: true });
    });
    return row;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}
