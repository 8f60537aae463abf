/**
 * The page of the API: search, the language of the examples, copying, and the forms that try an operation.
 *
 * Everything that is read stands in the HTML. What comes back is shown as text, whatever it is.
 */
import { copyText } from "./code/copy.ts";
import { find } from "./docs/find.ts";
import { languages } from "./docs/languages.ts";
import { theme } from "./docs/theme.ts";
import { forms } from "./docs/try.ts";

/** How long "Copied" stands, in milliseconds. */
const SAID_MS = 2_000;

document.documentElement.dataset.hydrated = "";
theme();
contents();
find();
languages();
copying();
forms();
keys();
openTarget();
addEventListener("hashchange", openTarget);

/** On a phone the contents would stand before everything else. */
function contents(): void {
  const narrow = matchMedia("(width < 60rem)");
  const fold = (): void => {
    const details = document.querySelector<HTMLDetailsElement>(".docs__contents");
    if (details) details.open = !narrow.matches;
  };
  fold();
  narrow.addEventListener("change", fold);
  document.querySelector(".docs__list")?.addEventListener("click", fold);
}

/** A schema that a link leads to is shown whole. */
function openTarget(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
  target?.scrollIntoView();
}

/** What the key beside Enter is called. */
function keys(): void {
  if (!/^(Mac|iP)/.test(navigator.platform)) return;
  for (const key of document.querySelectorAll(".try .kbd-set > .kbd:first-child")) key.textContent = "⌘";
}

function copying(): void {
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    const code = button?.closest(".code")?.querySelector<HTMLElement>("pre > code");
    if (!button || !code) return;
    const done = await copyText(code);
    const text = button.textContent;
    button.textContent = done ? "Copied" : "Select and copy";
    setTimeout(() => (button.textContent = text), SAID_MS);
  });
}
