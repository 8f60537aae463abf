/**
 * Binds the keys of plain text editing, and no others.
 *
 * Everything else belongs to the page: Tab leaves, and what runs, saves or moves bubbles up
 * untouched. So this names what a textarea does, instead of taking an editor's keys and undoing half
 * of them; what a Mac does with Control and a letter, the system does by itself. CodeMirror runs no
 * key while an input method is composing.
 */
import * as to from "@codemirror/commands";
import { Compartment, type Extension } from "@codemirror/state";
import { keymap, type EditorView, type KeyBinding } from "@codemirror/view";

/** Where the find panel goes, once somebody looks for something. */
const finding = new Compartment();

/** A key with Shift moves the same way and selects. Where a Mac does it differently, `mac` says how. */
const MOVING: KeyBinding[] = [
  { key: "ArrowLeft", run: to.cursorCharLeft, shift: to.selectCharLeft },
  { key: "ArrowRight", run: to.cursorCharRight, shift: to.selectCharRight },
  { key: "ArrowUp", run: to.cursorLineUp, shift: to.selectLineUp },
  { key: "ArrowDown", run: to.cursorLineDown, shift: to.selectLineDown },
  { key: "Mod-ArrowLeft", mac: "Alt-ArrowLeft", run: to.cursorGroupLeft, shift: to.selectGroupLeft },
  { key: "Mod-ArrowRight", mac: "Alt-ArrowRight", run: to.cursorGroupRight, shift: to.selectGroupRight },
  { key: "Home", mac: "Cmd-ArrowLeft", run: to.cursorLineBoundaryBackward, shift: to.selectLineBoundaryBackward },
  { key: "End", mac: "Cmd-ArrowRight", run: to.cursorLineBoundaryForward, shift: to.selectLineBoundaryForward },
  { key: "Mod-Home", mac: "Cmd-ArrowUp", run: to.cursorDocStart, shift: to.selectDocStart },
  { key: "Mod-End", mac: "Cmd-ArrowDown", run: to.cursorDocEnd, shift: to.selectDocEnd },
  { key: "PageUp", run: to.cursorPageUp, shift: to.selectPageUp },
  { key: "PageDown", run: to.cursorPageDown, shift: to.selectPageDown },
].map((binding) => ({ ...binding, preventDefault: true }));

const CHANGING: KeyBinding[] = [
  { key: "Enter", run: to.insertNewline, shift: to.insertNewline },
  { key: "Backspace", run: to.deleteCharBackwardStrict, shift: to.deleteCharBackwardStrict, preventDefault: true },
  { key: "Delete", run: to.deleteCharForward, preventDefault: true },
  { key: "Mod-Backspace", mac: "Alt-Backspace", run: to.deleteGroupBackward, preventDefault: true },
  { key: "Mod-Delete", mac: "Alt-Delete", run: to.deleteGroupForward, preventDefault: true },
  { mac: "Cmd-Backspace", run: to.deleteLineBoundaryBackward, preventDefault: true },
  { key: "Mod-a", run: to.selectAll },
  { key: "Mod-z", run: to.undo, preventDefault: true },
  { key: "Mod-y", mac: "Mod-Shift-z", run: to.redo, preventDefault: true },
  { linux: "Ctrl-Shift-z", win: "Ctrl-Shift-z", run: to.redo, preventDefault: true },
];

/** The keys of a text. */
export function textKeys(): Extension {
  return [finding.of([]), keymap.of([{ key: "Mod-f", run: find }, ...CHANGING, ...MOVING])];
}

/** Opens the find panel. Its code comes with the first look for something. */
function find(view: EditorView): boolean {
  void import("./find.ts").then(({ findPanel, openFind }) => {
    const loaded = finding.get(view.state);
    if (Array.isArray(loaded) && loaded.length === 0) {
      view.dispatch({ effects: finding.reconfigure(findPanel()) });
    }
    openFind(view);
  });
  return true;
}
