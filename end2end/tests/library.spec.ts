// The library: a prompt is found whatever one remembers of it, and run without leaving the list.

import type { Locator, Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { answer, expectText, expectWhole, figure, finished, grown, kept, LAB, live, open, output, run, runId, stop, textOf } from "./playground";

test.use({ config: LAB, allowedErrors: [/status of 404/] });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

type Asked = { text?: string; model?: string; tags?: string[]; description?: string; params?: object; inputs?: object };

/** Saves a prompt by the API. */
async function save(page: Page, name: string, { text = "Say hello.", model = "quick", ...rest }: Asked = {}) {
  const data = { name, model, messages: [{ role: "user", content: text }], ...rest };
  const answer = await page.request.post("/v1/presets", { data });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()).id as string;
}

/** What the prototype shows, more or less. */
async function shelf(page: Page) {
  await save(page, "Clear prose reviser", { text: "Cut the text by a third. Keep every fact and every name.", tags: ["writing"] });
  await save(page, "Class notes to revision sheet", { text: "Turn lecture notes into twelve questions, hardest last.", tags: ["teaching"] });
  await save(page, "Übersicht der Lärmquellen", { text: "Liste alle Geräusche auf.", tags: ["eu"] });
  return save(page, "Clause review", {
    text: "You are a contracts analyst. Review the clause below for {{party}}.\n\n{{input}}",
    tags: ["legal", "eu"],
    description: "For the weekly review of carriers' terms.",
    params: { temperature: 0.5, max_tokens: 64 },
    inputs: { party: "the shipper" },
  });
}

const rows = (page: Page) => page.getByRole("list", { name: "Prompts" }).getByRole("listitem");
const row = (page: Page, text: string) => rows(page).filter({ hasText: text });
const link = (page: Page, name: string) => page.getByRole("list", { name: "Prompts" }).getByRole("link", { name, exact: true });
const search = (page: Page) => page.getByRole("searchbox", { name: "Search prompts" });
const said = (page: Page) => page.getByRole("search").getByRole("status");
const drawer = (page: Page) => page.getByRole("complementary", { name: /^Run / });
const field = (page: Page, name: string) => page.getByRole("group", { name: "Inputs" }).getByRole("textbox", { name, exact: true });
const star = (of: Locator) => of.getByRole("button", { name: "Favourite" });

test("A5 a prompt is found by a typing mistake, by words in any order, and without its accents", async ({ page }) => {
  await shelf(page);
  await open(page, "/library");
  await expect(rows(page).first()).toContainText("Clause review");
  await expect(said(page)).toHaveText("9 prompts");

  for (const typed of ["cla rev", "review clause", "cluase reveiw"]) {
    await search(page).fill("zzqqxx");
    await expect(rows(page)).toHaveCount(0);
    await search(page).fill(typed);
    await expect(rows(page).first()).toContainText("Clause review");
    await expect(said(page)).toHaveText(/^\d of 9 · (under )?[\d.]+ ms$/);
  }
  await search(page).fill("ubersicht larm");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("Übersicht der Lärmquellen");
  await search(page).fill("contracts analyst");
  await expect(rows(page).first()).toContainText("Clause review");
  await expect(search(page)).toBeFocused();
  await expect(page).toHaveURL(/\/library\?query=contracts%20analyst$/);

  // The address is the search: a reload finds the same, and typing has left one entry in the history.
  await page.reload();
  await live(page);
  await expect(search(page)).toHaveValue("contracts analyst");
  await expect(rows(page).first()).toContainText("Clause review");
  await search(page).fill("zzqqxx");
  await expect(page.getByRole("heading", { name: "No prompt matches." })).toBeVisible();
  await page.getByRole("link", { name: "Clear the search" }).click();
  await expect(rows(page)).toHaveCount(9);
  await expect(search(page)).toHaveValue("");
  await expect(search(page)).toBeFocused();
  await expect(page).toHaveURL(/\/library$/);
});

