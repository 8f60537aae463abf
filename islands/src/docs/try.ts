/** The forms: each sends its operation to this very server, and shows what comes as it comes. */

import { indented } from "./json.ts";

/** Headers of an answer that say something beside it. */
const SHOWN = /^(content-type|retry-after(-ms)?|x-(request-id|etude-run|etude-notice|should-retry|ratelimit-(limit|remaining|reset)))$/;
/** Most characters of an answer that are shown. */
const LENGTH_MAX = 500_000;

export function forms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>(".try")) new Try(form);
}

/** One form. */
class Try {
  readonly #form: HTMLFormElement;
  #sending: AbortController | null = null;
  #shown = 0;

  constructor(form: HTMLFormElement) {
    this.#form = form;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    form.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        form.requestSubmit();
      }
      if (event.key === "Escape" && this.#sending) {
        event.preventDefault();
        this.#sending.abort();
      }
    });
    this.#find("[data-stop]").addEventListener("click", () => this.#sending?.abort());
    const examples = form.querySelector<HTMLSelectElement>("[data-examples]");
    const body = form.querySelector<HTMLTextAreaElement>("[data-in=body]");
    examples?.addEventListener("change", () => {
      if (body) body.value = examples.value;
    });
    // A reload keeps what was typed, but not which example it was.
    examples?.form?.reset();
  }

  #find(selector: string): HTMLElement {
    const found = this.#form.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`${selector} is not in the form.`);
    return found;
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    const sending = (this.#sending = new AbortController());
    const started = performance.now();
    const took = (): string => `${((performance.now() - started) / 1000).toFixed(2)} s`;
    this.#begin();
    let head = "";
    try {
      const response = await fetch(this.#url(), this.#request(sending.signal));
      head = `${response.status} ${response.statusText}`.trim();
      this.#say(`${head}, first byte after ${took()}`, response.ok);
      this.#head(response);
      await this.#read(response);
      this.#say(`${head} in ${took()}`, response.ok);
    } catch (error) {
      const stopped = sending.signal.aborted;
      const why = stopped ? `stopped after ${took()}` : `cut after ${took()}: ${(error as Error).message}`;
      this.#say(head === "" && !stopped ? `No answer: ${(error as Error).message}` : `${head} ${why}`.trim(), false);
    } finally {
      this.#sending = null;
      this.#end();
    }
  }

  #begin(): void {
    this.#find("[type=submit]").toggleAttribute("disabled", true);
    this.#find("[data-stop]").hidden = false;
    const answer = this.#find(".try__answer");
    answer.ariaBusy = "true";
    answer.hidden = true;
    this.#find("[data-body]").replaceChildren();
    this.#find("[data-headers]").replaceChildren();
    this.#shown = 0;
    this.#say("Sending", true);
  }

  #end(): void {
    const stop = this.#find("[data-stop]");
    const hadFocus = stop.contains(document.activeElement);
    stop.hidden = true;
    const send = this.#find("[type=submit]");
    send.removeAttribute("disabled");
    // Who stopped it by key must not lose the place.
    if (hadFocus || document.activeElement === document.body) send.focus({ preventScroll: true });
    this.#find(".try__answer").ariaBusy = null;
  }

  #say(text: string, good: boolean): void {
    const status = this.#find(".try__status");
    status.textContent = text;
    status.dataset.tone = good ? "ok" : "bad";
  }

  #values(place: string): [string, string][] {
    const inputs = this.#form.querySelectorAll<HTMLInputElement | HTMLSelectElement>(`[data-in=${place}]`);
    return [...inputs].filter((input) => input.value !== "").map((input) => [input.dataset.name ?? "", input.value]);
  }

  #url(): string {
    let path = this.#form.dataset.path ?? "";
    // A model's name may have slashes in it, which stand as they are.
    for (const [name, value] of this.#values("path")) path = path.replace(`{${name}}`, encodeURIComponent(value).replaceAll("%2F", "/"));
    const query = new URLSearchParams(this.#values("query")).toString();
    return query === "" ? path : `${path}?${query}`;
  }

  #request(signal: AbortSignal): RequestInit {
    const headers = new Headers(this.#values("header"));
    const body = this.#form.querySelector<HTMLTextAreaElement>("[data-in=body]")?.value ?? null;
    if (body !== null) headers.set("content-type", "application/json");
    return { method: this.#form.dataset.method ?? "GET", headers, body, signal, cache: "no-store" };
  }

  #head(response: Response): void {
    const list = this.#find("[data-headers]");
    for (const [name, value] of response.headers) {
      if (!SHOWN.test(name)) continue;
      const [row, term, text] = ["div", "dt", "dd"].map((tag) => document.createElement(tag)) as [HTMLElement, HTMLElement, HTMLElement];
      const code = document.createElement("code");
      code.textContent = name;
      term.append(code);
      text.textContent = value;
      row.append(term, text);
      list.append(row);
    }
    this.#find(".try__answer").hidden = false;
    const run = response.headers.get("x-etude-run");
    if (run !== null) remember(run);
  }

  async #read(response: Response): Promise<void> {
    const kind = response.headers.get("content-type") ?? "";
    if (/[/+]json/.test(kind)) {
      const text = await response.text();
      this.#append(indented(text), false);
      return;
    }
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const piece = await reader?.read();
      if (!piece || piece.done) return;
      this.#append(piece.value, true);
    }
  }

  /** Adds to the body; a stream is followed as long as its end is in sight. */
  #append(text: string, follow: boolean): void {
    const body = this.#find("[data-body]");
    const pre = body.closest("pre");
    const atEnd = follow && !!pre && pre.scrollHeight - pre.scrollTop - pre.clientHeight < 8;
    const room = LENGTH_MAX - this.#shown;
    if (room > 0) body.append(text.slice(0, room));
    if (text.length >= room && room > 0) body.append("\n… the rest is not shown.");
    this.#shown += text.length;
    if (atEnd) pre.scrollTop = pre.scrollHeight;
  }
}

/** Forms that ask for a run or a response are given the one that has just been made, unless another was typed. */
function remember(run: string): void {
  const ids = { "run_": run, "resp_": run.replace("run_", "resp_") };
  for (const input of document.querySelectorAll<HTMLInputElement>('.try [data-in=path][data-name="id"]')) {
    const prefix = input.defaultValue.startsWith("resp_") ? "resp_" : "run_";
    if (input.value !== input.defaultValue) continue;
    input.defaultValue = input.value = ids[prefix];
  }
}
