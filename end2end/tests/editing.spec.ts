// Fields, keys and parameters.

import { expect, test } from "./fixtures";
import { answer, choose, expectText, expectWhole, figure, finished, grown, kept, LAB, live, message, open, output, run, runId, stop, textOf } from "./playground";

test.use({ config: LAB });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

test("M1 what is typed before the page is live is kept", async ({ page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/", { waitUntil: "commit" });
  // A field must not become an editor between two of a test's steps; a hand would not notice.
  await page.waitForFunction(() => customElements.get("etude-editor"));
  await message(page).fill("Typed early.");
  await page.getByRole("spinbutton", { name: "Temperature" }).fill("0.7");
  await page.getByRole("switch", { name: "Send max tokens" }).uncheck();
  await page.getByRole("combobox", { name: "Model" }).selectOption("quick");
  await expect(page.locator("html[data-hydrated]")).toHaveCount(0);
  release();
  await live(page);
  await expectText(message(page), "Typed early.");
  await expect(page.getByRole("slider", { name: "Temperature" })).toHaveValue("0.7");
  await run(page).click();
  await finished(page);
  const { request } = await kept(page, await runId(page));
  expect(request.messages[1].content).toBe("Typed early.");
  expect(request.model).toBe("quick");
  expect(request.params).toEqual({ temperature: 0.7 });
});

test("everything by keyboard: Tab, Control+Enter runs and never stops, Escape stops", async ({ page }) => {
  await open(page);
  await choose(page, "endless", 100_000);
  await message(page).focus();
  await page.keyboard.press("Control+Enter");
  await grown(page, 20);
  const id = await runId(page);
  await page.keyboard.press("Control+Enter");
  await grown(page, 60);
  expect(await runId(page)).toBe(id);
  await expect(stop(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await finished(page, "stopped");

  await page.getByRole("textbox", { name: "System prompt" }).focus();
  const order: string[] = [];
  for (let step = 0; step < 20; step++) {
    await page.keyboard.press("Tab");
    order.push(await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""));
  }
  const stations = ["Role of message 1", "Message 1", "Message", "Rendered", "Answer", "Send temperature", "Temperature", "Send max tokens"];
  const places = stations.map((name) => order.findIndex((here) => here.trim() === name));
  expect(places, order.join(" | ")).not.toContain(-1);
  expect(places).toEqual([...places].sort((one, other) => one - other));
});

test("no key acts while an input method is composing", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  await message(page).focus();
  await message(page).evaluate((field) => {
    const press = (init: KeyboardEventInit) => field.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...init }));
    press({ key: "Enter", ctrlKey: true, isComposing: true });
  });
  await page.waitForTimeout(200);
  await expect(figure(page, "Finish")).toHaveText(/not run/);
});

test("a double click on Run runs once and does not stop it", async ({ page }) => {
  await open(page);
  await choose(page, "steady");
  await run(page).dblclick();
  await grown(page, 40);
  await finished(page);
  expectWhole(await textOf(page));
});

test("A1 a variable has a field of its own, and one without a value is not sent", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  const inputs = page.getByRole("group", { name: "Inputs" });
  await expect(inputs).toBeHidden();
  await message(page).fill("Write about {{topic}} in {{style}}.");
  await expect(inputs.getByRole("textbox")).toHaveCount(2);
  await inputs.getByRole("textbox", { name: "topic" }).fill("rivers");
  await page.keyboard.press("Control+Enter");
  const alert = output(page).getByRole("alert");
  await expect(alert).toContainText("{{style}} is in the prompt and has no value. Nothing was sent.");
  await alert.getByRole("button", { name: "Fill in style" }).click();
  await expect(inputs.getByRole("textbox", { name: "style" })).toBeFocused();
  await page.keyboard.type("verse");
  await page.keyboard.press("Control+Enter");
  await finished(page);
  expect((await kept(page, await runId(page))).request.inputs).toEqual({ topic: "rivers", style: "verse" });
});

test("A2 a value out of range is said at once, with the range; one click leaves it out", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  const temperature = page.getByRole("spinbutton", { name: "Temperature" });
  await temperature.fill("3");
  await expect(temperature).toHaveAttribute("aria-invalid", "true");
  await expect(temperature).toHaveAccessibleDescription("0 to 2 for quick.");
  await run(page).click();
  const alert = output(page).getByRole("alert");
  await expect(alert).toContainText("Nothing was sent.");
  await alert.getByRole("button", { name: "Omit temperature and run" }).click();
  await finished(page);
  expect((await kept(page, await runId(page))).request.params).toEqual({ max_tokens: 256 });
  await page.getByRole("switch", { name: "Send temperature" }).check();
  await expect(temperature).toHaveValue("3");
});

