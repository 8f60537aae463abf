/**
 * Keeps the undo history across a reload.
 *
 * CodeMirror can only read and write a history together with a whole state. A state without text
 * serves: so saving never builds the text, and reading takes nothing but the history.
 */
import { historyField } from "@codemirror/commands";
import { EditorState, type StateField } from "@codemirror/state";

/** What can be undone and redone, newest last, as plain JSON. */
export interface SavedHistory {
  done: unknown[];
  undone: unknown[];
}

const field = historyField as StateField<unknown>;
const encoder = new TextEncoder();

/** Writes the history down, as much of the newest as fits into `bytesMax` bytes of JSON. */
export function saveHistory(state: EditorState, bytesMax: number): SavedHistory {
  const bare = EditorState.create({ extensions: [field.init(() => state.field(field))] });
  const all = bare.toJSON({ history: field }).history as SavedHistory;
  let room = bytesMax;
  const newest = (events: unknown[]): unknown[] => {
    let first = events.length;
    while (first > 0) {
      const json = JSON.stringify(events[first - 1]);
      const bytes = json.length > room ? Infinity : encoder.encode(json).length;
      if (bytes > room) break;
      room -= bytes;
      first -= 1;
    }
    return events.slice(first);
  };
  return { done: newest(all.done), undone: newest(all.undone) };
}

/** Reads a history for a text of this length. Null if it is not one, or belongs to another text. */
export function readHistory(saved: unknown, length: number): unknown | null {
  try {
    if (!isSaved(saved) || !belongs(saved.done, length) || !belongs(saved.undone, length)) return null;
    const selection = { ranges: [{ anchor: 0, head: 0 }], main: 0 };
    return EditorState.fromJSON({ doc: "", selection, history: saved }, {}, { history: field }).field(field);
  } catch {
    return null;
  }
}

/** The extension that starts the history with what was read. */
export const startHistory = (value: unknown) => field.init(() => value);

function isSaved(saved: unknown): saved is SavedHistory {
  const history = saved as Partial<SavedHistory> | null;
  return typeof history === "object" && Array.isArray(history?.done) && Array.isArray(history.undone);
}

/** Follows the lengths from the newest event back: one that does not fit would throw at the undo. */
function belongs(events: unknown[], length: number): boolean {
  let now = length;
  for (const event of [...events].reverse()) {
    const { changes, mapped } = event as { changes?: unknown; mapped?: unknown };
    if (Array.isArray(changes)) {
      let [before, after] = [0, 0];
      for (const part of changes as unknown[]) {
        const [removed, ...lines] = Array.isArray(part) ? (part as [number, ...string[]]) : [part as number];
        before += removed;
        after += Array.isArray(part) ? lines.join("\n").length : removed;
      }
      if (before !== now) return false;
      now = after;
    }
    if (Array.isArray(mapped)) {
      let [before, after] = [0, 0];
      for (let at = 0; at < mapped.length; at += 2) {
        const [kept, inserted] = [mapped[at] as number, mapped[at + 1] as number];
        before += kept;
        after += inserted < 0 ? kept : inserted;
      }
      if (after !== now) return false;
      now = before;
    }
  }
  return true;
}
