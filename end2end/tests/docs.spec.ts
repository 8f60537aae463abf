// The page of the API: found, read, tried, by keyboard and without a script.

import type { Locator, Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";

function article(page: Page, name: string): Locator {
  return page.getByRole("article", { name, exact: true });
}

function form(page: Page, name: string): Locator {
  return page.getByRole("form", { name: `Try: ${name}`, exact: true });
}

async function sent(tried: Locator, status: RegExp): Promise<void> {
  await expect(tried.getByRole("status")).toHaveText(status);
  await expect(tried.getByRole("region")).not.toHaveAttribute("aria-busy");
}

test("a run is started by key, streams, and is read and deleted by the id that is filled in", async ({ page }) => {
  await page.goto("/docs");
  const start = form(page, "Start a run");
  await start.getByRole("textbox", { name: "Body", exact: true }).press("Control+Enter");
  await sent(start, /^200 OK in \d/);
  const answer = start.getByRole("region", { name: "Answer: Start a run" });
  await expect(answer).toContainText("event: run.started");
  await expect(answer).toContainText("event: run.finished");
  const id = /run_[0-9a-f]{32}/.exec((await answer.textContent()) ?? "")?.[0] ?? "none";

  const read = form(page, "Read a run");
  await expect(read.getByRole("textbox", { name: /^id/ })).toHaveValue(id);
  await read.getByRole("button", { name: "Send" }).click();
  await sent(read, /^200 OK/);
  await expect(read.getByRole("region")).toContainText(`"id": "${id}"`);

  const remove = form(page, "Delete a run");
  await remove.getByRole("button", { name: "Send" }).click();
  await sent(remove, /^204/);
});

test.describe("a refusal", () => {
  test.use({ allowedErrors: [/status of 400/] });

  test("is shown as it came", async ({ page }) => {
    await page.goto("/docs#createMessage");
    const create = form(page, "Create a message");
    await create.getByRole("textbox", { name: "Body", exact: true }).fill('{"model": "smollm2-135m-instruct", "messages": []}');
    await create.getByRole("button", { name: "Send" }).click();
    await sent(create, /^400 Bad Request/);
    await expect(create.getByRole("region")).toContainText("`max_tokens` is missing");
  });
});

test("a stream grows as it comes and stops on Escape", async ({ page }) => {
  await page.goto("/docs#createChatCompletion");
  const create = form(page, "Create a chat completion");
  const body = { model: "smollm2-135m-instruct", messages: [{ role: "user", content: "Tell a long story about a ship." }], temperature: 0, max_tokens: 4000, stream: true };
  const field = create.getByRole("textbox", { name: "Body", exact: true });
  await field.fill(JSON.stringify(body));
  await create.getByRole("button", { name: "Send" }).click();
  const code = create.locator("[data-body]");
  await expect.poll(async () => ((await code.textContent()) ?? "").split("data:").length, { intervals: [50] }).toBeGreaterThan(10);
  await expect(create.getByRole("button", { name: "Stop" })).toBeVisible();
  await field.press("Escape");
  await expect(create.getByRole("status")).toContainText("stopped after");
  await expect(create.getByRole("button", { name: "Stop" })).toBeHidden();
});

test("search leaves what fits, Enter goes there, Escape brings all back", async ({ page }) => {
  await page.goto("/docs");
  const search = page.getByRole("searchbox", { name: "Search operations" });
  const all = await page.getByRole("article").count();
  await search.fill("input items");
  await expect(page.getByRole("article")).toHaveCount(1);
  await expect(page.getByText(`1 of ${all} operations`)).toBeVisible();
  await search.press("Enter");
  await expect(page).toHaveURL(/#listResponseInputItems$/);
  await search.fill("nothing has this name");
  await expect(page.getByText("Nothing fits.")).toBeVisible();
  await search.press("Escape");
  await expect(page.getByRole("article")).toHaveCount(all);
});

test("the language of the examples is chosen once for all", async ({ page }) => {
  await page.goto("/docs");
  const start = article(page, "Start a run");
  await start.getByRole("radio", { name: "Python" }).check({ force: true });
  await expect(article(page, "Create a message").getByRole("group", { name: "Python" })).toContainText("from anthropic import Anthropic");
  await expect(article(page, "Create a message").getByRole("group", { name: "curl" })).toBeHidden();
  await page.reload();
  await expect(article(page, "Start a run").getByRole("radio", { name: "Python" })).toBeChecked();
});

test("a link to a schema opens it", async ({ page }) => {
  await page.goto("/docs");
  await article(page, "Start a run").getByRole("link", { name: "NewRun" }).click();
  await expect(page.locator("#schema-NewRun")).toHaveAttribute("open");
});

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false });

  test("it is all there to be read", async ({ page }) => {
    await page.goto("/docs");
    const start = article(page, "Start a run");
    for (const language of ["curl", "Python", "TypeScript"]) await expect(start.getByRole("group", { name: language })).toBeVisible();
    await expect(start.getByText("Unknown fields are refused by name.")).toBeVisible();
    await expect(form(page, "Start a run")).toBeHidden();
    await page.getByRole("link", { name: "POST Create a response" }).click();
    await expect(page).toHaveURL(/#createResponse$/);
  });
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    // The checker adds a style to the page, which the page's policy forbids.
    test.use({ colorScheme, viewport: { width, height: 844 }, bypassCSP: true, allowedErrors: [/404/] });

    test("M1 the page breaks no rule and nothing is cut off", async ({ page }) => {
      await page.goto("/docs");
      // One operation with all that is folded in it, and a schema: the rest is made the same way.
      await page.evaluate(() => {
        for (const details of document.querySelectorAll("details")) details.open = !!details.closest("#createMessage, #schema-Run, .docs__contents");
      });
      const tried = form(page, "Read a model");
      await tried.getByRole("button", { name: "Send" }).click();
      await sent(tried, /^200/);
      await expectAccessible(page);
      const wider = await page.locator(".docs__page").evaluate((element) => element.scrollWidth - element.clientWidth);
      expect(wider).toBeLessThanOrEqual(0);
    });
  });
}
