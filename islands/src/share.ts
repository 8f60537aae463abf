/**
 * The page of a link (`/s/…`): the theme, times in the reader's own zone, and a run that is still being written.
 *
 * Everything that is read stands in the HTML. What comes while one watches is shown as text; at the end the page is loaded
 * again, and the server has rendered it.
 */
import { theme } from "./docs/theme.ts";

document.documentElement.dataset.hydrated = "";
theme();
times();
if (document.querySelector("etude-code")) void import("./code.ts");
watch();

/** On the server nobody's time zone is known. */
function times(): void {
  const forms: Record<string, Intl.DateTimeFormatOptions> = {
    moment: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    day: { day: "numeric", month: "long", year: "numeric" },
  };
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    time.textContent = new Intl.DateTimeFormat("en-GB", forms[time.dataset.local ?? ""]).format(new Date(time.dateTime));
  }
}

/** Reads the run's log from its beginning; a browser that was cut off goes on after what it has. */
function watch(): void {
  const card = document.querySelector<HTMLElement>("[data-events]");
  const answer = card?.querySelector<HTMLElement>("#answer");
  if (!card?.dataset.events || !answer) return;
  const again = card.dataset.again ?? "";
  const source = new EventSource(card.dataset.events);
  const text = new Text();
  source.addEventListener("delta", ({ data }) => {
    const delta: { index?: number; text: string } = JSON.parse(data);
    if (delta.index) return;
    if (!text.isConnected) {
      answer.dataset.look = "raw";
      answer.replaceChildren(text);
    }
    text.appendData(delta.text);
  });
  for (const end of ["run.finished", "run.failed"]) {
    source.addEventListener(end, () => {
      source.close();
      // The same opening: it is not counted again, and the reader's place is kept.
      history.replaceState(null, "", again);
      location.reload();
    });
  }
  source.addEventListener("error", () => {
    // It does not try again: the link has gone, or another process answers.
    if (source.readyState === EventSource.CLOSED) card.querySelector(".form-only")?.classList.remove("form-only");
  });
}
