// The history: every run is found again, read to the last byte, deleted and brought back.

import type { Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { answer, expectText, figure, LAB, live, message, open, output } from "./playground";

test.use({ config: LAB, allowedErrors: [/status of 4(00|10)/] });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

type Asked = { model?: string; inputs?: Record<string, string>; parent?: string; wait?: boolean };

/** Starts a run by the API; waits for its end unless told otherwise. */
async function start(page: Page, content: string, { model = "quick", inputs, parent, wait = true }: Asked = {}) {
  const data = { model, messages: [{ role: "user", content }], inputs, parent };
  if (wait) {
    const answer = await page.request.post("/v1/runs", { data, headers: { accept: "application/json" } });
    return (await answer.json()).id as string;
  }
  const known = async () => (await (await page.request.get("/v1/runs?limit=1")).json()).data[0]?.id as string | undefined;
  const before = await known();
  // The stream has no end that one could wait for here: the run goes on without this reader.
  page.request.post("/v1/runs", { data, timeout: 2_000 }).catch(() => undefined);
  await expect.poll(known).not.toBe(before);
  return (await known()) as string;
}

const rows = (page: Page) => page.getByRole("list", { name: "Runs" }).getByRole("listitem");
const row = (page: Page, text: string) => rows(page).filter({ hasText: text });
const search = (page: Page) => page.getByRole("searchbox", { name: "Search runs" });
const choose = (page: Page, name: string, option: string) => page.getByRole("combobox", { name }).selectOption({ label: option });

test("A7 runs are found by words, state, model and time, and the address says so", async ({ page }) => {
  await start(page, "About {{topic}}", { inputs: { topic: "rivers" } });
  await start(page, "About seas", { model: "torn" });
  await open(page, "/runs");
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText("About seas");
  await expect(rows(page).first()).toContainText("failed");

  await search(page).fill("RIV");
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(/\/runs\?query=RIV$/);
  await expect(search(page)).toBeFocused();
  await search(page).fill("nowhere");
  await expect(page.getByRole("heading", { name: "No run matches." })).toBeVisible();
  await page.getByRole("link", { name: "Clear filters" }).first().click();
  await expect(rows(page)).toHaveCount(2);

  await choose(page, "Status", "Failed");
  await expect(rows(page)).toHaveCount(1);
  await choose(page, "Since", "Last hour");
  await choose(page, "Model", "quick");
  await expect(rows(page)).toHaveCount(0);
  await page.goBack();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("");
  await page.reload();
  await live(page);
  await expect(page.getByRole("combobox", { name: "Status" })).toHaveValue("failed,interrupted");
  await expect(rows(page)).toHaveCount(1);
});

test("A7 the list moves by itself: new runs come, running ones end, deleted ones go", async ({ page }) => {
  await open(page, "/runs");
  await expect(page.getByRole("heading", { name: "Every run will be here." })).toBeVisible();
  const id = await start(page, "Count for a while", { model: "endless", wait: false });
  await expect(row(page, "Count for a while")).toContainText("streaming");
  await page.request.post(`/v1/runs/${id}/cancel`);
  await expect(row(page, "Count for a while")).toContainText("stopped");
  const done = await start(page, "Be quick");
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText("Be quick");
  await page.request.delete(`/v1/runs/${done}`);
  await expect(rows(page)).toHaveCount(1);
});

test("A7 older runs are loaded below the newer ones", async ({ page }) => {
  for (let n = 0; n < 55; n++) await start(page, `Run number ${n}.`);
  await open(page, "/runs");
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole("link", { name: "Load more" }).click();
  await expect(rows(page)).toHaveCount(55);
  await expect(rows(page).last()).toContainText("Run number 0.");
  await expect(page.getByRole("link", { name: "Run number 4." })).toBeFocused();
  await expect(page.getByRole("link", { name: "Load more" })).toHaveCount(0);
});

test("M1 J and K walk, Enter opens, a slash searches; in a field they are letters", async ({ page }) => {
  await start(page, "First");
  await start(page, "Second");
  await open(page, "/runs");
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "Second" })).toBeFocused();
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "First" })).toBeFocused();
  await page.keyboard.press("k");
  await page.keyboard.press("/");
  await expect(search(page)).toBeFocused();
  await page.keyboard.type("jk/");
  await expect(search(page)).toHaveValue("jk/");
  // Searched for, and searched for no more: the rows stay from here on.
  await expect(rows(page)).toHaveCount(0);
  await search(page).fill("");
  await expect(rows(page)).toHaveCount(2);

  await page.getByRole("switch", { name: "Single keys" }).uncheck();
  await page.locator("h1").evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("/");
  await expect(search(page)).not.toBeFocused();
  await page.getByRole("switch", { name: "Single keys" }).check();
  await page.locator("h1").evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/runs\/run_/);
  await expect(answer(page)).toContainText("w23");
});

