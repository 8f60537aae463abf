/**
 * The page of a link (`/s/…`): the theme, times in the reader's own zone, and a run or a comparison that goes on.
 *
 * Everything that is read stands in the HTML. What comes of a run while one watches is shown as text; at the end the page is
 * loaded again, and the server has rendered it. Of a comparison the server is asked how it stands, and what has changed is
 * put in its place.
 */
import { theme } from "./docs/theme.ts";

/** Pause between two questions in milliseconds, and the longest one while the server does not answer. */
const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 30_000;

document.documentElement.dataset.hydrated = "";
theme();
times();
colour();
watch();
void follow();

function colour(): void {
  if (document.querySelector("etude-code")) void import("./code.ts");
}

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

/** Asks how a comparison stands until nothing is to come any more. The reader's place, and what has not changed, stay. */
async function follow(): Promise<void> {
  let shown = document.querySelector<HTMLElement>("[data-live]");
  if (!shown) return;
  const again = shown.dataset.again ?? "";
  let [known, tag, pause] = [parts(shown), "", PAUSE_MS];
  for (let where = shown.dataset.live; where; ) {
    await rested(pause);
    const answer = await fetch(where, { headers: tag ? { "if-none-match": tag } : {} }).catch(() => null);
    if (answer?.status === 403 || answer?.status === 404) {
      // It is not shown any more, and the page says so. The same opening: it is not counted again.
      history.replaceState(null, "", again);
      return location.reload();
    }
    if (answer?.status === 409) {
      // The browser keeps no cookies: each look is an opening of its own, and the reader's to take.
      shown.querySelector(".share__going .form-only")?.classList.remove("form-only");
      return;
    }
    pause = answer?.ok || answer?.status === 304 ? PAUSE_MS : Math.min(2 * pause, PAUSE_MS_MAX);
    const text = answer?.ok ? await answer.text().catch(() => "") : "";
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector<HTMLElement>(".share__column");
    if (!fresh) continue;
    tag = answer?.headers.get("etag") ?? "";
    where = fresh.dataset.live;
    const now = parts(fresh);
    if (now.size === known.size && [...now.keys()].every((id) => known.has(id))) {
      for (const [id, html] of now) {
        const part = html === known.get(id) ? null : fresh.querySelector(`#${id}`);
        if (part) document.getElementById(id)?.replaceWith(part);
      }
    } else {
      // Rows or columns have come or gone.
      shown.replaceWith(fresh);
      shown = fresh;
    }
    known = now;
    times();
    colour();
  }
}

/** What can change, as the server has written it, by its id. */
function parts(of: HTMLElement): Map<string, string> {
  return new Map([...of.querySelectorAll("[data-part]")].map((part) => [part.id, part.outerHTML]));
}

/** Resolves after a pause, and not before somebody looks. */
async function rested(pause: number): Promise<void> {
  await new Promise((rested) => setTimeout(rested, pause));
  while (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
}
