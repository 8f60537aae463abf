/**
 * `<etude-code>`: a block of code that can be copied, and has colours once it is whole.
 *
 * The code is a model's: it may be anything. It is read as text, coloured in a worker, and comes back
 * as spans with a class each; if one character of it differs, it stays as it was.
 */
import { copyText } from "./code/copy.ts";
import { build, type Rules } from "./markup.ts";
import { forget, whenNear } from "./near.ts";
import { recall, work } from "./workshop.ts";

/** Longest code that is coloured, in UTF-16 units. */
const LENGTH_MAX = 200 * 1024;
/** How long "Copied" stands, in milliseconds. */
const SAID_MS = 2_000;

const CLASS = /^(?:hljs-[a-z_-]+|[a-z]+_{1,4}|language-[a-z]+)(?: |$)/;
const RULES: Rules = {
  namespace: "http://www.w3.org/1999/xhtml",
  element: (name, attributes) => {
    const words = attributes.get("class") ?? "";
    if (name !== "span" || !CLASS.test(words)) return null;
    return { class: words.split(" ").filter((word) => word.startsWith("hljs-")).join(" ") };
  },
  depthMax: 64,
  nodesMax: 200_000,
};

export class EtudeCode extends HTMLElement {
  static observedAttributes = ["closed", "language"];
  #done = false;

  connectedCallback(): void {
    const pre = this.querySelector("pre");
    if (pre && !this.querySelector(".code__copy")) {
      // A block that scrolls sideways must be reachable by keyboard.
      if (!pre.hasAttribute("tabindex")) pre.tabIndex = 0;
      if (!pre.hasAttribute("role")) pre.setAttribute("role", "group");
      if (!pre.hasAttribute("aria-label")) pre.setAttribute("aria-label", this.#language ? `${this.#language} code` : "Code");
      (this.querySelector(".code__head") ?? this).append(copying(() => this.#code));
    }
    this.#colour();
  }

  disconnectedCallback(): void {
    forget(this);
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#colour();
  }

  /** Not `lang`: that is the language of people. */
  get #language(): string {
    return this.getAttribute("language") ?? "";
  }

  get #code(): HTMLElement | null {
    return this.querySelector<HTMLElement>("pre > code");
  }

  #colour(): void {
    if (this.#done || !this.hasAttribute("closed") || this.#language === "") return;
    const text = this.#code?.textContent ?? "";
    const known = recall({ kind: "code", language: this.#language, text });
    if (known !== null) this.#show(text, known);
    else whenNear(this, () => void this.#colourNow());
  }

  async #colourNow(): Promise<void> {
    const code = this.#code;
    const text = code?.textContent ?? "";
    if (!code || this.#done || text.trim() === "" || text.length > LENGTH_MAX) return;
    this.#done = true;
    const markup = await work({ kind: "code", language: this.#language, text });
    if (markup !== null) this.#show(text, markup);
  }

  #show(text: string, markup: string): void {
    this.#done = true;
    const [code, spans] = [this.#code, build(markup, RULES)];
    if (code && spans?.textContent === text && code.textContent === text) code.replaceChildren(spans);
  }
}

/** The button, and the place where it says what it did. */
function copying(code: () => HTMLElement | null): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.dataset.kind = "quiet";
  button.dataset.size = "sm";
  button.setAttribute("aria-label", "Copy code");
  button.textContent = "Copy";
  const said = document.createElement("span");
  said.className = "code__said";
  said.setAttribute("role", "status");
  let timer: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener("click", async () => {
    const element = code();
    const done = element !== null && (await copyText(element));
    said.textContent = done ? "Copied" : "The browser refused. Select the code and copy it.";
    clearTimeout(timer);
    timer = setTimeout(() => (said.textContent = ""), done ? SAID_MS : 3 * SAID_MS);
  });
  const bar = document.createElement("div");
  bar.className = "code__copy";
  bar.append(said, button);
  return bar;
}

customElements.define("etude-code", EtudeCode);
