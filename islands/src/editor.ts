/**
 * `<etude-editor>`: a textarea that holds ten megabytes.
 *
 * The server sends a textarea, which works by itself. This takes its place with everything that is
 * in it, and leaves it there, hidden, to be the field's description and the form's value.
 */
import { history, isolateHistory } from "@codemirror/commands";
import { Compartment, EditorSelection, EditorState, Text, Transaction, type Extension } from "@codemirror/state";
import { EditorView, type ViewUpdate } from "@codemirror/view";
import { difference, oneLineBreak } from "./editor/difference.ts";
import { takeFiles } from "./editor/files.ts";
import { answerFor } from "./editor/form.ts";
import type { Finding, Problem, SchemaCheck } from "./editor/json.ts";
import { textKeys } from "./editor/keys.ts";
import { NameWatch } from "./editor/names.ts";
import { knownNames, paintVariables } from "./editor/paint.ts";
import { specialChars } from "./editor/special.ts";
import { asDescribed, describeAgain, FOLLOWED } from "./editor/textarea.ts";
import { theme } from "./editor/theme.ts";
import { typeOver } from "./editor/typing.ts";
import { readHistory, saveHistory, startHistory, type SavedHistory } from "./editor/undo.ts";
import { settleWrapping, wrapLines } from "./editor/wrapping.ts";

export type { Finding, Problem, SavedHistory, SchemaCheck };

/** Detail of `edit`: places in the text before it, in UTF-16 units, in ascending order. */
export interface Edit {
  changes: [from: number, to: number, insert: string][];
  length: number;
  userEvent: string | null;
}

/** How long the text has to rest for `edit-idle`, in milliseconds. */
const IDLE_MS = 300;
/** From this length on telling a text takes longer than a frame, in UTF-16 units: it is done once the hand rests, too. */
const HEAVY = 1024 * 1024;
const IDLE_HEAVY_MS = 1_000;
/** Up to this length the textarea is kept alike while resting, in UTF-16 units. */
const SYNC_MAX = 256 * 1024;
const MAX_HISTORY_BYTES = 1024 * 1024;
const PROPERTIES = ["known", "schemaCheck", "maxHistory", "value", "history", "selectionRange"] as const;

export class EtudeEditor extends HTMLElement {
  static observedAttributes = ["kind", "known", "min-lines"];

  #view: EditorView | null = null;
  /** What was there when the element was taken out of the page. */
  #kept: EditorState | null = null;
  #textarea: HTMLTextAreaElement | null = null;
  #alive = new AbortController();
  #awaiting: MutationObserver | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #known: ReadonlySet<string> | null = null;
  #schemaCheck: SchemaCheck | null = null;
  #maxHistory = MAX_HISTORY_BYTES;
  #stale = false;
  #left = { focused: false, top: 0 };
  readonly #kind = new Compartment();
  readonly #filled = new Compartment();
  readonly #undo = new Compartment();
  readonly #names = new NameWatch((names) => this.#tell("variables", names));

  /** The text. Builds a string: for saving, not for every key. */
  get value(): string {
    return this.#state ? this.#state.doc.toString() : (this.querySelector("textarea")?.value ?? "");
  }

  set value(text: string) {
    this.setValue(text, { undoable: false });
  }

