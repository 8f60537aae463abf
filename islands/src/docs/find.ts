/** Search as one types, and the mark on the operation that is being read. */
const PAGE = ".docs__page";

export function find(): void {
  const field = document.querySelector<HTMLInputElement>("#docs-search");
  const found = document.querySelector<HTMLElement>(".docs__found");
  const none = document.querySelector<HTMLElement>(".docs__none");
  const articles = [...document.querySelectorAll<HTMLElement>("[data-words]")];
  const schemas = [...document.querySelectorAll<HTMLElement>(".docs__schema")];
  const total = document.querySelectorAll(".op").length;
  if (!field || !found || !none) return;

  const search = (): void => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text: string): boolean => words.every((word) => text.includes(word));
    for (const element of articles) element.hidden = !fits(element.dataset.words ?? "");
    for (const element of schemas) element.hidden = !fits(element.id.toLowerCase());
    for (const group of document.querySelectorAll<HTMLElement>(".docs__group, .docs__section")) {
      const inside = [...group.querySelectorAll<HTMLElement>("[data-words], .docs__schema")];
      group.hidden = words.length > 0 && !inside.some((element) => !element.hidden);
    }
    const count = document.querySelectorAll(".op:not([hidden])").length;
    found.textContent = words.length > 0 ? `${count} of ${total} operations` : "";
    none.hidden = words.length === 0 || count > 0 || schemas.some((element) => !element.hidden);
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") document.querySelector<HTMLAnchorElement>("[data-words]:not([hidden]) > .docs__entry")?.click();
    if (event.key === "Escape" && field.value !== "") {
      event.preventDefault();
      field.value = "";
      search();
    }
  });
  search();
  mark();
}

function mark(): void {
  const entries = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>(".docs__entry")].map((entry) => [entry.hash.slice(1), entry]),
  );
  const seen = new Set<Element>();
  const observer = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) isIntersecting ? seen.add(target) : seen.delete(target);
      const first = [...document.querySelectorAll(".op")].find((article) => seen.has(article));
      for (const [id, entry] of entries) {
        if (id === first?.id) entry.setAttribute("aria-current", "true");
        else entry.removeAttribute("aria-current");
      }
    },
    { root: document.querySelector(PAGE), rootMargin: "0px 0px -70%" },
  );
  for (const article of document.querySelectorAll(".op")) observer.observe(article);
}
