// Messages, tools and what becomes of an answer.

import { expect, test } from "./fixtures";
import { answer, choose, figure, finished, kept, LAB, message, open, output, run, runId, textOf, valueOf } from "./playground";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

test.use({ config: LAB });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

test("A1 messages are added, moved, copied, removed and brought back", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  const texts = async () => {
    const fields = await page.getByRole("textbox", { name: /^Message \d$/ }).all();
    return Promise.all(fields.map(valueOf));
  };
  await message(page).fill("one");
  await page.getByRole("button", { name: "Message", exact: true }).click();
  const second = page.getByRole("textbox", { name: "Message 2" });
  await expect(second).toBeFocused();
  await expect(page.getByRole("combobox", { name: "Role of message 2" })).toHaveValue("assistant");
  await page.keyboard.type("two");
  await page.keyboard.press("Alt+ArrowUp");
  await expect.poll(texts).toEqual(["two", "one"]);
  await expect(message(page)).toBeFocused();
  await page.keyboard.press("Alt+ArrowDown");
  await expect.poll(texts).toEqual(["one", "two"]);
  await second.hover();
  await page.getByRole("button", { name: "Duplicate message 2" }).click();
  await expect.poll(texts).toEqual(["one", "two", "two"]);
  await page.getByRole("button", { name: "Remove message 1" }).click();
  await expect.poll(texts).toEqual(["two", "two"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(texts).toEqual(["one", "two", "two"]);
  await page.getByRole("combobox", { name: "Role of message 3" }).selectOption("user");
  await page.reload();
  await expect(page.locator("html[data-hydrated]")).toHaveCount(1);
  await expect.poll(texts).toEqual(["one", "two", "two"]);
  await run(page).click();
  await finished(page);
  const { request } = await kept(page, await runId(page));
  expect(request.messages.map(({ role, content }: { role: string; content: string }) => [role, content])).toEqual([
    ["system", "You are a helpful assistant."], ["user", "one"], ["assistant", "two"], ["user", "two"],
  ]);
});

test("A2 every parameter, the response format and provider options reach the request", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  for (const [name, value] of [["Top P", "0.9"], ["Top K", "7"], ["Seed", "11"], ["Presence penalty", "0.5"], ["Frequency penalty", "-0.5"], ["Logprobs", "2"]]) {
    await page.getByRole("switch", { name: `Send ${name.toLowerCase()}` }).check();
    await page.getByRole("spinbutton", { name }).fill(value);
  }
  await page.getByRole("switch", { name: "Send stop sequences" }).check();
  await page.getByRole("textbox", { name: "Stop sequences" }).fill("END\n\\n\\n");
  await page.getByRole("switch", { name: "Send reasoning effort" }).check();
  await page.getByRole("combobox", { name: "Reasoning effort" }).fill("low");
  await page.getByRole("switch", { name: "Send response format" }).check();
  await page.getByRole("radio", { name: "Schema" }).check({ force: true });
  await page.getByRole("textbox", { name: "Schema" }).fill('{"type": "object"}');
  await page.getByText("Provider options").click();
  await page.getByRole("textbox", { name: "Provider options" }).fill('{"metadata": {"trace": "t"}}');
  await run(page).click();
  await finished(page);
  const { request } = await kept(page, await runId(page));
  expect(request.params).toEqual({
    temperature: 0.5, max_tokens: 256, top_p: 0.9, top_k: 7, seed: 11, presence_penalty: 0.5, frequency_penalty: -0.5,
    logprobs: 2, stop: ["END", "\n\n"], reasoning_effort: "low",
  });
  expect(request.response_format).toEqual({ type: "json_schema", schema: { type: "object" } });
  expect(request.provider_options).toEqual({ metadata: { trace: "t" } });
});

test("A2 what the model does not take is not sent, and its row says so", async ({ page }) => {
  await open(page);
  const effort = page.getByRole("switch", { name: "Send reasoning effort" });
  await expect(effort).toBeDisabled();
  await choose(page, "quick");
  await effort.check();
  await choose(page, "smollm2-135m-instruct", 4);
  await expect(effort).toBeDisabled();
  await run(page).click();
  await finished(page, "length");
  expect((await kept(page, await runId(page))).request.params).toEqual({ temperature: 0.5, max_tokens: 4 });
});