test("the slider and the number are one value", async ({ page }) => {
  await open(page);
  const slider = page.getByRole("slider", { name: "Temperature" });
  await slider.focus();
  await page.keyboard.press("End");
  await expect(page.getByRole("spinbutton", { name: "Temperature" })).toHaveValue("2");
  await page.getByRole("spinbutton", { name: "Temperature" }).fill("0.5");
  await expect(slider).toHaveValue("0.5");
});

test("M1 the theme is remembered, and there before the page is live", async ({ page }) => {
  await open(page);
  const theme = page.getByRole("button", { name: /^Theme/ });
  await theme.click();
  await theme.click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.goto("/", { waitUntil: "commit" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await live(page);
  await expect(page.getByRole("button", { name: "Theme: dark" })).toBeVisible();
  await page.getByRole("button", { name: "Theme: dark" }).click();
  await expect(page.locator("html")).not.toHaveAttribute("data-theme");
});

test("what was typed is there again after another page", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  await run(page).click();
  await finished(page);
  await message(page).fill("Typed just now.");
  await output(page).getByRole("link", { name: "Link to this run" }).click();
  await expect(page.getByRole("link", { name: "Open in playground" })).toBeVisible();
  await page.getByRole("link", { name: "Etude, home" }).click();
  await expectText(message(page), "Typed just now.");
  await expect(answer(page)).toContainText("w23");
  expectWhole(await textOf(page));
  await page.goBack();
  await expect(page.getByRole("link", { name: "Open in playground" })).toBeVisible();
  await page.goBack();
  await expectText(message(page), "Typed just now.");
});

test("A7 a run that is opened is there with everything it asked for", async ({ page }) => {
  const body = {
    model: "quick",
    messages: [
      ...["user", "assistant", "user"].map((role) => ({ role, content: `From the ${role}` })),
      { role: "assistant", content: "It", tool_calls: [] },
    ],
    params: { seed: 7, max_tokens: 9, stop: ["\n\n", "END"] },
    tools: [{ name: "clock", parameters: { type: "object" } }],
    response_format: { type: "json_object" },
    provider_options: { metadata: { trace: "t" } },
  };
  const answer = await page.request.post("/v1/runs", { data: body, headers: { accept: "application/json" } });
  const first = await answer.json();
  await open(page, `/?run=${first.id}`);
  await expect(page.getByRole("textbox", { name: /^Message \d$/ })).toHaveCount(4);
  await expect(page.getByRole("textbox", { name: "Stop sequences" })).toHaveValue("\\n\\n\nEND");
  await expect(page.getByRole("spinbutton", { name: "Max tokens" })).toHaveValue("9");
  await expect(page.getByRole("switch", { name: "Send temperature" })).not.toBeChecked();
  await run(page).click();
  await finished(page, "length");
  const { request } = await kept(page, await runId(page));
  delete request.request_id;
  expect(request).toEqual(first.request);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("M1 one pane at a time, and Run goes to the output", async ({ page }) => {
    await open(page);
    await expect(message(page)).toBeVisible();
    await page.getByRole("radio", { name: "Params" }).check({ force: true });
    await choose(page, "quick");
    await expect(message(page)).toBeHidden();
    await run(page).click();
    await finished(page);
    await expect(page.getByRole("radio", { name: "Output" })).toBeChecked();
    await expect(output(page)).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

test.describe("on a small screen", () => {
  test.use({ viewport: { width: 1024, height: 768 } });

  test("the parameters open from the header", async ({ page }) => {
    await open(page);
    const button = page.getByRole("button", { name: "Parameters", exact: true });
    await expect(page.getByRole("combobox", { name: "Model" })).toBeHidden();
    await button.click();
    await expect(button).toHaveAttribute("aria-expanded", "true");
    await expect(page.getByRole("combobox", { name: "Model" })).toBeFocused();
    await choose(page, "quick");
    await page.keyboard.press("Escape");
    await expect(button).toBeFocused();
    await expect(page.getByRole("combobox", { name: "Model" })).toBeHidden();
    await expect(button).toContainText("quick");
  });
});
