/**
 * Wraps lines, except where one is huge.
 *
 * Wrapping means measuring: a single line of ten megabytes takes 14 s to lay out wrapped and 55 ms
 * unwrapped. The switch happens inside the very transaction that brings the line in, because one
 * frame with wrapping on would already be too many.
 *
 * Typing has a price of its own there: CodeMirror lets the browser write the letter and compares the
 * whole line to learn which. In a text with a huge line, the letter is taken before it is written.
 */
import { Compartment, EditorState, type Extension, type Text } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** Longest line that is wrapped, in UTF-16 units. */
const LINE_UNITS_MAX = 20_000;
const wrapping = new Compartment();

/** Wraps a text that is about to be shown, and watches what is done to it. */
export function wrapLines(doc: Text): Extension {
  return [
    wrapping.of(isHuge(doc, 0, doc.length) ? [] : EditorView.lineWrapping),
    EditorState.transactionExtender.of((transaction) => {
      if (!transaction.docChanged || !isWrapped(transaction.startState)) return null;
      let huge = false;
      transaction.changes.iterChangedRanges((_fromA, _toA, from, to) => {
        huge ||= isHuge(transaction.newDoc, from, to);
      });
      return huge ? { effects: wrapping.reconfigure([]) } : null;
    }),
    EditorView.domEventHandlers({
      beforeinput: (event, view) => {
        const { data, inputType, isComposing } = event;
        if (isWrapped(view.state) || inputType !== "insertText" || isComposing || !data || view.state.readOnly) return false;
        view.dispatch(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
        return true;
      },
    }),
  ];
}

/** Wraps again once the last huge line is gone. Reads the whole text, so it is for moments of rest. */
export function settleWrapping(view: EditorView): void {
  const { state } = view;
  if (!isWrapped(state) && !isHuge(state.doc, 0, state.doc.length)) {
    view.dispatch({ effects: wrapping.reconfigure(EditorView.lineWrapping) });
  }
}

function isWrapped(state: EditorState): boolean {
  return wrapping.get(state) === EditorView.lineWrapping;
}

function isHuge(doc: Text, from: number, to: number): boolean {
  if (doc.length <= LINE_UNITS_MAX) return false;
  const lines = doc.iterLines(doc.lineAt(from).number, doc.lineAt(to).number + 1);
  for (const line of lines) if (line.length > LINE_UNITS_MAX) return true;
  return false;
}
