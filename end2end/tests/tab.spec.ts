// The tab's one connection: older builds, idle tabs, and trying again.

import { expect, test } from "./fixtures";
import { ANY_END, choose, expectText, finished, grown, LAB, live, loads, message, open, output, run, runId, textOf } from "./playground";

test.use({
  config: `${LAB}
[[model]]
name = "busy"
provider = "lab"
upstream = "mock-status429-retry4"
[[model]]
name = "dear"
provider = "lab"
upstream = "mock-ttft20-rate0-n24"
price = { input = 0.0, output = 20000.0 }
`,
});
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

test("M1 a tab of an older build is told, and a reload keeps its draft", async ({ page }) => {
  await page.routeWebSocket(/\/v1\/live$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => socket.send(String(text).replace(/"build":"[^"]*"/, '"build":"another"')));
  });
  await open(page);
  await message(page).fill("Written in an old tab.");
  const banner = page.getByRole("status").filter({ hasText: "older build" });
  await expect(banner).toBeVisible();
  await loads(page, () => banner.getByRole("button", { name: "Reload" }).click());
  await expectText(message(page), "Written in an old tab.");
});

test("B2 a tab that nobody looks at lets go of its connection, and takes it up again", async ({ page }) => {
  let sockets = 0;
  let closed = 0;
  page.on("websocket", (socket) => {
    sockets += 1;
    socket.on("close", () => (closed += 1));
  });
  await page.clock.install();
  await open(page);
  await choose(page, "quick");
  await expect.poll(() => sockets).toBe(1);
  const look = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, hidden);
  await look(true);
  for (let step = 0; step < 14; step += 1) await page.clock.runFor(10_000);
  await expect.poll(() => closed).toBe(1);
  expect(sockets).toBe(1);
  await look(false);
  await page.clock.runFor(100);
  await expect.poll(() => sockets).toBe(2);
  await expect(page.locator(".banner")).toBeHidden();
});

test("B4 a refused run says when it is tried again, and tries by itself until somebody says no", async ({ page }) => {
  await open(page);
  await choose(page, "busy");
  await run(page).click();
  await expect(output(page).getByRole("alert")).toContainText("Tries again by itself in 0:0");
  await expect(output(page).getByRole("alert")).toContainText("attempt 2 of 3");
  const first = await runId(page);
  await expect.poll(() => runId(page), { timeout: 15_000, intervals: [100] }).not.toBe(first);
  await expect(output(page).getByRole("alert")).toContainText("attempt 3 of 3");
  const second = await runId(page);
  await output(page).getByRole("button", { name: "Do not" }).click();
  await page.waitForTimeout(5_000);
  expect(await runId(page)).toBe(second);
  await expect(output(page).getByRole("button", { name: "Retry" })).toBeVisible();
  // A run that failed some time ago and is only looked at is not run again.
  await page.reload();
  await live(page);
  await expect(output(page).getByRole("alert")).toBeVisible();
  await page.waitForTimeout(5_000);
  expect(await runId(page)).toBe(second);
});

test("H5 a model's process that dies ends its runs, keeps their text, and the next run works", async ({ page, etude }) => {
  await open(page);
  await page.getByRole("spinbutton", { name: "Max tokens" }).fill("2000");
  // The same long answer with every run.
  await page.getByRole("spinbutton", { name: "Temperature" }).fill("0");
  await message(page).fill("Tell a long story about a ship.");
  await run(page).click();
  await grown(page, 10);
  await etude.killWorker(await etude.worker());
  await expect(output(page).getByRole("alert")).toContainText("interrupted", { ignoreCase: true, timeout: 15_000 });
  expect((await textOf(page)).length).toBeGreaterThanOrEqual(10);
  await expect(output(page).getByRole("button", { name: "Continue from here" })).toBeVisible();
  await page.getByRole("spinbutton", { name: "Max tokens" }).fill("8");
  await run(page).click();
  await finished(page, ANY_END);
  expect(await textOf(page)).not.toBe("");
});

test("A3 a run that broke off goes on from its own page", async ({ page }) => {
  await open(page);
  await choose(page, "quick", 6);
  await run(page).click();
  await finished(page, "length");
  const first = await runId(page);
  const begun = (await textOf(page)).trim();
  await open(page, `/runs/${first}`);
  await page.getByRole("button", { name: "Continue from here" }).click();
  await live(page);
  await expect.poll(() => runId(page)).not.toBe(first);
  await finished(page, "length");
  const second = await runId(page);
  const { request, parent } = await (await page.request.get(`/v1/runs/${second}`)).json();
  expect(parent ?? request.parent).toBe(first);
  expect(request.messages.at(-1)).toMatchObject({ role: "assistant" });
  expect(request.messages.at(-1).content.trim()).toBe(begun);
  // A reload does not do it again.
  await page.reload();
  await live(page);
  await page.waitForTimeout(500);
  expect(await runId(page)).toBe(second);
});

test.describe("a locked database", () => {
  test.use({ allowedErrors: [/status of 503/] });

  test("A7 the list says that it cannot be read, tries again, and comes back", async ({ page, etude }) => {
    await open(page);
    await choose(page, "quick");
    await run(page).click();
    await finished(page);
    const release = await etude.lockDatabase();
    await open(page, "/runs");
    await expect(page.getByRole("heading", { name: "The list cannot be read just now." })).toBeVisible({ timeout: 30_000 });
    // Runs go on.
    await page.getByRole("link", { name: "Open the draft" }).click();
    await live(page);
    await run(page).click();
    await finished(page);
    await page.goto("/runs");
    await expect(page.getByRole("heading", { name: "The list cannot be read just now." })).toBeVisible({ timeout: 30_000 });
    await release();
    await expect(page.getByRole("list", { name: "Runs", exact: true }).getByRole("listitem")).toHaveCount(2, { timeout: 30_000 });
  });
});

test("F7 what the runs of a tab have cost is added up, once each, over a reload too", async ({ page, context }) => {
  const spent = (of = page) => of.locator(".prompt-foot__spent");
  await open(page);
  await choose(page, "quick");
  await message(page).fill("Count.");
  await run(page).click();
  await finished(page);
  await expect(spent()).toHaveCount(0);
  await choose(page, "dear");
  await run(page).click();
  await finished(page);
  await expect(spent()).toHaveText("$0.48 this session");
  await expect(spent()).toHaveAttribute("title", /^2 runs started in this tab, one of them without a known price/);
  await page.reload();
  await live(page);
  await expect(spent()).toHaveText("$0.48 this session");
  await run(page).click();
  await expect(spent()).toHaveText("$0.96 this session");
  // Another tab has a session of its own, although it shows a run that is kept.
  const other = await context.newPage();
  await open(other, `/?run=${await runId(page)}`);
  await choose(other, "quick");
  await run(other).click();
  await finished(other);
  await expect(spent(other)).toHaveCount(0);
});