test("A9 a tool call is answered by hand, and the run goes on", async ({ page }) => {
  await open(page);
  await choose(page, "caller");
  await page.getByRole("heading", { name: "Tools" }).click();
  const tools = page.getByRole("textbox", { name: "Tools" });
  await tools.fill('[{"name": "clock",}]');
  await expect(tools).toHaveAttribute("aria-invalid", "true");
  await run(page).click();
  const alert = output(page).getByRole("alert");
  await expect(alert).toContainText("Nothing was sent.");
  await alert.getByRole("button", { name: "Go to it" }).click();
  await expect(tools).toBeFocused();
  await tools.fill('[{"name": "clock", "parameters": {"type": "object"}}]');
  await run(page).click();
  await finished(page, "tool_calls");
  await expect(output(page).getByText("clock")).toHaveCount(2);
  const first = await runId(page);
  await output(page).getByRole("button", { name: "Add to messages" }).click();
  await expect(page.getByRole("combobox", { name: "Role of message 3" })).toHaveValue("tool");
  await expect(page.getByRole("textbox", { name: "Message 3" })).toBeFocused();
  await page.keyboard.type("noon");
  await page.getByRole("textbox", { name: "Message 4" }).fill("midnight");
  await choose(page, "quick");
  await run(page).click();
  await finished(page);
  const next = await kept(page, await runId(page));
  expect(next.parent).toBe(first);
  expect(next.request.messages.slice(2)).toEqual([
    { role: "assistant", content: "", tool_calls: [0, 1].map((n) => ({ id: `call_mock_${n}`, name: "clock", arguments: `{"n":${n}}` })) },
    { role: "tool", content: "noon", tool_call_id: "call_mock_0" },
    { role: "tool", content: "midnight", tool_call_id: "call_mock_1" },
  ]);
});

test("A3 an answer that was cut goes on from where it was", async ({ page }) => {
  await open(page);
  await choose(page, "torn");
  await run(page).click();
  await expect(output(page).getByRole("alert")).toContainText("was cut off", { timeout: 20_000 });
  const [cut, text] = [await runId(page), await textOf(page)];
  await choose(page, "quick");
  await output(page).getByRole("button", { name: "Continue from here" }).click();
  await finished(page);
  const next = await kept(page, await runId(page));
  expect(next.parent).toBe(cut);
  expect(next.request.messages.at(-1)).toEqual({ role: "assistant", content: text });
});

test("B2 the answer is shown as Markdown, or as it came, and copied as it came", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page);
  await choose(page, "echo", 4000);
  const text =
    "# Rivers\n\n- the **Loire**\n- `Seine`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```rust\nfn main() {}\n```\n\nand $x^2$\n";
  await message(page).fill(text);
  await run(page).click();
  await finished(page);
  const pane = answer(page);
  await expect(pane.getByRole("heading", { name: "Rivers" })).toBeVisible();
  await expect(pane.getByRole("listitem")).toHaveText(["the Loire", "Seine"]);
  await expect(pane.getByRole("cell")).toHaveText(["1", "2"]);
  await expect(pane.locator("etude-code code")).toHaveText("fn main() {}\n");
  await expect(pane.locator(".hljs-keyword")).toHaveText("fn");
  await expect(pane.locator("etude-math msup")).toHaveText("x2");
  await pane.getByRole("button", { name: "Copy code" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("fn main() {}\n");
  await page.getByRole("tab", { name: "Raw" }).click();
  expect(await pane.evaluate((element) => element.textContent)).toContain("# Rivers");
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("tab", { name: "Rendered" })).toBeFocused();
  await expect(pane.getByRole("heading", { name: "Rivers" })).toBeVisible();
  await page.getByRole("button", { name: "Copy output" }).click();
  await expect(page.getByRole("button", { name: "Copy output" })).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  // The server renders the same blocks.
  const blocks = async () => (await pane.locator(".prose").innerHTML()).replaceAll("<!---->", "");
  const coloured = async () => {
    await expect(pane.locator(".hljs-keyword")).toHaveText("fn");
    await expect(pane.locator("etude-math msup")).toHaveText("x2");
  };
  await coloured();
  const live = await blocks();
  await page.goto(`/?run=${await runId(page)}`);
  await expect(pane.getByRole("heading", { name: "Rivers" })).toBeVisible();
  await coloured();
  expect(await blocks()).toBe(live);
});