  /** Replaces the text, touching only the part that differs, so that the cursor stays where it can. */
  setValue(text: string, { undoable = true }: { undoable?: boolean } = {}): void {
    const changes = difference(this.value, oneLineBreak(text));
    if (!changes) return;
    const annotations = [undoable ? isolateHistory.of("full") : Transaction.addToHistory.of(false), Transaction.userEvent.of("set")];
    if (this.#view) {
      this.#view.dispatch({ changes, annotations });
      settleWrapping(this.#view);
    } else if (this.#kept) {
      this.#kept = this.#kept.update({ changes, annotations }).state;
    } else {
      const textarea = this.querySelector("textarea");
      if (textarea) textarea.value = text;
    }
  }

  /** Length of the text, in UTF-16 units. */
  get length(): number {
    return this.#state?.doc.length ?? this.value.length;
  }

  /** Where the selection began and where the cursor is. */
  get selectionRange(): [anchor: number, head: number] {
    const { anchor = 0, head = 0 } = this.#state?.selection.main ?? {};
    return [anchor, head];
  }

  set selectionRange([anchor, head]: [number, number]) {
    const clamp = (at: number) => Math.min(Math.max(0, at), this.length);
    this.#view?.dispatch({ selection: { anchor: clamp(anchor), head: clamp(head) }, scrollIntoView: true });
  }

  /** Puts text in the place of the selection, as one step that can be undone. */
  insert(text: string): void {
    const view = this.#view;
    if (!view || view.state.readOnly) return;
    const change = view.state.replaceSelection(oneLineBreak(text));
    view.dispatch(change, { userEvent: "input.insert", annotations: isolateHistory.of("full"), scrollIntoView: true });
  }

  /** Checks JSON further, once it is JSON. */
  get schemaCheck(): SchemaCheck | null {
    return this.#schemaCheck;
  }

  set schemaCheck(check: SchemaCheck | null) {
    this.#schemaCheck = check;
    if (this.#view && this.#is === "json") void this.#beKind();
  }

  /** Most bytes that `history` may have as JSON. */
  get maxHistory(): number {
    return this.#maxHistory;
  }

  set maxHistory(bytes: number) {
    this.#maxHistory = bytes;
  }

  /** What can be undone, as plain JSON of at most `maxHistory` bytes; set it with the text it belongs to. */
  get history(): SavedHistory | null {
    return this.#state && saveHistory(this.#state, this.maxHistory);
  }

  set history(saved: SavedHistory | null) {
    const view = this.#view;
    const value = view && readHistory(saved, view.state.doc.length);
    if (value) view.dispatch({ effects: this.#undo.reconfigure([startHistory(value), history()]) });
  }

  /** Names of variables that have a value; null where that is not known. */
  get known(): readonly string[] | null {
    return this.#known && [...this.#known];
  }

  set known(names: readonly string[] | null) {
    this.#known = names && new Set(names);
    this.#view?.dispatch({ effects: this.#filled.reconfigure(knownNames.of(this.#known)) });
  }

  /** Names of the variables in the text, in the order of first use. */
  get variables(): readonly string[] {
    return this.#names.names;
  }

  override focus(options?: FocusOptions): void {
    if (!this.#view) this.querySelector("textarea")?.focus(options);
    else if (options?.preventScroll) this.#view.contentDOM.focus(options);
    else this.#view.focus();
  }

  connectedCallback(): void {
    if (this.#view) return this.#comeBack(this.#view);
    const textarea = this.querySelector("textarea");
    if (textarea) return this.#takeOver(textarea);
    this.#awaiting ??= new MutationObserver(() => this.isConnected && this.connectedCallback());
    this.#awaiting.observe(this, { childList: true, subtree: true });
  }

  /** Being here, even empty, lets `moveBefore` move the element without taking it out first. */
  connectedMoveCallback(): void {}

  disconnectedCallback(): void {
    const view = this.#view;
    this.#awaiting?.disconnect();
    if (!view) return;
    // A list that is reordered takes its rows out and puts them back: only one that stays out ends.
    queueMicrotask(() => {
      if (this.isConnected || this.#view !== view) return;
      this.#sync(SYNC_MAX);
      this.#kept = view.state;
      this.#alive.abort();
      this.#names.stop();
      clearTimeout(this.#idle);
      view.destroy();
      this.#view = null;
      if (this.#textarea) this.#textarea.hidden = false;
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return;
    if (name === "known") this.known = readNames(now);
    else if (name === "min-lines") this.#showLines();
    else if (this.#view) void this.#beKind();
  }

  #takeOver(textarea: HTMLTextAreaElement): void {
    this.#awaiting?.disconnect();
    this.#textarea = textarea;
    this.#alive = new AbortController();
    const early = takeEarly(this);
    const kept = this.#kept;
    this.#kept = null;
    const { selectionStart, selectionEnd, selectionDirection } = textarea;
    const focused = textarea.ownerDocument.activeElement === textarea;
    const doc = Text.of(textarea.value.split("\n"));
    // Asking where it stands makes the browser lay it out, which takes seconds for a long text.
    const scrollTop = focused || doc.length < SYNC_MAX ? textarea.scrollTop : 0;
    const selection = selectionDirection === "backward"
      ? EditorSelection.single(selectionEnd, selectionStart)
      : EditorSelection.single(selectionStart, selectionEnd);
    const state = kept ?? EditorState.create({ doc, selection, extensions: this.#extensions(doc, textarea) });
    // First: the editor measures itself, and what can be seen would be laid out for that.
    textarea.hidden = true;
    const view = new EditorView({ state, parent: this });
    this.#view = view;
    this.#showLines();
    // Taking the focus ends a composition, and what was composed lands in the textarea only then.
    if (focused) view.focus();
    if (!kept && textarea.value.length !== doc.length) this.setValue(textarea.value);
    if (scrollTop > 0) view.requestMeasure({ read: () => (view.scrollDOM.scrollTop = scrollTop) });
    this.#listen(textarea);
    Object.assign(this, early);
    void this.#beKind();
    if (this.#is === "text") this.#names.begin(view.state.doc);
  }

  #extensions(doc: Text, textarea: HTMLTextAreaElement): Extension {
    // The page's scripts know the nonce; CodeMirror needs it for the styles that it writes.
    const nonce = textarea.ownerDocument.querySelector<HTMLElement>("script[nonce]")?.nonce;
    return [
      nonce ? EditorView.cspNonce.of(nonce) : [],
      this.#kind.of([]),
      this.#undo.of(history()),
      this.#filled.of(knownNames.of(this.#known)),
      asDescribed(textarea),
      takeFiles((files) => this.#tell("files", files)),
      textKeys(),
      typeOver(),
      wrapLines(doc),
      specialChars(),
      theme,
      EditorState.tabSize.of(2),
      EditorView.updateListener.of((update) => this.#updated(update)),
    ];
  }

  #listen(textarea: HTMLTextAreaElement): void {
    const { signal } = this.#alive;
    const page = textarea.ownerDocument;
    const inForm = (event: Event) => textarea.form !== null && event.target === textarea.form;
    page.addEventListener("formdata", (event) => answerFor(textarea, event, () => this.value), { signal });
    page.addEventListener("reset", (event) => inForm(event) && this.setValue(textarea.defaultValue), { signal });
    page.defaultView?.addEventListener("pagehide", () => this.#sync(SYNC_MAX), { signal });
    // A click on a label arrives here.
    textarea.addEventListener("click", () => this.focus(), { signal });
    const follower = new MutationObserver(() => this.#view?.dispatch({ effects: describeAgain(textarea) }));
    follower.observe(textarea, { attributeFilter: FOLLOWED });
    signal.addEventListener("abort", () => follower.disconnect());
    // A browser takes the focus away just before it takes the element out: what counts is who has it afterwards.
    const look = () => queueMicrotask(() => (this.#left.focused = this.contains(page.activeElement)));
    for (const type of ["focusin", "focusout"]) this.addEventListener(type, look, { signal });
    const scroller = this.#view?.scrollDOM;
    scroller?.addEventListener("scroll", () => this.isConnected && (this.#left.top = scroller.scrollTop), { signal });
  }

  #comeBack(view: EditorView): void {
    view.requestMeasure();
    view.scrollDOM.scrollTop = this.#left.top;
    if (this.#left.focused) view.focus();
  }

  get #state(): EditorState | null {
    return this.#view?.state ?? this.#kept;
  }

  /** `text` has variables, `json` is checked, `plain` is neither: the value of a variable is not read again. */
  get #is(): "text" | "json" | "plain" {
    const kind = this.getAttribute("kind");
    return kind === "json" || kind === "plain" ? kind : "text";
  }

  async #beKind(): Promise<void> {
    const kind = this.#is;
    let extension: Extension = kind === "text" ? paintVariables : [];
    if (kind === "json") {
      const { jsonKind } = await import("./editor/json.ts");
      extension = jsonKind(() => this.schemaCheck, (problems) => this.#tell("problems", problems));
    }
    // The kind may have changed while the code for it was under way.
    if (kind === this.#is) this.#view?.dispatch({ effects: this.#kind.reconfigure(extension) });
  }

  #showLines(): void {
    const lines = Number(this.getAttribute("min-lines") ?? this.#textarea?.rows ?? 1);
    this.#view?.dom.style.setProperty("--editor-lines", String(Math.min(Math.max(1, Math.trunc(lines) || 1), 100)));
  }

  #updated(update: ViewUpdate): void {
    if (!update.docChanged) return;
    if (this.#is === "text") this.#names.update(update);
    const changes: Edit["changes"] = [];
    update.changes.iterChanges((from, to, _start, _end, inserted) => changes.push([from, to, inserted.toString()]));
    const userEvent = update.transactions.map((part) => part.annotation(Transaction.userEvent)).find(Boolean) ?? null;
    this.#stale = true;
    this.#tell("edit", { changes, length: update.state.doc.length, userEvent } satisfies Edit);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#rest(), this.length < HEAVY ? IDLE_MS : IDLE_HEAVY_MS);
  }

  #rest(): void {
    if (!this.#view) return;
    settleWrapping(this.#view);
    this.#sync(SYNC_MAX);
    this.#tell("edit-idle", { length: this.length });
  }

  /** Writes the text into the textarea, without an event: the page has heard of it already. */
  #sync(lengthMax: number): void {
    if (!this.#stale || !this.#textarea || this.length >= lengthMax) return;
    this.#textarea.value = this.value;
    this.#stale = false;
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

function readNames(json: string | null): string[] | null {
  try {
    const names: unknown = JSON.parse(json ?? "null");
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : null;
  } catch {
    return null;
  }
}

/** Properties that were set before the element knew what they mean: they hide the real ones. */
function takeEarly(element: EtudeEditor): Partial<Record<(typeof PROPERTIES)[number], unknown>> {
  const early: Record<string, unknown> = {};
  for (const name of PROPERTIES) {
    const own = Object.getOwnPropertyDescriptor(element, name);
    if (!own || !("value" in own)) continue;
    early[name] = own.value;
    Reflect.deleteProperty(element, name);
  }
  return early;
}

customElements.define("etude-editor", EtudeEditor);
