/**
 * Two texts side by side, or in one.
 *
 * Side by side it is CodeMirror's merge view, told by our hunks what belongs beside what. In one, it
 * is a single text of old and new lines: CodeMirror's own unified view builds everything that is gone
 * as elements at once, which ten megabytes do not stand, and its gone lines have no numbers.
 */
import { Change, MergeView } from "@codemirror/merge";
import { EditorState, Text, type EditorStateConfig, type Extension, type StateEffect } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { knownNames, paintVariables } from "../editor/paint.ts";
import { endsAlike, specialChars } from "../editor/special.ts";
import { theme } from "../editor/theme.ts";
import { wrapLines } from "../editor/wrapping.ts";
import { layBeside } from "./beside.ts";
import { folds, openFold } from "./folds.ts";
import { merge, sameLines, stretches, type Content } from "./model.ts";
import { markHunk, numberColumn, paintStretches } from "./paint.ts";
import { diffTheme } from "./theme.ts";

/** Changes with less than so many units between them are one to the merge view, which would join them slowly. */
const APART_UNITS = 3;

export type Layout = "split" | "unified";

/** What people call it, and either side of it. */
export interface Names {
  readonly all: string;
  readonly old: string;
  readonly new: string;
}

/** What is shown. */
export interface Shown {
  /** Brings a hunk into view, marks it and says what it is. */
  reveal(hunk: number, sentence: string): void;
  /** Marks no hunk. */
  unmark(): void;
  /** Opens every fold. */
  unfold(): void;
  /** Asks for a new look at how high everything is. */
  measure(): void;
  destroy(): void;
}

/** Shows both texts in an element. */
export function show(parent: HTMLElement, layout: Layout, content: Content, names: Names): Shown {
  return (layout === "split" ? showSplit : showUnified)(parent, content, names);
}

function showSplit(parent: HTMLElement, content: Content, names: Names): Shown {
  const side = (name: "old" | "new", called: string): EditorStateConfig => {
    const doc = Text.of(content[name].split("\n"));
    const folding = { same: sameLines(content, name, doc.lines), hasButton: name === "old", open: (run: number) => tell(openFold.of(run)) };
    const extensions = [
      common(parent, doc, called, content),
      numberColumn(doc.lines, (line) => line),
      paintStretches(stretches(content, name)),
      folds(folding),
    ];
    return { doc, extensions };
  };
  const [a, b] = [side("old", `${names.all}, ${names.old}`), side("new", `${names.all}, ${names.new}`)];
  const merged = new MergeView({ a, b, parent, highlightChanges: false, gutter: false, diffConfig: { override: () => changes(content) } });
  layBeside(merged);
  const views = [merged.a, merged.b];
  const tell = (effect: StateEffect<unknown>): void => views.forEach((view) => view.dispatch({ effects: effect }));
  const place = (hunk: number): [EditorView, number] => {
    const { old, new: now } = content.diff.hunks[hunk]!;
    return now[0] < now[1] ? [merged.b, now[0]] : [merged.a, old[0]];
  };
  return shown(tell, views, place, () => merged.destroy());
}

function showUnified(parent: HTMLElement, content: Content, names: Names): Shown {
  const { text, stretches: found, same, numbers } = merge(content);
  const doc = Text.of(text.split("\n"));
  const tell = (effect: StateEffect<unknown>): void => view.dispatch({ effects: effect });
  const extensions = [
    common(parent, doc, names.all, content),
    numberColumn(doc.lines, (line) => numbers(line)[0]),
    numberColumn(doc.lines, (line) => numbers(line)[1]),
    paintStretches(found),
    folds({ same, hasButton: true, open: (run) => tell(openFold.of(run)) }),
  ];
  const view = new EditorView({ state: EditorState.create({ doc, extensions }), parent });
  const place = (hunk: number): [EditorView, number] => [view, found.find((stretch) => stretch.hunk === hunk)?.from ?? 0];
  return shown(tell, [view], place, () => view.destroy());
}

function shown(
  tell: (effect: StateEffect<unknown>) => void,
  views: EditorView[],
  place: (hunk: number) => [EditorView, number],
  destroy: () => void,
): Shown {
  return {
    reveal(hunk, sentence) {
      tell(markHunk.of(hunk));
      const [view, at] = place(hunk);
      const effects = [EditorView.scrollIntoView(Math.min(at, view.state.doc.length), { y: "center" }), EditorView.announce.of(sentence)];
      view.dispatch({ effects });
    },
    unmark: () => tell(markHunk.of(null)),
    unfold: () => tell(openFold.of(null)),
    measure: () => views.forEach((view) => view.requestMeasure()),
    destroy,
  };
}

function common(parent: HTMLElement, doc: Text, label: string, content: Content): Extension {
  // The page's scripts know the nonce; CodeMirror needs it for the styles that it writes.
  const nonce = parent.ownerDocument.querySelector<HTMLElement>("script[nonce]")?.nonce;
  return [
    nonce ? EditorView.cspNonce.of(nonce) : [],
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    // Text that scrolls must be reachable by keyboard.
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    wrapLines(doc),
    specialChars(endsAlike(content)),
    paintVariables,
    knownNames.of(null),
    diffTheme,
    theme,
    EditorState.tabSize.of(2),
  ];
}

/**
 * The hunks as the merge view takes them. Each begins with the line break before it, which is the same
 * on both sides: so nothing is only added or only gone, which it would move to where it likes it better.
 * What is added or gone at the very end needs nothing beside it, and would take the line before it along.
 */
function changes({ old, new: now, diff: { hunks } }: Content): Change[] {
  const found: Change[] = [];
  for (const hunk of hunks) {
    if (hunk.old[0] > old.length || hunk.new[0] > now.length) continue;
    const before = hunk.old[0] > 0 && hunk.new[0] > 0 ? 1 : 0;
    const [fromA, fromB] = [hunk.old[0] - before, hunk.new[0] - before];
    const [toA, toB] = [Math.min(hunk.old[1], old.length), Math.min(hunk.new[1], now.length)];
    const last = found.at(-1);
    if (last && last.toA > fromA - APART_UNITS && last.toB > fromB - APART_UNITS) {
      found[found.length - 1] = new Change(last.fromA, Math.max(toA, last.toA), last.fromB, Math.max(toB, last.toB));
    } else found.push(new Change(fromA, Math.max(fromA, toA), fromB, Math.max(fromB, toB)));
  }
  return found;
}
