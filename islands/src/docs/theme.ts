/** The button that goes from the system's theme to light, to dark, and back; the browser remembers it. */
const KEY = "etude.theme";
const NEXT: Record<string, string> = { system: "light", light: "dark", dark: "system" };

export function theme(): void {
  const button = document.getElementById("theme");
  if (!button) return;
  const { dataset } = document.documentElement;
  const show = (): void => {
    const now = dataset.theme ?? "system";
    button.ariaLabel = button.title = `Theme: ${now}`;
    for (const icon of button.querySelectorAll<SVGElement>("[data-theme-icon]")) {
      icon.toggleAttribute("hidden", icon.dataset.themeIcon !== now);
    }
  };
  button.addEventListener("click", () => {
    const next = NEXT[dataset.theme ?? "system"] ?? "system";
    if (next === "system") delete dataset.theme;
    else dataset.theme = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // It holds until the page is left.
    }
    show();
  });
  show();
}
