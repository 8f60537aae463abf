/**
 * Copies text, also where the browser has no clipboard to offer.
 *
 * `navigator.clipboard` is there on HTTPS and on localhost only; a server in one's own network is
 * often neither. Selecting and copying is old, and works there.
 */

/** Copies the text of an element. Says whether it is on the clipboard. */
export async function copyText(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    return copySelected(element);
  }
}

function copySelected(element: HTMLElement): boolean {
  const selection = document.getSelection();
  if (!selection) return false;
  const before = selection.rangeCount > 0 ? selection.getRangeAt(0) : null;
  selection.selectAllChildren(element);
  // A listener puts the exact text there: what a selection copies may gain a line break.
  const put = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", element.textContent ?? "");
    event.preventDefault();
  };
  document.addEventListener("copy", put, { once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", put);
  selection.removeAllRanges();
  if (before) selection.addRange(before);
  return done;
}
