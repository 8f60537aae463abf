/** Goes from difference to difference, through all of a page's texts. */

/** What can be walked through. */
export interface Walked extends HTMLElement {
  readonly count: number;
  reveal(hunk: number, sentence: string): Promise<void>;
  unmark(): void;
}

/** Where the walk is. */
let here: { element: Walked; hunk: number } | null = null;

/**
 * Goes one difference on, or back, from where the walk is, or from `start` where it has not begun.
 * Past the last it goes on at the first. Says whether there was one.
 */
export async function step(start: Walked, by: 1 | -1): Promise<boolean> {
  const all = [...start.ownerDocument.querySelectorAll<Walked>(start.localName)].filter(({ count }) => count > 0);
  const total = all.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return false;
  const offset = (element: Walked) => all.slice(0, all.indexOf(element)).reduce((sum, { count }) => sum + count, 0);
  const known = here && all.includes(here.element) && here.hunk < here.element.count ? here : null;
  const first = all.includes(start) ? offset(start) : 0;
  const from = known ? offset(known.element) + known.hunk : by > 0 ? first - 1 : first;
  let place = (from + by + total) % total;
  const number = place + 1;
  const element = all.find(({ count }) => {
    if (place < count) return true;
    place -= count;
    return false;
  })!;
  if (here && here.element !== element) here.element.unmark();
  here = { element, hunk: place };
  await element.reveal(place, `Difference ${number} of ${total}`);
  return true;
}