test("A5 what was searched for is marked, in the name and in the text", async ({ page }) => {
  await shelf(page);
  await open(page, "/library?query=cla%20rev");
  await expect(row(page, "Clause review").locator("h3 mark").first()).toHaveText(/^Cla/);
  await expect(row(page, "Clause review").locator("h3 mark").nth(1)).toHaveText(/^rev/);
  await search(page).fill("analyst");
  await expect(row(page, "Clause review").locator(".preset__excerpt mark")).toHaveText([/^analyst/]);
});

test("A5 places, tags and time narrow the list, and one goes back to what was", async ({ page }) => {
  await shelf(page);
  await open(page, "/library");
  const places = page.getByRole("navigation", { name: "Places" });
  const tags = page.getByRole("navigation", { name: "Tags" });
  await expect(places.getByRole("link", { name: /All prompts/ })).toHaveAttribute("aria-current", "page");
  await tags.getByRole("link", { name: /^eu/ }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(page).toHaveURL(/\/library\?tag=eu$/);
  await search(page).fill("clause");
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(/query=clause/);
  await page.goBack();
  await expect(page).toHaveURL(/\/library$/);
  await expect(rows(page)).toHaveCount(9);
  await places.getByRole("link", { name: /Examples/ }).click();
  await expect(rows(page)).toHaveCount(5);
  await page.getByRole("combobox", { name: "Changed" }).selectOption("7d");
  await expect(page).toHaveURL(/since=7d/);
  await places.getByRole("link", { name: /Favourites/ }).click();
  await page.getByRole("combobox", { name: "Changed" }).selectOption("");
  await expect(page.getByRole("heading", { name: "Favourites will be here." })).toBeVisible();
});

test("A5 the answer to an earlier question does not win", async ({ page }) => {
  await shelf(page);
  await open(page, "/library");
  await page.route("**/api/prompts*", async (route) => {
    if (route.request().postData()?.includes("clear")) await new Promise((resolve) => setTimeout(resolve, 800));
    await route.continue();
  });
  const asked = page.waitForRequest((request) => request.postData()?.includes("clear") ?? false);
  await search(page).fill("clear");
  await asked;
  await search(page).fill("lecture");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("Class notes");
  await page.waitForTimeout(1_200);
  await expect(rows(page)).toContainText("Class notes");
});

test("A5 more rows are loaded below the others", async ({ page }) => {
  for (let n = 0; n < 52; n++) await save(page, `Prompt number ${n}`);
  await open(page, "/library?query=prompt%20number");
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole("link", { name: "Load more" }).click();
  await expect(rows(page)).toHaveCount(52);
  await expect(page.getByRole("link", { name: "Load more" })).toHaveCount(0);
});

test("A8 a favourite stays one; where the server says no, it is as it was", async ({ page }) => {
  await shelf(page);
  await open(page, "/library");
  await expect(star(row(page, "Clause review"))).toHaveAttribute("aria-pressed", "false");
  const told = page.waitForResponse("**/api/describe-prompt*");
  await star(row(page, "Clause review")).click();
  await expect(star(row(page, "Clause review"))).toHaveAttribute("aria-pressed", "true");
  await told;
  await page.reload();
  await live(page);
  await expect(star(row(page, "Clause review"))).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("link", { name: /^Favourites/ }).click();
  await expect(rows(page)).toHaveCount(1);
});

test.describe("when something goes wrong", () => {
  test.use({ allowedErrors: [/ERR_FAILED|ERR_CONNECTION|WebSocket connection/] });

  test("A8 a star that is not kept goes out again, and says why", async ({ page }) => {
    await shelf(page);
    await open(page, "/library");
    await page.route("**/api/describe-prompt*", (route) => route.abort());
    await star(row(page, "Clause review")).click();
    await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
    await expect(star(row(page, "Clause review"))).toHaveAttribute("aria-pressed", "false");
    await page.getByRole("alert").getByRole("button", { name: "Close" }).click();
    await expect(page.getByRole("alert")).toHaveCount(0);
  });

  test("C2 the server is away: the rows stay, and the search is tried again", async ({ page }) => {
    await shelf(page);
    await open(page, "/library");
    await page.route("**/api/prompts*", (route) => route.abort());
    await search(page).fill("clause");
    await expect(page.getByRole("alert")).toContainText("The server cannot be reached");
    await expect(rows(page)).toHaveCount(9);
    await page.unroute("**/api/prompts*");
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(rows(page).first()).toContainText("Clause review");
    await expect(page.getByRole("alert")).toHaveCount(0);
  });
});

test("A8 what is archived leaves the way back in its place", async ({ page }) => {
  await shelf(page);
  await open(page, "/library");
  await row(page, "Clause review").hover();
  await row(page, "Clause review").getByRole("button", { name: "Archive" }).click();
  await expect(page.getByText("Clause review is archived.")).toBeVisible();
  const undo = page.getByRole("button", { name: "Undo" });
  await expect(undo).toBeFocused();
  await undo.press("Enter");
  await expect(link(page, "Clause review")).toBeFocused();

  await row(page, "Clause review").getByRole("button", { name: "Archive" }).focus();
  await page.keyboard.press("Enter");
  await expect(undo).toBeFocused();
  await page.getByRole("link", { name: /^Archived/ }).click();
  await expect(rows(page)).toHaveCount(1);
  await row(page, "Clause review").hover();
  await row(page, "Clause review").getByRole("button", { name: "Bring back" }).click();
  await expect(page.getByText("Clause review is back in the library.")).toBeVisible();
  await page.getByRole("link", { name: /^All prompts/ }).click();
  await expect(row(page, "Clause review")).toBeVisible();
});

test("A5 a preset is run with an input beside the list", async ({ page }) => {
  const id = await shelf(page);
  await open(page, "/library");
  await link(page, "Clause review").click();
  await expect(drawer(page)).toHaveAccessibleName("Run Clause review");
  await expect(page).toHaveURL(new RegExp(`open=${id}`));
  await expectText(field(page, "party"), "the shipper");
  await expect(field(page, "input")).toBeFocused();

  // Without a value nothing is sent, and the field says so.
  await run(page).click();
  await expect(page.getByText("The prompt uses this, and it has no value. Nothing was sent.")).toBeVisible();
  await expect(field(page, "input")).toBeFocused();
  await expect(output(page)).toHaveCount(0);

  await page.keyboard.type("14.2 Carrier shall hold harmless.");
  await expect(page.getByText("The prompt uses this")).toHaveCount(0);
  await page.keyboard.press("Control+Enter");
  await expect(figure(page, "Finish")).toContainText("stop");
  expectWhole(await textOf(page));
  await expect(figure(page, "Out")).toHaveText(/24/);

  const sent = await kept(page, await runId(page));
  expect(sent.request).toMatchObject({ prompt: id, version: 1, model: "quick", inputs: { party: "the shipper" } });
  expect(JSON.stringify(sent.request.messages)).toContain("{{party}}");
  expect(sent.params).toMatchObject({ temperature: 0.5, max_tokens: 64 });
  const wire = await (await page.request.get(`/v1/runs/${sent.id}/wire`)).text();
  expect(wire).toContain("for the shipper.");
  expect(wire).toContain("14.2 Carrier shall hold harmless.");

  await drawer(page).getByRole("link", { name: "Open in playground" }).click();
  await expect(page).toHaveURL(new RegExp(`/p/${id}$`));
});

test("A5 a run has a model and parameters of its own, and outlives a reload", async ({ page }) => {
  const id = await shelf(page);
  await open(page, `/library?open=${id}`);
  await page.getByText("Overrides", { exact: true }).click();
  await page.getByRole("combobox", { name: "Model" }).selectOption("endless");
  await page.getByRole("switch", { name: "Send temperature" }).check();
  await page.getByRole("spinbutton", { name: "Temperature" }).fill("7");
  await field(page, "input").fill("A clause.");
  await run(page).click();
  await expect(page.getByRole("spinbutton", { name: "Temperature" })).toBeFocused();
  await expect(drawer(page).getByText("0 to 2 for endless.")).toBeVisible();
  await page.getByRole("spinbutton", { name: "Temperature" }).fill("0");
  await page.getByRole("switch", { name: "Send max tokens" }).check();
  await page.getByRole("spinbutton", { name: "Max tokens" }).fill("100000");
  await run(page).click();
  await grown(page, 60);
  const before = await textOf(page);
  await page.reload();
  await live(page);
  await expectText(field(page, "input"), "A clause.");
  await grown(page, before.length + 40);
  expect(await textOf(page)).toContain(before);
  await page.keyboard.press("Escape");
  await finished(page, "stopped");
  const sent = await kept(page, await runId(page));
  expect(sent.request).toMatchObject({ prompt: id, model: "endless" });
  expect(sent.params).toMatchObject({ temperature: 0, max_tokens: 100_000 });
  // The preset is what it was.
  expect(await (await page.request.get(`/v1/presets/${id}`)).json()).toMatchObject({ model: "quick", version: 1 });
});

test("A5 without a variable for it, the input is added after the last message", async ({ page }) => {
  const id = await save(page, "Greeter", { text: "Greet whoever writes this:", model: "echo" });
  await open(page, `/library?open=${id}`);
  await expect(drawer(page)).toContainText("Added after the last message.");
  await field(page, "Input").fill("It is {{late}} here.");
  await run(page).click();
  await expect(answer(page)).toContainText("It is {{late}} here.");
});

test("M1 everything by key: walk, open, run with input, search, close; in a field they are letters", async ({ page }) => {
  await shelf(page);
  await open(page, "/library");
  await page.keyboard.press("j");
  await expect(link(page, "Clause review")).toBeFocused();
  await page.keyboard.press("j");
  await expect(link(page, "Übersicht der Lärmquellen")).toBeFocused();
  await page.keyboard.press("k");
  await page.keyboard.press("r");
  await expect(drawer(page)).toHaveAccessibleName("Run Clause review");
  await expect(field(page, "input")).toBeFocused();
  await page.keyboard.type("jkr/");
  await expectText(field(page, "input"), "jkr/");
  await page.keyboard.press("Escape");
  await expect(drawer(page)).toHaveCount(0);
  await expect(link(page, "Clause review")).toBeFocused();

  // With the drawer open, J and K change what lies in it; what was typed is there when one comes back.
  await page.keyboard.press("r");
  await expect(field(page, "input")).toBeFocused();
  await link(page, "Clause review").focus();
  await page.keyboard.press("j");
  await expect(drawer(page)).toHaveAccessibleName("Run Übersicht der Lärmquellen");
  await expect(link(page, "Übersicht der Lärmquellen")).toBeFocused();
  await page.keyboard.press("k");
  await expect(drawer(page)).toHaveAccessibleName("Run Clause review");
  await expectText(field(page, "input"), "jkr/");
  // From elsewhere, so that the focus on the row is one that has come back.
  await field(page, "input").focus();
  await page.keyboard.press("Escape");
  await expect(link(page, "Clause review")).toBeFocused();

  await page.keyboard.press("/");
  await expect(search(page)).toBeFocused();
  await page.keyboard.type("jrzzqqxx");
  await expect(search(page)).toHaveValue("jrzzqqxx");
  // Searched for, and searched for no more: the rows stay from here on.
  await expect(rows(page)).toHaveCount(0);
  await search(page).fill("");
  await expect(rows(page)).toHaveCount(9);

  await page.getByRole("switch", { name: "Single keys" }).uncheck();
  await page.locator("h1").evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("r");
  await expect(drawer(page)).toHaveCount(0);
  await page.getByRole("switch", { name: "Single keys" }).check();
  await link(page, "Clause review").focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/p\/prm_/);
});

