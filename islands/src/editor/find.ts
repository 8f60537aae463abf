/**
 * Finds and replaces, in a panel of our own.
 *
 * CodeMirror's panel has unlabelled parts and no count. This one has names, a live count that is
 * bounded, and looks that come from the stylesheet. It searches for what was typed, letter by letter:
 * a pattern over ten megabytes could freeze the page.
 */
import type { Extension } from "@codemirror/state";
import {
  closeSearchPanel,
  findNext,
  findPrevious,
  getSearchQuery,
  openSearchPanel,
  replaceAll,
  replaceNext,
  search,
  searchPanelOpen,
  SearchQuery,
  setSearchQuery,
} from "@codemirror/search";
import { keymap, type Command, type EditorView, type Panel, type ViewUpdate } from "@codemirror/view";

/** Matches are counted up to here: beyond, the count says "more than". */
const COUNT_MAX = 1_000;
/** How long the text has to rest before matches are counted again, in milliseconds. */
const COUNT_REST_MS = 150;

/** Everything the panel needs. */
export function findPanel(): Extension {
  return [
    search({ top: true, literal: true, createPanel }),
    keymap.of([
      { key: "F3", run: findNext, shift: findPrevious, preventDefault: true },
      { key: "Mod-g", run: ifOpen(findNext), shift: ifOpen(findPrevious) },
      // An Esc that closes the panel must not stop a run as well.
      { key: "Escape", run: closeSearchPanel, stopPropagation: true },
    ]),
  ];
}

/** Opens the panel, or brings the focus back to it. */
export function openFind(view: EditorView): void {
  openSearchPanel(view);
  const field = view.dom.querySelector<HTMLInputElement>(".find__text");
  field?.focus();
  field?.select();
}

function ifOpen(command: Command): Command {
  return (view) => searchPanelOpen(view.state) && command(view);
}

function createPanel(view: EditorView): Panel {
  const find = field("Find", "find__text");
  const replacement = field("Replace with", "find__replacement");
  const matchCase = button("Match case", () => {
    matchCase.setAttribute("aria-pressed", String(matchCase.ariaPressed !== "true"));
    commit();
  });
  matchCase.setAttribute("aria-pressed", "false");
  const count = document.createElement("span");
  count.className = "find__count";
  count.setAttribute("role", "status");

  const dom = document.createElement("div");
  dom.className = "find";
  dom.setAttribute("role", "search");
  dom.setAttribute("aria-label", "Find in this text");
  const replacing = row(replacement, button("Replace", () => replaceNext(view)), button("Replace all", () => replaceAll(view)));
  const close = button("Close", () => closeSearchPanel(view));
  const previous = button("Previous", () => findPrevious(view));
  dom.append(row(find, previous, button("Next", () => findNext(view)), matchCase, count, close), replacing);

  let timer: ReturnType<typeof setTimeout> | undefined;
  const recount = (delay: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => (count.textContent = counted(view)), delay);
  };
  const commit = (): void => {
    const caseSensitive = matchCase.ariaPressed === "true";
    const query = new SearchQuery({ search: find.value, replace: replacement.value, caseSensitive, literal: true });
    if (!query.eq(getSearchQuery(view.state))) view.dispatch({ effects: setSearchQuery.of(query) });
  };
  // What happens in here is no edit of the text around it.
  for (const type of ["input", "change"]) {
    dom.addEventListener(type, (event) => {
      event.stopPropagation();
      commit();
    });
  }
  dom.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
      if (event.target === replacement) replaceNext(view);
      else (event.shiftKey ? findPrevious : findNext)(view);
    } else if (event.key === "Escape") closeSearchPanel(view);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const show = (): void => {
    const query = getSearchQuery(view.state);
    if (find.value !== query.search) find.value = query.search;
    if (replacement.value !== query.replace) replacement.value = query.replace;
    matchCase.setAttribute("aria-pressed", String(query.caseSensitive));
    replacing.hidden = view.state.readOnly;
    recount(COUNT_REST_MS);
  };
  show();
  return {
    dom,
    top: true,
    mount: () => find.select(),
    update: (update: ViewUpdate) => {
      const asked = update.transactions.some(({ effects }) => effects.some((effect) => effect.is(setSearchQuery)));
      if (asked || update.docChanged || update.selectionSet) show();
    },
    destroy: () => clearTimeout(timer),
  };
}

/** Says which match is selected, of how many. */
function counted(view: EditorView): string {
  const query = getSearchQuery(view.state);
  if (!query.valid) return "";
  const { from, to } = view.state.selection.main;
  let [total, current] = [0, 0];
  const matches = query.getCursor(view.state);
  for (let next = matches.next(); !next.done && total < COUNT_MAX; next = matches.next()) {
    total += 1;
    if (next.value.from === from && next.value.to === to) current = total;
  }
  if (total === 0) return "No match";
  const of = total === COUNT_MAX ? `more than ${COUNT_MAX.toLocaleString("en")}` : String(total);
  return current > 0 ? `${current} of ${of}` : total === 1 ? "1 match" : `${of} matches`;
}

function field(label: string, part: string): HTMLInputElement {
  const input = document.createElement("input");
  input.className = `input ${part}`;
  input.type = "text";
  input.placeholder = label;
  input.setAttribute("aria-label", label);
  input.autocomplete = "off";
  input.spellcheck = false;
  // CodeMirror's focus on opening goes by this attribute.
  if (part === "find__text") input.setAttribute("main-field", "true");
  return input;
}

function button(label: string, act: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button";
  element.dataset.kind = "quiet";
  element.dataset.size = "sm";
  element.textContent = label;
  element.addEventListener("click", act);
  return element;
}

function row(...parts: HTMLElement[]): HTMLDivElement {
  const element = document.createElement("div");
  element.className = "find__row";
  element.append(...parts);
  return element;
}
