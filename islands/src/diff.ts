/**
 * `<etude-diff>`: two versions of a text, with what differs between them.
 *
 * The server sends both texts, or a table of what changed, which can be read by itself. What differs
 * was found by `domain::diff::compare`; this shows it, of ten megabytes, too. Its code comes when the
 * first one comes near the window.
 */
import { read, type Content } from "./diff/model.ts";
import type { Layout, Shown } from "./diff/view.ts";
import { step } from "./diff/walk.ts";
import { forget, whenNear } from "./near.ts";

/** Narrower than this, in rem, two sides do not fit. */
const SPLIT_REM_MIN = 36;

export class EtudeDiff extends HTMLElement {
  static observedAttributes = ["data-view", "data-hunks", "data-old", "data-new", "aria-label"];

  /** What was set; without it, what stands inside. */
  #given: Content | null = null;
  #read: Content | null | undefined;
  #shown: { view: Shown; host: HTMLElement; layout: Layout; content: Content; names: string } | null = null;
  /** What the server sent, while something else stands there. */
  #hidden: HTMLElement[] = [];
  #alive: AbortController | null = null;
  #isNear = false;

  /** Both texts and `TextDiff`, as an object or as JSON. */
  get content(): { old: string; new: string; diff: unknown } | null {
    return this.#content;
  }

  set content(content: { old: string; new: string; diff: unknown } | null) {
    this.#given = content && read(content.old, content.new, content.diff);
    this.#again();
  }

  /** How many hunks there are. */
  get count(): number {
    return this.#content?.diff.hunks.length ?? 0;
  }

  /** Goes to the next difference of the page; says whether there is one. */
  next(): Promise<boolean> {
    return step(this, 1);
  }

  /** Goes to the previous difference of the page; says whether there is one. */
  previous(): Promise<boolean> {
    return step(this, -1);
  }

  /** Shows every unchanged line. */
  unfold(): void {
    this.#shown?.view.unfold();
  }

  /** Brings a hunk into view, once it can be shown. */
  async reveal(hunk: number, sentence: string): Promise<void> {
    await this.#show();
    this.#shown?.view.reveal(hunk, sentence);
  }

  unmark(): void {
    this.#shown?.view.unmark();
  }

  connectedCallback(): void {
    if (this.#alive) return;
    this.#alive = new AbortController();
    const { signal } = this.#alive;
    const own = Object.getOwnPropertyDescriptor(this, "content");
    if (own && "value" in own) {
      // Set before the element knew what it means.
      Reflect.deleteProperty(this, "content");
      this.content = own.value;
    }
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    const sized = new ResizeObserver(() => this.#isNear && void this.#show());
    sized.observe(this);
    const changed = new MutationObserver(() => this.#again());
    this.querySelectorAll("pre[data-side]").forEach((side) => changed.observe(side, { childList: true, characterData: true, subtree: true }));
    signal.addEventListener("abort", () => {
      sized.disconnect();
      changed.disconnect();
      forget(this);
    });
    whenNear(this, () => {
      this.#isNear = true;
      void this.#show();
    });
  }

  disconnectedCallback(): void {
    // A list that is reordered takes its rows out and puts them back: only one that stays out ends.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#alive?.abort();
      this.#alive = null;
      this.#isNear = false;
      this.#hide();
    });
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null): void {
    if (before !== now && this.#alive) this.#again();
  }

  get #content(): Content | null {
    if (this.#given) return this.#given;
    if (this.#read === undefined) {
      const side = (name: string) => this.querySelector(`pre[data-side="${name}"]`)?.textContent ?? null;
      this.#read = read(side("old"), side("new"), this.dataset.hunks);
    }
    return this.#read;
  }

  get #layout(): Layout {
    const rem = parseFloat(getComputedStyle(this.ownerDocument.documentElement).fontSize) || 16;
    return this.dataset.view === "unified" || this.clientWidth < SPLIT_REM_MIN * rem ? "unified" : "split";
  }

  /** Something is different: what is shown is shown anew, once everything has been said. */
  #again(): void {
    this.#read = undefined;
    if (this.#isNear) queueMicrotask(() => void this.#show());
  }

  async #show(): Promise<void> {
    if (!this.#content) return this.#hide();
    const { show } = await import("./diff/view.ts");
    // The element may have changed, or be gone, while the code was under way.
    const content = this.#content;
    if (!this.isConnected || !content) return this.#hide();
    const names = { all: this.getAttribute("aria-label") ?? "Changes", old: this.dataset.old ?? "before", new: this.dataset.new ?? "after" };
    const [layout, said, now] = [this.#layout, Object.values(names).join("\n"), this.#shown];
    if (now?.content === content && now.layout === layout && now.names === said) return now.view.measure();
    this.#hide();
    this.#hidden = [...this.querySelectorAll<HTMLElement>(":scope > :not([hidden])")];
    // First: the editor measures itself, and what can be seen would be laid out for that.
    this.#hidden.forEach((child) => (child.hidden = true));
    const host = this.ownerDocument.createElement("div");
    this.append(host);
    this.#shown = { view: show(host, layout, content, names), host, layout, content, names: said };
    this.dataset.shown = layout;
  }

  /** What the server sent comes back. */
  #hide(): void {
    this.#shown?.view.destroy();
    this.#shown?.host.remove();
    this.#shown = null;
    this.#hidden.forEach((child) => (child.hidden = false));
    this.#hidden = [];
    delete this.dataset.shown;
  }

  #key(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== "n" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    event.preventDefault();
    void (event.shiftKey ? this.previous() : this.next());
  }
}

customElements.define("etude-diff", EtudeDiff);
