/**
 * Types over what is selected.
 *
 * Where coloured text is replaced, Chromium would keep its looks by writing a `style` into the page,
 * which the policy refuses and reports. Everything else is typed by the browser, as CodeMirror wants.
 */
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** Puts what is typed in the place of a selection without the browser's help. */
export function typeOver(): Extension {
  return EditorView.domEventHandlers({
    beforeinput: (event, view) => {
      const { state } = view;
      const plain = event.inputType === "insertText" && !event.isComposing && event.data !== null;
      if (!plain || state.readOnly || state.selection.main.empty) return false;
      event.preventDefault();
      view.dispatch(state.replaceSelection(event.data ?? ""), { userEvent: "input.type", scrollIntoView: true });
      return true;
    },
  });
}