test("K4 nothing in an answer becomes a script, a form, a style or a request", async ({ page, etude }) => {
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(etude.baseURL)) foreign.push(request.url());
  });
  page.on("dialog", (dialog) => {
    foreign.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await open(page);
  await choose(page, "echo", 100_000);
  const folder = join(process.cwd(), "../app/tests/hostile");
  for (const file of readdirSync(folder)) {
    // Braces would be variables, and NUL is refused.
    await message(page).fill(readFileSync(join(folder, file), "utf8").replaceAll("{{", "{ {").replaceAll("\0", ""));
    await run(page).click();
    await expect(figure(page, "Finish")).toContainText("stop", { timeout: 60_000 });
    // Until the code that renders has come, an answer is plain text.
    await expect(answer(page).locator(".prose__part").first()).toBeAttached();
    const found = await answer(page).evaluate((pane) => {
      // The button that copies code is ours: it stands outside of what was written.
      const strange = pane.querySelectorAll("script,style,form,input,button:not(etude-code > .code__copy > button),img,iframe,object,embed,svg,link,meta,base,video,audio");
      const handlers = [...pane.querySelectorAll("*")].filter((element) => [...element.attributes].some(({ name }) => name.startsWith("on") || name === "style"));
      // An address that is none has the scheme ":", and leads nowhere.
      const links = [...pane.querySelectorAll("a")].map((link) => link.protocol).filter((scheme) => ![":", "http:", "https:", "mailto:"].includes(scheme));
      return { strange: strange.length, handlers: handlers.length, links };
    });
    expect(found, file).toEqual({ strange: 0, handlers: 0, links: [] });
  }
  expect(foreign).toEqual([]);
});

test("A1 pictures are pasted and dropped into a message, sent with it, and kept for a reload", async ({ page }) => {
  await open(page);
  await choose(page, "quick");
  const give = (type: "paste" | "drop", name: string) =>
    page.evaluate(async ([type, name]) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = type === "paste" ? 8 : 16;
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
      const data = new DataTransfer();
      data.items.add(new File([blob as Blob], name as string, { type: "image/png" }));
      const field = document.querySelectorAll(".cm-content")[1] as HTMLElement;
      const init = { bubbles: true, cancelable: true };
      field.dispatchEvent(type === "paste" ? new ClipboardEvent("paste", { ...init, clipboardData: data }) : new DragEvent("drop", { ...init, dataTransfer: data }));
    }, [type, name]);
  const pictures = page.getByRole("list", { name: "Pictures of message 1" }).getByRole("listitem");
  await give("paste", "one.png");
  await expect(pictures).toHaveCount(1);
  await give("drop", "two.png");
  await expect(pictures).toHaveCount(2);
  await give("paste", "three.png");
  await page.getByRole("button", { name: "Remove picture 3" }).click();
  await expect(pictures).toHaveCount(2);
  await page.reload();
  await expect(page.locator("html[data-hydrated]")).toHaveCount(1);
  await expect(pictures).toHaveCount(2);
  await run(page).click();
  await finished(page);
  const { request } = await kept(page, await runId(page));
  const parts = request.messages[1].content;
  expect(parts.map(({ type }: { type: string }) => type)).toEqual(["text", "image", "image"]);
  expect(parts[1].media_type).toBe("image/png");
  // A model that sees none is not asked: the page says so.
  await choose(page, "smollm2-135m-instruct");
  await give("paste", "four.png");
  await expect(page.getByRole("region", { name: "Output" }).getByRole("alert")).toContainText("cannot see pictures");
});