test("A8 names of any length and direction stay in their row", async ({ page }) => {
  const long = "Very long name of a prompt ".repeat(8).trim().slice(0, 200);
  await save(page, long, { tags: Array.from({ length: 12 }, (_, n) => `a tag with some words ${n}`) });
  await save(page, "סקירת סעיפי חוזה");
  await open(page, "/library");
  for (const width of [1440, 1024, 390]) {
    await page.setViewportSize({ width, height: 844 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(wide, `${width} px`).toBe(false);
    const list = await page.locator(".library__body").evaluate((body) => body.scrollWidth > body.clientWidth);
    expect(list, `the list, ${width} px`).toBe(false);
  }
  await page.setViewportSize({ width: 1440, height: 844 });
  await link(page, long).click();
  await expect(drawer(page)).toBeVisible();
  await expect(drawer(page).getByRole("button", { name: "Close", exact: true })).toBeInViewport();
});

test("the library is a place of its own, and the palette leads there", async ({ page }) => {
  await shelf(page);
  await open(page, "/");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Library" }).click();
  await expect(rows(page).first()).toContainText("Clause review");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Commands" }).getByRole("combobox").fill("larm");
  await page.getByRole("option", { name: "Search prompts for “larm”" }).click();
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole("button", { name: "New prompt" }).click();
  await expect(page).toHaveURL(/:\d+\/$/);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("M1 the library is a list with links and a form", async ({ page }) => {
    const id = await shelf(page);
    for (let n = 0; n < 50; n++) await save(page, `Filler ${n}`);
    await page.goto("/library");
    await expect(rows(page)).toHaveCount(50);
    await page.getByRole("link", { name: "Load more" }).click();
    await expect(row(page, "Clause review")).toHaveCount(1);
    await page.getByRole("link", { name: "From the beginning" }).click();
    await search(page).fill("clause reveiw");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(rows(page).first()).toContainText("Clause review");
    await page.getByRole("navigation", { name: "Tags" }).getByRole("link", { name: /^legal/ }).click();
    await expect(rows(page)).toHaveCount(1);
    await expect(search(page)).toHaveValue("clause reveiw");
    await link(page, "Clause review").click();
    await expect(page).toHaveURL(new RegExp(`/p/${id}$`));
    await page.goto(`/library?open=${id}`);
    await expect(drawer(page)).toHaveAccessibleName("Run Clause review");
    await drawer(page).getByRole("link", { name: "Close" }).click();
    await expect(drawer(page)).toHaveCount(0);
  });
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 900 } });

    test("M1 no state of the library breaks a rule", async ({ page }) => {
      const folder = process.env.ETUDE_SHOTS;
      const look = async (state: string) => {
        await expectAccessible(page, state);
        if (folder) await page.screenshot({ path: `${folder}/library-${state.replaceAll(" ", "-")}-${width}-${colorScheme}.png` });
      };
      const id = await shelf(page);
      await open(page, "/library");
      await star(row(page, "Clause review")).click();
      await look("rows");
      await search(page).fill("cla rev");
      await expect(rows(page).first().locator("mark").first()).toBeVisible();
      await look("found");
      await link(page, "Clause review").focus();
      await look("a row with the focus");
      await search(page).fill("zzqqxx");
      await expect(page.getByRole("heading", { name: "No prompt matches." })).toBeVisible();
      await look("nothing matches");
      await open(page, "/library?place=archived");
      await look("nothing archived");
      await open(page, `/library?query=cla%20rev&open=${id}`);
      await run(page).click();
      await expect(page.getByText("The prompt uses this")).toBeVisible();
      await look("missing input");
      await page.getByText("Overrides", { exact: true }).click();
      await page.getByRole("combobox", { name: "Model" }).selectOption("endless");
      await page.getByRole("switch", { name: "Send temperature" }).check();
      await look("overrides");
      await page.getByRole("switch", { name: "Send max tokens" }).check();
      await page.getByRole("spinbutton", { name: "Max tokens" }).fill("100000");
      await field(page, "input").fill("14.2 Carrier shall defend, indemnify and hold harmless Shipper.");
      await run(page).click();
      await grown(page, 60);
      await look("streaming");
      await stop(page).click();
      await finished(page, "stopped");
      await look("stopped");
      await page.keyboard.press("Escape");
      await expect(drawer(page)).toHaveCount(0);
      if (width === 1440) {
        await row(page, "Clause review").hover();
        await row(page, "Clause review").getByRole("button", { name: "Archive" }).click();
        await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
        await look("archived");
      }
      await open(page, `/library?open=prm_${"0".repeat(32)}`);
      await expect(page.getByRole("heading", { name: "This prompt is not there." })).toBeVisible();
      await look("not there");
    });
  });
}