test("A7 a run shows where its time went, what was asked and what was sent", async ({ page }) => {
  const parent = await start(page, "About {{topic}}", { inputs: { topic: "rivers" } });
  const id = await start(page, "About {{topic}}", { inputs: { topic: "rivers" }, parent });
  const { request } = await (await page.request.get(`/v1/runs/${id}`)).json();
  await open(page, `/runs/${id}`);
  const time = page.getByRole("table", { name: "Time by phase" });
  for (const phase of ["Queued", "First token", "Streaming", "End"]) {
    await expect(time.getByRole("row").filter({ hasText: phase })).toContainText(/\d ms/);
  }
  await expect(figure(page, "Out")).toHaveText(/24/);

  await page.getByRole("tab", { name: "Rendered" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Raw" })).toBeFocused();
  await expect(page.getByRole("tabpanel", { name: "Raw" })).toContainText("w0 w1 w2");
  await page.getByRole("tab", { name: "Request" }).click();
  const shown = await page.getByRole("group", { name: "Exact request" }).textContent();
  expect(JSON.parse(shown ?? "")).toEqual(request);
  await page.getByRole("tab", { name: "Wire" }).click();
  await expect(page.getByRole("group", { name: "Request as sent" })).toContainText("POST http://127.0.0.1");
  await expect(page.getByRole("group", { name: "Request as sent" })).toContainText("About rivers");
  await expect(page.getByRole("group", { name: "Head of the response" })).toContainText("200");
  await expect(page).toHaveURL(/\?view=wire$/);

  await page.getByRole("list", { name: "Parent and children" }).getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`/runs/${parent}$`));
  const way = page.getByRole("link", { name: "Open in playground" });
  await expect(way).toHaveAttribute("href", `/?run=${parent}`);
  await way.click();
  await expectText(message(page), "About {{topic}}");
});

test("a deleted run leaves the way back in its place", async ({ page }) => {
  const id = await start(page, "About rivers");
  await open(page, `/runs/${id}`);
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("This run is deleted.")).toBeVisible();
  await expect(page.getByText(/for good in 0:\d\d/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Undo" })).toBeFocused();
  expect((await page.request.get(`/v1/runs/${id}`)).status()).toBe(410);
  await page.reload();
  await live(page);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(answer(page)).toContainText("w23");
  await expect(page.getByRole("button", { name: "Delete" })).toBeFocused();
  expect((await page.request.get(`/v1/runs/${id}`)).status()).toBe(200);
});

test.describe("with a key", () => {
  test.use({ config: LAB.replace('kind = "openai"', 'kind = "openai"\napi_key = "sk-canary-for-the-wire"') });

  test("K2 the wire view keeps a secret's place and not the secret", async ({ page }) => {
    const id = await start(page, "About rivers");
    await open(page, `/runs/${id}`);
    await page.getByRole("tab", { name: "Wire" }).click();
    await expect(page.getByRole("group", { name: "Request as sent" })).toContainText("authorization: secret");
    expect(await page.content()).not.toContain("canary");
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("M1 the history is a form, links and buttons", async ({ page }) => {
    const id = await start(page, "About rivers");
    await start(page, "About seas");
    await page.goto("/");
    await page.getByRole("link", { name: "Runs" }).click();
    await expect(rows(page)).toHaveCount(2);
    await search(page).fill("rivers");
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(rows(page)).toHaveCount(1);
    await page.getByRole("link", { name: "About rivers" }).click();
    await expect(answer(page)).toContainText("w23");
    await page.getByRole("tab", { name: "Wire" }).click();
    await expect(page.getByRole("group", { name: "Request as sent" })).toContainText("About rivers");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page).toHaveURL(new RegExp(`/runs/${id}`));
    await expect(output(page).or(page.getByRole("group", { name: "Request as sent" })).first()).toBeVisible();
  });
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 no state of the history breaks a rule", async ({ page }) => {
      await open(page, "/runs");
      await expectAccessible(page, "empty");
      const parent = await start(page, "About rivers");
      const id = await start(page, "About seas", { model: "torn", parent });
      await start(page, "Count", { model: "endless", wait: false });
      await expect(rows(page)).toHaveCount(3);
      await expectAccessible(page, "rows");
      await rows(page).first().getByRole("link").first().focus();
      await expectAccessible(page, "a row with the focus");
      await search(page).fill("nowhere");
      await expect(page.getByRole("heading", { name: "No run matches." })).toBeVisible();
      await expectAccessible(page, "nothing matches");
      await page.goto("/runs?status=done");
      await expectAccessible(page, "refused");
      for (const view of ["rendered", "raw", "request", "wire"]) {
        await open(page, `/runs/${id}?view=${view}`);
        await expectAccessible(page, view);
      }
      await page.getByRole("button", { name: "Delete" }).click();
      await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
      await expectAccessible(page, "deleted");
    });
  });
}
