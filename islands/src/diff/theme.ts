/**
 * Takes the merge view's own looks away, in favour of the page's: see `editor/theme.ts`.
 *
 * Which lines differ is painted by us, so that of its decorations only the spaces between are left.
 */
import { EditorView } from "@codemirror/view";

/** The theme, which knows no colour. */
export const diffTheme = EditorView.theme({
  "&.cm-merge-a .cm-changedLine, &.cm-merge-b .cm-changedLine": { backgroundColor: "var(--diff-line, transparent)" },
  ".cm-deletedLine del.diff__word": { textDecoration: "line-through 1px" },
  ".cm-line": { position: "relative", padding: "0 var(--space-3) 0 1.125rem" },
  ".cm-content": { padding: "var(--space-1) 0" },
  ".cm-gutters": { backgroundColor: "transparent", border: "0", color: "var(--color-text-faint)" },
  ".cm-gutterElement": { padding: "0 var(--space-2) 0 0", minWidth: "2rem", textAlign: "end" },
  ".cm-specialChar": { color: "var(--color-bad)" },
});
