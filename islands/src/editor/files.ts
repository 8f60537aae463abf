/**
 * Hands pasted and dropped files to the page.
 *
 * A spreadsheet puts a picture of its cells beside their text, and a file manager puts a file's name
 * beside the file. So files win, unless both plain text and HTML come with them: then text was meant.
 */
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

/** Calls `take` with the files, and keeps the browser from opening or inserting them. */
export function takeFiles(take: (files: FileList) => void): Extension {
  const handle = (event: Event, data: DataTransfer | null, view: EditorView): boolean => {
    const files = data?.files;
    if (!data || !files || files.length === 0) return false;
    if (data.types.includes("text/plain") && data.types.includes("text/html")) return false;
    event.preventDefault();
    if (!view.state.readOnly) take(files);
    return true;
  };
  return EditorView.domEventHandlers({
    paste: (event, view) => handle(event, event.clipboardData, view),
    drop: (event, view) => handle(event, event.dataTransfer, view),
    // Where nothing can be dropped, a browser would leave the page and open the file.
    dragover: (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
      return false;
    },
  });
}
