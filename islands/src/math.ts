/**
 * `<etude-math>`: a formula, from the TeX that stands in it.
 *
 * MathML alone: it needs no fonts and no inline styles, and assistive technology reads it. Where the
 * TeX cannot be shown as a formula, it stays what it is.
 */
import { build } from "./markup.ts";
import { layTables, RULES } from "./math/rules.ts";
import { forget, whenNear } from "./near.ts";
import { recall, work } from "./workshop.ts";

/** Longest TeX that is rendered, in UTF-16 units. */
const LENGTH_MAX = 20 * 1024;

export class EtudeMath extends HTMLElement {
  #source: string | null = null;

  connectedCallback(): void {
    if (this.#source !== null) return;
    const known = recall({ kind: "math", display: this.hasAttribute("display"), text: this.textContent ?? "" });
    if (known !== null) this.#show(this.textContent ?? "", known);
    else whenNear(this, () => void this.#render());
  }

  disconnectedCallback(): void {
    forget(this);
  }

  /** The TeX, also when the formula stands in its place. */
  get source(): string {
    return this.#source ?? this.textContent ?? "";
  }

  async #render(): Promise<void> {
    const text = this.textContent ?? "";
    if (this.#source !== null || text.trim() === "" || text.length > LENGTH_MAX) return;
    this.#source = text;
    const markup = await work({ kind: "math", display: this.hasAttribute("display"), text });
    if (markup !== null && this.textContent === text) this.#show(text, markup);
  }

  #show(text: string, markup: string): void {
    this.#source = text;
    const display = this.hasAttribute("display");
    // KaTeX wraps its MathML in a span, which no style of ours needs.
    const inner = markup.replace(/^<span class="katex">|<\/span>$/g, "").replace(/ xmlns="[^"]*"/, "");
    const math = build(inner, RULES);
    if (!math) return;
    layTables(math);
    this.replaceChildren(math);
    this.dataset.state = "rendered";
    // What scrolls sideways must be reachable by keyboard.
    if (display && this.scrollWidth > this.clientWidth) {
      this.tabIndex = 0;
      this.setAttribute("role", "group");
      this.setAttribute("aria-label", "Formula");
    }
  }
}

customElements.define("etude-math", EtudeMath);
