// Without JavaScript the page is a form that runs.

import { expect, test } from "./fixtures";
import { answer, kept, LAB, message, output, run } from "./playground";

test.use({ javaScriptEnabled: false, config: LAB, allowedErrors: [/status of (400|404)/] });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

test("M1 the form runs and leads to the run's page", async ({ page }) => {
  await page.goto("/");
  await message(page).fill("Count,\nplease.");
  await page.getByRole("combobox", { name: "Model" }).selectOption("steady");
  const posted = page.waitForResponse((response) => response.url().endsWith("/api/start"));
  await run(page).click();
  expect((await posted).status()).toBe(303);
  await expect(page).toHaveURL(/\/runs\/run_[0-9a-f]{32}$/);
  // The page loads itself again until the run has ended.
  await expect(output(page)).toContainText("w159", { timeout: 20_000 });
  const id = page.url().split("/").pop() ?? "";
  const run_ = await kept(page, id);
  expect(await answer(page).textContent()).toBe(run_.output.text);
  expect(run_.request.messages[1].content).toBe("Count,\nplease.");
  expect(run_.request.params).toEqual({ temperature: 0.5, max_tokens: 256 });
  await expect(page.locator("noscript")).toHaveCount(0);

  await page.getByRole("link", { name: "Open in playground" }).click();
  await expect(message(page)).toHaveValue("Count,\nplease.");
  expect(await answer(page).textContent()).toBe(run_.output.text);
});

test("A2 a refused run says why and keeps what was typed", async ({ page }) => {
  await page.goto("/");
  await message(page).fill("About </textarea> & {{topic}}");
  await page.getByRole("spinbutton", { name: "Temperature" }).fill("9");
  await run(page).click();
  await expect(page.getByRole("alert")).toContainText("Temperature is “9”. 0 to 2 for smollm2-135m-instruct.");
  await expect(message(page)).toHaveValue("About </textarea> & {{topic}}");

  await page.getByRole("spinbutton", { name: "Temperature" }).fill("0");
  await run(page).click();
  await expect(page.getByRole("alert")).toContainText("{{topic}} is in the prompt and has no value");
  await page.getByRole("group", { name: "Inputs" }).getByRole("textbox", { name: "topic" }).fill("rivers");
  await page.getByRole("combobox", { name: "Model" }).selectOption("quick");
  await run(page).click();
  await expect(page).toHaveURL(/\/runs\//);
  await expect(output(page)).toContainText("w23");
});

test("a run that does not exist is a 404 with a page", async ({ page }) => {
  const answer = await page.goto(`/runs/run_${"0".repeat(32)}`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "Nothing is here." })).toBeVisible();
  expect((await page.goto("/nowhere"))?.status()).toBe(404);
  await expect(page.getByRole("link", { name: "Open the playground" })).toBeVisible();
});
