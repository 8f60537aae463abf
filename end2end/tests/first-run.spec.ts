// The first minute: one key, and tokens appear.

import { expect, test } from "./fixtures";
import { ANY_END, answer, choose, expectText, figure, finished, kept, LAB, message, open, output, run, runId, stop } from "./playground";

test("M1 A3 one key after the page has opened, the built-in model answers", async ({ page }) => {
  await open(page);
  await expect(run(page)).toBeFocused();
  await expectText(page.getByRole("textbox", { name: "System prompt" }), "You are a helpful assistant.");
  await expect(figure(page, "Finish")).toHaveText("not run");

  await page.keyboard.press("Enter");
  await expect(stop(page)).toBeVisible();
  await expect(run(page)).toBeVisible({ timeout: 30_000 });

  // What it says is its own affair.
  await expect(answer(page)).toHaveText(/\w+ \w+ \w+/);
  await expect(figure(page, "Finish")).toHaveText(/stop|length/);
  await expect(output(page)).not.toHaveAttribute("aria-busy", "true");
  for (const label of ["First token", "Speed", "In", "Cached", "Out", "Elapsed"]) {
    await expect(figure(page, label), label).toHaveText(/^[\d.,]+( (ms|s|tok\/s))?\s*$/);
  }
  await expect(figure(page, "Cost")).toHaveText(/free/);
  await expect(run(page)).toBeFocused();
});

test("A2 A7 the run is kept with exactly what the page showed", async ({ page }) => {
  await open(page);
  await message(page).fill("Say hello.");
  await page.getByRole("spinbutton", { name: "Max tokens" }).fill("16");
  await page.getByRole("switch", { name: "Send temperature" }).uncheck();
  await page.keyboard.press("Control+Enter");
  await finished(page, ANY_END);

  const run = await kept(page, await runId(page));
  expect(run.request.messages).toEqual([
    { role: "system", content: "You are a helpful assistant." },
    { role: "user", content: "Say hello." },
  ]);
  expect(run.request.params).toEqual({ max_tokens: 16 });
  // As the model wrote it: Markdown has line ends and marks of its own.
  await page.getByRole("tab", { name: "Raw" }).click();
  await expect.poll(() => answer(page).textContent()).toBe(run.output.text);
});

test.describe("with a scripted upstream", () => {
  test.use({ config: LAB });

  test("A3 figures move while the answer streams; Run is Stop in the same place", async ({ page, mock }) => {
    expect(mock.baseURL).toBeTruthy();
    await open(page);
    await choose(page, "walking");
    const place = await run(page).boundingBox();
    await run(page).click();
    await expect(output(page)).toHaveAttribute("aria-busy", "true");
    await expect(figure(page, "Finish")).toHaveText(/streaming/);
    // One polite voice: that it started, how far it is, that it has finished; never the tokens themselves.
    await expect(output(page).getByRole("status")).toHaveText("Started");
    expect(await stop(page).boundingBox()).toEqual(place);
    // Until the first token has come there is a dash.
    const out = async () => Number(await figure(page, "Out").textContent()) || 0;
    const first = await out();
    await expect.poll(out).toBeGreaterThan(first + 20);
    await expect(figure(page, "First token")).toHaveText(/\d+ ms/);
    await finished(page);
    await expect(figure(page, "Out")).toHaveText(/160/);
    await expect(output(page).getByRole("status")).toHaveText(/^Finished: 160 tokens in \d\.\d s$/);
  });

  test("a second run starts from an empty output", async ({ page, mock }) => {
    expect(mock.baseURL).toBeTruthy();
    await open(page);
    await choose(page, "quick");
    await run(page).click();
    await finished(page);
    const first = await runId(page);
    await run(page).click();
    await expect.poll(() => runId(page)).not.toBe(first);
    await finished(page);
    expect((await answer(page).textContent())?.split(" ")).toHaveLength(24);
  });
});
