/** One language of the examples at a time, the same for all operations, and remembered. */
const KEY = "etude.docs-language";

export function languages(): void {
  let chosen = "curl";
  try {
    chosen = localStorage.getItem(KEY) ?? chosen;
  } catch {
    // Storage may be forbidden.
  }
  const groups = [...document.querySelectorAll<HTMLElement>(".op")].map(group);
  const show = (language: string): void => {
    for (const { codes, inputs } of groups) {
      const known = codes.some((code) => code.dataset.language === language);
      for (const code of codes) code.hidden = known && code.dataset.language !== language;
      for (const input of inputs) input.checked = input.value === language;
    }
  };
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.name.startsWith("language-")) return;
    show(target.value);
    try {
      localStorage.setItem(KEY, target.value);
    } catch {
      // It holds until the page is left.
    }
    // What stands above changes its height; the choice stays where it is.
    target.closest(".op")?.scrollIntoView({ block: "nearest" });
  });
  show(chosen);
}

function group(article: HTMLElement): { codes: HTMLElement[]; inputs: HTMLInputElement[] } {
  const codes = [...article.querySelectorAll<HTMLElement>(".docs__code")];
  if (codes.length < 2) return { codes, inputs: [] };
  const set = document.createElement("fieldset");
  set.className = "segmented docs__languages";
  set.ariaLabel = "Language of the example";
  const inputs = codes.map((code) => {
    const [label, input] = [document.createElement("label"), document.createElement("input")];
    label.className = "segmented__item";
    input.type = "radio";
    input.name = `language-${article.id}`;
    input.value = code.dataset.language ?? "";
    label.append(input, code.querySelector("figcaption > span")?.textContent ?? "");
    set.append(label);
    return input;
  });
  codes[0]?.before(set);
  return { codes, inputs };
}
