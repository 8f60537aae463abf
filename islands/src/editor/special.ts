/**
 * Shows what cannot be seen: control characters, line separators, marks of direction, the mark of byte order.
 *
 * All of them stay in the text. A field has one kind of line end, so that a carriage return is seen in a
 * difference alone.
 */
import type { Extension } from "@codemirror/state";
import { highlightSpecialChars } from "@codemirror/view";

const CARRIAGE_RETURN = 13;

/** Shows them; carriage returns may be left out. */
export function specialChars(withoutReturns = false): Extension {
  return highlightSpecialChars({
    render: (code, description, picture) => {
      const shown = document.createElement("span");
      if (withoutReturns && code === CARRIAGE_RETURN) return shown;
      shown.className = "cm-specialChar";
      shown.title = description ?? "";
      shown.setAttribute("role", "img");
      shown.setAttribute("aria-label", description ?? "");
      shown.textContent = picture;
      return shown;
    },
  });
}

/** Whether every line of both texts ends in CR LF: then that tells nothing. */
export function endsAlike({ old, new: now }: { old: string; new: string }): boolean {
  return [old, now].every((text) => text.includes("\r") && !/\r(?!\n)|(?:^|[^\r])\n/.test(text));
}
