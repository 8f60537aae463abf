/**
 * Takes CodeMirror's own looks away, in favour of the page's.
 *
 * CodeMirror's styles stand outside every layer, so the rules of `style/editor.css` lose to them.
 * What has to be undone is undone here, with the page's own properties: both themes and forced
 * colours follow by themselves. Everything else is in the stylesheet.
 */
import { EditorView } from "@codemirror/view";

/** The theme, which knows no colour. */
export const theme = EditorView.theme({
  "&": { color: "inherit", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "var(--editor-outline, none)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit", overflow: "auto" },
  ".cm-content": {
    boxSizing: "content-box",
    padding: "var(--editor-padding, 0)",
    minHeight: "calc(var(--editor-lines, 1) * 1lh)",
    caretColor: "inherit",
  },
  ".cm-line": { padding: "0" },
  ".cm-specialChar": { color: "var(--color-bad)" },
  ".cm-placeholder": { color: "var(--color-text-faint)" },
  ".cm-panels": { backgroundColor: "transparent", color: "inherit", zIndex: "1" },
  ".cm-panels-top, .cm-panels-bottom": { border: "0" },
  ".cm-tooltip": {
    backgroundColor: "var(--color-overlay)",
    border: "0",
    borderRadius: "var(--radius-md)",
    boxShadow: "var(--shadow-overlay)",
    zIndex: "var(--z-popover)",
  },
  ".cm-searchMatch": { backgroundColor: "var(--color-warn-wash)", outline: "1px solid var(--color-warn)" },
  ".cm-searchMatch.cm-searchMatch-selected": { backgroundColor: "var(--color-selection)" },
  // No background: Chromium's editing carries one over into the line that replaces it, as an inline style.
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "transparent", boxShadow: "inset 0 0 0 1px var(--color-edge)", borderRadius: "2px" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", boxShadow: "inset 0 -2px 0 var(--color-bad)" },
  // The underline is an image inside a `data:` address by default, which the policy refuses.
  ".cm-lintRange-error, .cm-lintRange-warning": {
    backgroundImage: "none",
    paddingBottom: "0",
    textDecoration: "underline wavy 1px var(--color-bad)",
    textUnderlineOffset: "0.2em",
  },
  ".cm-lintRange-warning": { textDecorationColor: "var(--color-warn)" },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--color-bad)" },
  ".cm-lintPoint-warning:after": { borderBottomColor: "var(--color-warn)" },
  ".cm-diagnostic": { padding: "var(--space-1) var(--space-2)", borderLeft: "0", fontFamily: "var(--font-sans)" },
});
