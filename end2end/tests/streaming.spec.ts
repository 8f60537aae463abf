// A run belongs to the server: reload, a second tab, a lost connection and a restart change nothing in it.

import { expect, test } from "./fixtures";
import { choose, expectText, expectWhole, figure, finished, grown, kept, LAB, live, message, open, output, run, runId, SERVER_AWAY, settled, stop, textOf } from "./playground";

test.use({ config: LAB });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

const banner = (page: import("@playwright/test").Page, text: string | RegExp) =>
  page.locator(".banner").filter({ hasText: text });

test("B1 a reload in mid-stream goes on where it was", async ({ page }) => {
  await open(page);
  await message(page).fill("Count.");
  await choose(page, "walking");
  await run(page).click();
  await grown(page, 60);
  const id = await runId(page);
  const before = await textOf(page);

  await page.reload();
  await live(page);
  await grown(page, before.length);
  expect((await textOf(page)).startsWith(before)).toBe(true);
  await expect(stop(page)).toBeVisible();
  await expectText(message(page), "Count.");
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("walking");

  await finished(page);
  expect(await runId(page)).toBe(id);
  expectWhole(await textOf(page));
  expect(await textOf(page)).toBe((await kept(page, id)).output.text);
});

test("B1 a reload in the instant after Run starts nothing twice", async ({ page }) => {
  await open(page);
  await choose(page, "patient");
  await run(page).click();
  await page.reload();
  await live(page);
  await finished(page);
  expectWhole(await textOf(page));
  const runs = await (await page.request.get("/v1/runs")).json();
  expect(runs.data).toHaveLength(1);
});

test("A3 Stop ends it at once, and what came is kept", async ({ page }) => {
  await open(page);
  await choose(page, "endless", 100_000);
  await run(page).click();
  await grown(page, 40);
  await stop(page).click();
  await finished(page, "stopped");
  await expect(output(page)).toContainText(/Stopped after \d+ tokens, in \d+ ms/);
  const text = await textOf(page);
  const run_ = await kept(page, await runId(page));
  expect(run_.status).toBe("cancelled");
  expect(text).toBe(run_.output.text);
  await page.waitForTimeout(300);
  expect(await textOf(page)).toBe(text);
});

test("B1 two tabs read one run", async ({ page, context }) => {
  await open(page);
  await choose(page, "steady");
  await run(page).click();
  await grown(page, 30);
  const id = await runId(page);

  const second = await context.newPage();
  await open(second, `/?run=${id}`);
  await expect(second.getByRole("combobox", { name: "Model" })).toHaveValue("steady");
  await Promise.all([finished(page), finished(second)]);
  expect(await textOf(second)).toBe(await textOf(page));
  expectWhole(await textOf(second));
});

test("A7 the page of a run is live, and opens the run in the playground", async ({ page }) => {
  await open(page);
  await message(page).fill("Count again.");
  await choose(page, "steady");
  await run(page).click();
  await grown(page, 20);
  await output(page).getByRole("link", { name: "Link to this run" }).click();
  await expect(page).toHaveURL(/\/runs\/run_/);
  await expect(figure(page, "Finish")).toHaveText(/stop/, { timeout: 20_000 });
  expectWhole(await textOf(page));
  const text = await textOf(page);

  await page.getByRole("link", { name: "Open in playground" }).click();
  await expectText(message(page), "Count again.");
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("steady");
  expect(await textOf(page)).toBe(text);
  await expect(run(page)).toBeVisible();

  await page.reload();
  await live(page);
  await expectText(message(page), "Count again.");
  expect(await textOf(page)).toBe(text);
});

test("B2 a reader who scrolls up is left alone", async ({ page }) => {
  await open(page);
  await choose(page, "long", 6000);
  await run(page).click();
  const body = output(page).getByRole("tabpanel", { name: "Answer" });
  const fromEnd = () => body.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await expect.poll(() => body.evaluate((element) => element.scrollTop), { timeout: 20_000 }).toBeGreaterThan(100);
  await expect.poll(fromEnd).toBeLessThan(40);

  await body.hover();
  await page.mouse.wheel(0, -400);
  const pill = output(page).getByRole("button", { name: "New text" });
  await expect(pill).toBeVisible();
  const top = await body.evaluate((element) => element.scrollTop);
  await page.waitForTimeout(500);
  expect(await body.evaluate((element) => element.scrollTop)).toBe(top);

  await pill.click();
  await expect(pill).toBeHidden();
  await expect.poll(fromEnd).toBeLessThan(40);
  await page.keyboard.press("Escape");
  await finished(page, "stopped");
  expectWhole(await textOf(page));
});

test("A3 an upstream that breaks off: the text stays, the page says who and what", async ({ page }) => {
  await open(page);
  await choose(page, "torn");
  await run(page).click();
  const alert = output(page).getByRole("alert");
  await expect(alert).toContainText("cut off");
  await expect(alert).toContainText("30 words");
  expectWhole(await textOf(page));
  await expect(figure(page, "Finish")).toHaveText(/failed/);
});

test("an upstream that is away: Retry works once it is back", async ({ page, mock }) => {
  await mock.kill();
  await open(page);
  await choose(page, "quick");
  await run(page).click();
  const alert = output(page).getByRole("alert");
  await expect(alert).toContainText("cannot be reached");
  await mock.restart();
  await alert.getByRole("button", { name: "Retry" }).click();
  await finished(page);
  await expect(alert).toBeHidden();
  expectWhole(await textOf(page));
});

test.describe("without the server", () => {
  test.use({ allowedErrors: SERVER_AWAY });

  test("B5 killed in mid-stream and back: the run is interrupted, its text is kept", async ({ page, etude }) => {
    await open(page);
    await choose(page, "endless", 100_000);
    await settled(page);
    await run(page).click();
    await grown(page, 80);
    const id = await runId(page);
    await etude.kill();
    await expect(banner(page, "Offline.")).toBeVisible();
    const before = await textOf(page);
    expectWhole(before);

    await etude.restart();
    // For some seconds, so it is looked for first.
    await expect(banner(page, "Back after")).toBeVisible({ timeout: 20_000 });
    await expect(output(page).getByRole("alert")).toContainText("interrupted", { timeout: 20_000 });
    await expect(figure(page, "Finish")).toHaveText(/interrupted/);
    const after = await textOf(page);
    expect(after.startsWith(before)).toBe(true);
    expect(after).toBe((await kept(page, id)).output.text);
  });

  test("what is run while it is away is sent when it is back", async ({ page, etude }) => {
    await open(page);
    await choose(page, "quick");
    await settled(page);
    await etude.kill();
    await expect(banner(page, "Offline.")).toBeVisible();
    await run(page).click();
    await expect(output(page)).toContainText("Sent");
    await etude.restart();
    await finished(page);
    expectWhole(await textOf(page));
  });
});

