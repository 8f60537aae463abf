// Any two runs compared: what was asked, what came back, the figures; and the ways to pick them.

import type { Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { answer, LAB, live, open } from "./playground";

test.use({ config: LAB, allowedErrors: [/status of 4(00|04|10)/] });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

type Asked = Record<string, unknown> & { model?: string };

const user = (content: string) => ({ messages: [{ role: "user", content }] });

/** A run that has ended. */
async function ended(page: Page, asked: Asked): Promise<string> {
  const answer = await page.request.post("/v1/runs", { data: { model: "quick", ...asked }, headers: { accept: "application/json" } });
  return (await answer.json()).id;
}

/** A run that goes on until it is cancelled. */
async function going(page: Page, content: string): Promise<string> {
  const newest = async () => (await (await page.request.get("/v1/runs?limit=1")).json()).data[0]?.id as string | undefined;
  const before = await newest();
  // The stream has no end that one could wait for here: the run goes on without this reader.
  page.request.post("/v1/runs", { data: { model: "endless", ...user(content) }, timeout: 2_000 }).catch(() => undefined);
  await expect.poll(newest).not.toBe(before);
  const id = (await newest()) as string;
  await expect.poll(async () => (await (await page.request.get(`/v1/runs/${id}`)).json()).output.text).toContain("w1");
  return id;
}

const rows = (page: Page) => page.getByRole("list", { name: "Runs" }).getByRole("listitem");
const row = (page: Page, text: string) => rows(page).filter({ hasText: text });
const diff = (page: Page) => page.getByRole("region", { name: "Diff" });
const section = (page: Page, title: string) => diff(page).locator(".diff-section").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
const figures = (page: Page) => page.getByRole("table", { name: "Figures" });
const cells = async (page: Page, name: string) => {
  const row = figures(page).getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
  return (await row.getByRole("cell").allTextContents()).map((text) => text.trim());
};
const strip = (page: Page) => page.getByRole("region", { name: /^Choose the run to compare with/ });
const short = (id: string) => `…${id.slice(-6)}`;
const another = "Compare with another run";

test("A7 two runs are compared: what was asked, what came back, what it took", async ({ page }) => {
  const a = await ended(page, { model: "echo", messages: [{ role: "system", content: "Be brief." }, ...user("About {{topic}}\nin two lines").messages], inputs: { topic: "rivers" }, params: { temperature: 0.7 } });
  const b = await ended(page, { model: "echo", messages: [{ role: "system", content: "Be brief." }, ...user("About {{topic}}\nin three lines").messages], inputs: { topic: "seas" }, params: { temperature: 0.3, max_tokens: 50 } });
  await open(page, `/runs/${a}..${b}`);
  await expect(page).toHaveTitle(`Run ${short(a)} ↔ run ${short(b)} · Etude`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(`Run ${short(a)}`);
  await expect(diff(page).getByRole("link", { name: `Run ${short(a)}` })).toHaveAttribute("href", `/runs/${a}`);
  await expect(diff(page).getByRole("link", { name: `Run ${short(b)}` })).toHaveAttribute("href", `/runs/${b}`);

  // The message by word, the system prompt by a line that says it is the same.
  const message = section(page, "Message 1, user");
  await expect(message.locator("del").first()).toHaveText("two");
  await expect(message.locator("ins").first()).toHaveText("three");
  await expect(diff(page).getByText("1 message is the same.")).toBeVisible();
  const settings = section(page, "Model and parameters");
  await expect(settings.getByRole("row", { name: /^Temperature/ })).toContainText("0.7");
  await expect(settings.getByRole("row", { name: /^Temperature/ })).toContainText("0.3");
  await expect(settings.getByRole("row", { name: /^Max tokens/ })).toContainText("50");
  await expect(section(page, "Inputs").getByRole("row", { name: /^topic/ })).toContainText("seas");
  // The echo answers with what was asked.
  await expect(section(page, "Answer").locator("ins:visible, del:visible").first()).toBeVisible();
  expect((await cells(page, "Status")).slice(0, 3)).toEqual(["finished", "finished", "same"]);
  expect((await cells(page, "Finish reason"))[2]).toBe("same");
  for (const name of ["Tokens in", "Tokens out", "First token", "Latency"]) {
    expect((await cells(page, name)).slice(0, 2).join(" "), name).toMatch(/\d.* .*\d/);
  }
  await expect(figures(page).getByRole("row", { name: /^Cost/ })).toBeVisible();

  // In one column, and the other way round.
  await diff(page).getByRole("radio", { name: "Unified" }).check({ force: true });
  await expect(message.locator("etude-diff")).toHaveAttribute("data-view", "unified");
  await diff(page).getByRole("link", { name: "Swap" }).click();
  await expect(page).toHaveURL(`/runs/${b}..${a}`);
  await expect(message.locator("del").first()).toHaveText("three");
  await diff(page).getByRole("link", { name: `Run ${short(b)}` }).click();
  await expect(page).toHaveURL(`/runs/${b}`);
  await expect(answer(page)).toContainText("three lines");
  await page.goBack();
  await expect(message.locator("del").first()).toHaveText("three");
});

test("A7 runs that said the same say so; tool calls and failures are compared too", async ({ page }) => {
  const [a, b] = [await ended(page, user("About rivers")), await ended(page, user("About rivers"))];
  await open(page, `/runs/${a}..${b}`);
  await expect(diff(page).getByText("Both were asked the same.")).toBeVisible();
  await expect(diff(page).getByText("Both answered the same.")).toBeVisible();
  await expect(section(page, "Answer")).toContainText("the same");
  await expect(diff(page).locator("ins, del")).toHaveCount(0);

  const torn = await ended(page, { model: "torn", ...user("About rivers") });
  const tools = [{ name: "look_up", parameters: { type: "object", properties: { term: { type: "string" } } } }];
  const caller = await ended(page, { model: "caller", ...user("About rivers"), tools });
  await open(page, `/runs/${torn}..${caller}`);
  await expect(section(page, "Tool calls")).toContainText("only on the right");
  await expect(section(page, "Error")).toContainText("only on the left");
  expect((await cells(page, "Status")).slice(0, 2)).toEqual(["failed", "finished"]);
  await expect(section(page, "Tools")).toContainText("look_up");
});

test("A7 a run that goes on is compared as far as it has come, and again at its end", async ({ page }) => {
  const a = await ended(page, user("About rivers"));
  const b = await going(page, "About rivers");
  await open(page, `/runs/${a}..${b}`);
  await expect(diff(page).getByRole("status")).toContainText("The run on the right is still going on.");
  await expect(section(page, "Answer")).toContainText("w1");
  expect((await cells(page, "Latency")).slice(1)).toEqual(["–", ""]);
  const again = page.waitForResponse("**/api/run-diff*");
  await diff(page).getByRole("link", { name: "Compare again" }).click();
  await again;
  await expect(diff(page).getByRole("status")).toContainText("still going on");
  await page.request.post(`/v1/runs/${b}/cancel`);
  await expect(diff(page).getByText("still going on")).toHaveCount(0);
  await expect.poll(async () => (await cells(page, "Status"))[1]).toBe("cancelled");
});

test("A7 the end of an older tail is not taken for the end of a newer one", async ({ page }) => {
  const a = await ended(page, user("About rivers"));
  const b = await going(page, "About rivers");
  let tails = 0;
  await page.routeWebSocket("**/v1/live", (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((said) => {
      const frame = JSON.parse(String(said));
      if (frame.type === "tail") {
        tails += 1;
        // What was under way already when the second was asked for.
        if (tails === 2) socket.send(JSON.stringify({ type: "end", run: frame.run }));
      }
      server.send(said);
    });
  });
  await open(page, `/runs/${a}..${b}`);
  await expect.poll(() => tails).toBe(1);
  await diff(page).getByRole("link", { name: "Compare again" }).click();
  await expect.poll(() => tails).toBe(2);
  await page.request.post(`/v1/runs/${b}/cancel`);
  await expect(diff(page).getByText("still going on")).toHaveCount(0);
  await expect.poll(async () => (await cells(page, "Status"))[1]).toBe("cancelled");
});

test("A7 a run's page leads to the one to compare with; an id or an address can be pasted", async ({ page }) => {
  const a = await ended(page, user("About rivers"));
  const b = await ended(page, user("About seas"));
  await open(page, `/runs/${a}`);
  await page.getByRole("link", { name: another }).click();
  await expect(page).toHaveURL(`/runs?with=${a}`);
  await expect(strip(page)).toContainText("About rivers");
  await expect(row(page, "About rivers")).toContainText("this run");
  // Filters leave it as it is.
  await page.getByRole("searchbox", { name: "Search runs" }).fill("nowhere");
  await expect(page.getByRole("heading", { name: "No run matches." })).toBeVisible();
  await page.getByRole("link", { name: "Clear filters" }).first().click();
  await expect(page).toHaveURL(`/runs?with=${a}`);
  await row(page, "About seas").getByRole("link", { name: /^Compare with/ }).click();
  await expect(page).toHaveURL(`/runs/${a}..${b}`);
  await expect(section(page, "Message 1, user")).toBeVisible();

  await page.goto(`/runs?with=${a}`);
  await live(page);
  const field = strip(page).getByRole("textbox", { name: "Id or address of the other run" });
  await field.fill("the one of yesterday");
  await page.keyboard.press("Enter");
  await expect(strip(page).getByRole("alert")).toHaveText("That names no run.");
  await expect(field).toHaveValue("the one of yesterday");
  await field.fill(`${new URL(page.url()).origin}/runs/${b}?view=wire`);
  await strip(page).getByRole("button", { name: "Compare" }).click();
  await expect(page).toHaveURL(`/runs/${a}..${b}`);
  await live(page);
  await expect(section(page, "Message 1, user")).toBeVisible();

  await page.goto(`/runs?with=${a}`);
  await live(page);
  await strip(page).getByRole("link", { name: "Cancel" }).click();
  await expect(page).toHaveURL("/runs");
  await expect(strip(page)).toHaveCount(0);
  await expect(row(page, "About seas").getByRole("link", { name: "About seas" })).toHaveAttribute("href", `/runs/${b}`);
});

test("A7 the runs of the same prompt are offered first", async ({ page }) => {
  const made = await page.request.post("/v1/presets", { data: { name: "Seas", model: "quick", ...user("About seas") } });
  const { id } = await made.json();
  await ended(page, user("About rivers"));
  const first = await ended(page, { prompt: id });
  await ended(page, { prompt: id });
  await open(page, `/runs/${first}`);
  await page.getByRole("link", { name: another }).click();
  await expect(rows(page)).toHaveCount(2);
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(rows(page)).toHaveCount(3);
  await strip(page).getByRole("link", { name: "Only runs of its prompt" }).click();
  await expect(rows(page)).toHaveCount(2);
});

test("M1 two runs are picked and compared by keyboard alone", async ({ page }) => {
  const a = await ended(page, user("First"));
  const b = await ended(page, user("Second"));
  await open(page, "/runs");
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "Second" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(row(page, "Second").getByRole("link", { name: another })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/runs?with=${b}`);
  await expect(row(page, "Second").getByRole("link")).toHaveCount(1);
  await expect(row(page, "Second").getByRole("link")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL("/runs");
  // The list that was there stands until the new one has come.
  await expect(row(page, "Second").getByRole("link")).toHaveCount(2);
  await expect(page.getByRole("link", { name: "Second" })).toBeFocused();
  await page.keyboard.press("c");
  await expect(strip(page)).toBeVisible();
  await expect(row(page, "Second").getByRole("link")).toHaveCount(1);
  await expect(row(page, "Second").getByRole("link")).toBeFocused();
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "Compare with First" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/runs/${b}..${a}`);
  await expect(section(page, "Message 1, user")).toBeVisible();
  // N goes to the differences.
  await page.keyboard.press("n");
  await expect(section(page, "Message 1, user").locator("etude-diff [data-current]").first()).toBeVisible();
});

test("an address of no two runs is not found", async ({ page }) => {
  const a = await ended(page, user("About rivers"));
  for (const address of [`/runs/${a}..`, `/runs/${a}..run_1`, `/runs/${a}..${a.slice(0, -6)}000000`, "/runs/a..b"]) {
    const answer = await page.goto(address);
    expect(answer?.status(), address).toBe(404);
    await live(page);
    await expect(page.getByRole("heading", { name: "Nothing is here." })).toBeVisible();
  }
  await page.goto(`/runs?with=${a.slice(0, -6)}000000`);
  await live(page);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(row(page, "About rivers").getByRole("link", { name: "About rivers" })).toHaveAttribute("href", `/runs/${a}`);
  await page.getByRole("link", { name: "Show all runs" }).click();
  await expect(page).toHaveURL("/runs");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("M1 two runs are picked, pasted and compared", async ({ page }) => {
    const a = await ended(page, user("About rivers"));
    const b = await ended(page, user("About seas"));
    await page.goto("/runs");
    await row(page, "About rivers").getByRole("link", { name: another }).click();
    await row(page, "About seas").getByRole("link").click();
    await expect(page).toHaveURL(`/runs/${a}..${b}`);
    await expect(section(page, "Message 1, user").locator("del").first()).toHaveText("rivers");
    await page.goto(`/runs?with=${b}`);
    await strip(page).getByRole("textbox").fill(a);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(`/runs/${b}..${a}`);
    await expect(figures(page)).toBeVisible();
  });
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 no state of comparing runs breaks a rule", async ({ page }) => {
      const a = await ended(page, { model: "echo", ...user("About rivers\nin two lines") });
      const b = await ended(page, { model: "echo", ...user("About seas\nin three lines") });
      const c = await going(page, "Count");
      await open(page, `/runs?with=${a}`);
      await expectAccessible(page, "picking");
      await open(page, `/runs?with=${a}&and=nothing`);
      await expectAccessible(page, "pasted what is none");
      await open(page, `/runs?with=${a.slice(0, -6)}000000`);
      await expectAccessible(page, "no such run");
      await open(page, `/runs/${a}..${b}`);
      await expect(section(page, "Answer").locator(".cm-editor").first()).toBeVisible();
      await expectAccessible(page, "compared");
      await open(page, `/runs/${a}..${a}`);
      await expectAccessible(page, "the same");
      await open(page, `/runs/${a}..${c}`);
      await expectAccessible(page, "going on");
      await page.request.post(`/v1/runs/${c}/cancel`);
    });
  });
}
