/**
 * Sets the theme of a page whose policy allows no inline script, before anything of it is painted.
 *
 * A plain script, not a module: those come too late. The names are those of `app/src/browser.rs`.
 */
try {
  const { dataset } = document.documentElement;
  const theme = localStorage.getItem("etude.theme");
  if (theme === "light" || theme === "dark") dataset.theme = theme;
  if (localStorage.getItem("etude.nav") === "open") dataset.nav = "open";
} catch {
  // Storage may be forbidden: then the system's theme it is.
}
