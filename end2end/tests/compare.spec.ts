// Columns side by side: all at once, each by itself, told apart by word.

import type { Locator, Page } from "@playwright/test";
import { readFile } from "node:fs/promises";
import { expectAccessible, LOOKS } from "./axe";
import { column, columns, compare, ended, keptComparison, MODELS, runAll, runCount, said, stopAll, textIn } from "./comparing";
import { expect, test } from "./fixtures";
import { expectWhole, live, message, open } from "./playground";

test.use({ config: MODELS });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

test("A5 all columns stream at once; one that fails does not stop the others, and a reload goes on", async ({ page }) => {
  await compare(page, [{ model: "walking" }, { model: "torn" }, { model: "walking" }]);
  await runAll(page).click();
  await expect(stopAll(page)).toBeVisible();
  for (const letter of ["A", "C"]) {
    await expect(column(page, letter)).toHaveAttribute("aria-busy", "true");
    await expect.poll(async () => (await textIn(column(page, letter))).length).toBeGreaterThan(20);
  }
  await expect(column(page, "B").getByRole("alert")).toBeVisible();
  await expect(column(page, "B").getByRole("button", { name: "Retry" })).toBeVisible();
  const before = await textIn(column(page, "A"));

  await page.reload();
  await live(page);
  await expect.poll(async () => (await textIn(column(page, "A"))).length).toBeGreaterThan(before.length);
  await expect(column(page, "B").getByRole("alert")).toBeVisible();
  await ended(column(page, "A"));
  await ended(column(page, "C"));
  expectWhole(await textIn(column(page, "A")));
  await expect(runAll(page)).toBeVisible();

  // Its own retry runs it alone.
  const others = await textIn(column(page, "C"));
  await column(page, "B").getByRole("button", { name: "Retry" }).click();
  await expect.poll(() => runCount(page)).toBe(4);
  await ended(column(page, "B"), "failed");
  expect(await textIn(column(page, "C"))).toBe(others);
  expect(await runCount(page)).toBe(4);
});

test("A5 run one, stop one, stop all", async ({ page }) => {
  await compare(page, [{ model: "endless" }, { model: "endless" }, { model: "endless" }], {});
  await column(page, "B").getByRole("button", { name: "Run B" }).click();
  await expect(column(page, "B")).toHaveAttribute("aria-busy", "true");
  await expect(column(page, "A")).not.toHaveAttribute("aria-busy");
  await column(page, "B").getByRole("button", { name: "Stop B" }).click();
  await ended(column(page, "B"), "stopped");

  await page.keyboard.press("Control+Shift+Enter");
  for (const letter of ["A", "B", "C"]) await expect(column(page, letter)).toHaveAttribute("aria-busy", "true");
  await column(page, "A").getByRole("button", { name: "Stop A" }).click();
  await ended(column(page, "A"), "stopped");
  await expect(column(page, "C")).toHaveAttribute("aria-busy", "true");
  await page.keyboard.press("Escape");
  for (const letter of ["B", "C"]) await ended(column(page, letter), "stopped");
  await expect(runAll(page)).toBeVisible();
});

test("A5 what differs is marked by word, and the first divergence is pinned", async ({ page }) => {
  const shared = "one two three four five six";
  await compare(page, [
    { model: "echo", text: `${shared} seven eight` },
    { model: "echo", text: `${shared} sevenfold eight` },
  ]);
  await runAll(page).click();
  await ended(column(page, "A"));
  await ended(column(page, "B"));
  await expect(page.getByRole("button", { name: "Diverged at word 7" })).toBeVisible();
  for (const letter of ["A", "B"]) await expect(column(page, letter).locator(".divergence__flag")).toHaveText("word 7");
  await expect(column(page, "A").locator(".differs")).toHaveText(["seven"]);
  await expect(column(page, "B").locator(".differs")).toHaveText(["sevenfold"]);
  await expect(page.getByText(/A and B agree on \d+ % of words/)).toBeVisible();
  expect(await textIn(column(page, "B"))).toBe(`${shared} sevenfold eight`);

  await page.keyboard.press("Control+Shift+D");
  await expect(page.getByRole("switch", { name: "Word diff" })).not.toBeChecked();
  await expect(column(page, "A").locator(".differs")).toHaveCount(0);
  await expect(said(column(page, "A"))).toHaveText(`${shared} seven eight`);
});

test("A5 the divergence stays at its word while more comes", async ({ page }) => {
  const words = (n: number, tail: string) => [...Array(n).keys()].map((i) => `word${i}`).join(" ") + tail;
  await compare(page, [
    { model: "echo", text: `same start here. ${words(300, " a")}` },
    { model: "echo", text: `same begin here. ${words(300, " b")}` },
  ]);
  await runAll(page).click();
  await expect(page.getByRole("button", { name: "Diverged at word 2" })).toBeVisible();
  await ended(column(page, "A"));
  await ended(column(page, "B"));
  await expect(page.getByRole("button", { name: "Diverged at word 2" })).toBeVisible();
  await expect(column(page, "B").locator(".differs")).toHaveText(["begin", "b"]);
});

test("A5 columns are added, duplicated, moved, removed and brought back; a reload has them", async ({ page }) => {
  const id = await compare(page, [{ model: "quick" }, { model: "steady" }]);
  const models = () => columns(page).getByRole("combobox").evaluateAll((fields) => fields.map((field) => (field as HTMLSelectElement).value));
  await page.getByRole("button", { name: "Add column" }).click();
  await expect.poll(models).toEqual(["quick", "steady", "steady"]);
  await expect(page.getByRole("combobox", { name: "Model of C" })).toBeFocused();
  await page.getByRole("combobox", { name: "Model of C" }).selectOption("echo");
  await page.keyboard.press("Control+1");
  await expect(page.getByRole("combobox", { name: "Model of A" })).toBeFocused();
  await page.keyboard.press("Control+d");
  await expect.poll(models).toEqual(["quick", "quick", "steady", "echo"]);

  await page.getByRole("button", { name: "More for column D" }).click();
  await page.getByRole("menuitem", { name: "Move left" }).click();
  await expect.poll(models).toEqual(["quick", "quick", "echo", "steady"]);
  await page.getByRole("button", { name: "More for column A" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await expect.poll(models).toEqual(["quick", "echo", "steady"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(models).toEqual(["quick", "quick", "echo", "steady"]);

  await page.reload();
  await live(page);
  await expect.poll(models).toEqual(["quick", "quick", "echo", "steady"]);
  const kept = async () => (await keptComparison(page, id)).spec.columns.map((one: { content: { model: string } }) => one.content.model);
  await expect.poll(kept).toEqual(["quick", "quick", "echo", "steady"]);
});

test("A5 inputs are shared, parameters and prompts are each column's, and nothing typed is lost", async ({ page }) => {
  const id = await compare(page, [
    { model: "echo", text: "About {{topic}}." },
    { model: "echo", text: "About {{topic}}." },
  ]);
  await runAll(page).click();
  for (const letter of ["A", "B"]) await expect(column(page, letter).getByRole("alert")).toContainText("{{topic}}");
  await column(page, "A").getByRole("button", { name: "Fill in topic" }).click();
  const topic = page.getByRole("group", { name: "Inputs" }).getByRole("textbox", { name: "topic" });
  await expect(topic).toBeFocused();
  await topic.fill("rivers");

  await column(page, "B").getByRole("button", { name: /^Parameters of B/ }).click();
  const pop = page.getByRole("dialog", { name: "Parameters of B" });
  await pop.getByRole("switch", { name: "Send temperature" }).check();
  await pop.getByRole("spinbutton", { name: "Temperature" }).fill("0.3");
  await page.keyboard.press("Escape");
  await expect(column(page, "B").getByRole("button", { name: "Parameters of B: T 0.3" })).toBeFocused();

  await column(page, "B").getByRole("button", { name: "Edit prompt of B" }).click();
  const prompt = page.getByRole("dialog", { name: /^Prompt/ });
  await prompt.getByRole("switch", { name: "The same in all columns" }).uncheck();
  await message(page).fill("Only {{topic}}.");
  await prompt.getByRole("button", { name: "Done" }).click();
  // At once: the last change may still be on its way.
  await page.reload();
  await live(page);
  await expect(topic).toHaveValue("rivers");
  await runAll(page).click();
  await ended(column(page, "A"));
  await ended(column(page, "B"));
  expect(await textIn(column(page, "A"))).toBe("About rivers.");
  expect(await textIn(column(page, "B"))).toBe("Only rivers.");
  const kept = await keptComparison(page, id);
  expect(kept.spec.columns[1].content.params).toEqual({ temperature: 0.3 });
  expect(kept.spec.columns[0].content.params).toEqual({});
});

test("A5 repetitions with the same answer are one group", async ({ page }) => {
  await compare(page, [{ model: "quick" }, { model: "echo", text: "Again." }]);
  await page.getByRole("spinbutton", { name: "Repetitions" }).fill("3");
  await runAll(page).click();
  for (const letter of ["A", "B"]) {
    await expect(column(page, letter).getByText("3 of 3 the same")).toBeVisible({ timeout: 20_000 });
  }
  await column(page, "B").getByText("3 of 3 the same").click();
  const groups = page.getByRole("list", { name: "Repetitions of B" }).getByRole("listitem");
  await expect(groups).toHaveCount(1);
  await expect(groups.first()).toContainText("3 × 1, 2, 3");
  const runs = await (await page.request.get("/v1/runs")).json();
  expect(runs.data).toHaveLength(6);
});

test.describe("two tabs", () => {
  // The second is told that the first was faster.
  test.use({ allowedErrors: [/status of 409/] });

  test("A5 a second tab shows the same, and of two that change it none loses work", async ({ page, context }) => {
    const id = await compare(page, [{ model: "steady" }, { model: "steady" }], { name: "Two tabs" });
    const second = await context.newPage();
    await open(second, `/compare?id=${id}`);
    await runAll(page).click();
    await expect.poll(async () => (await textIn(column(second, "B"))).length).toBeGreaterThan(20);
    await ended(column(second, "B"));
    await ended(column(page, "B"));
    expect(await textIn(column(second, "B"))).toBe(await textIn(column(page, "B")));

    const name = (of: Page) => of.getByRole("textbox", { name: "Name of the comparison" });
    // Both change it before either has heard of the other.
    const theirs = page.waitForResponse("**/api/save-comparison");
    await second.route("**/api/save-comparison", async (route) => {
      await theirs;
      await route.continue();
    });
    await name(second).fill("Mine");
    await name(page).fill("Theirs");
    await expect(second.getByText("This comparison was changed in another tab.")).toBeVisible();
    await expect(name(second)).toHaveValue("Theirs");
    await second.unroute("**/api/save-comparison");
    await second.getByRole("button", { name: "Keep mine as a copy" }).click();
    await expect(name(second)).toHaveValue("Mine (copy)");
    expect(new URL(second.url()).searchParams.get("id")).not.toBe(id);
    expect((await keptComparison(page, id)).name).toBe("Theirs");
  });
});

test("F7 a cap is asked for before anything dear is run, and it holds", async ({ page }) => {
  await compare(page, [{ model: "quick" }, { model: "dear", params: { max_tokens: 256 } }]);
  await runAll(page).click();
  const cap = page.getByRole("dialog", { name: "Run 2 cells" });
  await expect(cap.getByRole("img", { name: /^Forecast/ })).toBeVisible();
  await cap.getByRole("textbox", { name: "Stop at" }).fill("nothing");
  await expect(cap.getByRole("alert")).toContainText("A number of dollars");
  expect((await (await page.request.get("/v1/runs")).json()).data).toHaveLength(0);
  await cap.getByRole("textbox", { name: "Stop at" }).fill("$0.10");
  await cap.getByRole("button", { name: "Run up to $0.10" }).click();
  await ended(column(page, "A"));
  await expect(page.getByText("The cap is used up.")).toBeVisible();
  await expect(column(page, "B").getByText("waiting", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Raise the cap" }).click();
  await page.getByRole("dialog", { name: "Raise the cap" }).getByRole("textbox", { name: "Stop at" }).fill("20");
  await page.getByRole("button", { name: "Go on up to $20.00" }).click();
  await ended(column(page, "B"));
  await expect(page.getByText("The cap is used up.")).toHaveCount(0);
});

test("A5 by keyboard alone", async ({ page }) => {
  await compare(page, [{ model: "quick" }, { model: "quick" }]);
  await page.keyboard.press("Control+2");
  await page.keyboard.press("Control+Enter");
  await ended(column(page, "B"));
  await expect(column(page, "A")).toContainText("Not run yet.");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Type a command or a name" })).toBeFocused();
  await page.keyboard.type("add column");
  await page.keyboard.press("Enter");
  await expect(columns(page)).toHaveCount(3);
  await expect(page.getByRole("combobox", { name: "Model of C" })).toBeFocused();
  const more = page.getByRole("button", { name: "More for column C" });
  await more.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Move left" })).toBeVisible();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect(columns(page)).toHaveCount(2);
  await expect(page.getByRole("button", { name: "Undo" })).toBeFocused();
});

test("A5 eight columns stream at once", async ({ page }) => {
  await compare(page, Array.from({ length: 8 }, () => ({ model: "lasting" })));
  await runAll(page).click();
  for (const letter of "ABCDEFGH") await expect(said(column(page, letter))).toContainText(/\w+ \w+/);
  for (const letter of "ABCDEFGH") await expect(column(page, letter)).toHaveAttribute("aria-busy", "true");
  await stopAll(page).click();
  for (const letter of "ABCDEFGH") await expect(column(page, letter)).not.toHaveAttribute("aria-busy", "true");
});

test("A5 comparisons are listed, and a new one begins with the draft", async ({ page }) => {
  await open(page, "/compare");
  await expect(page.getByRole("heading", { name: "Every comparison will be here." })).toBeVisible();
  await page.getByRole("button", { name: "New comparison" }).click();
  await expect(columns(page)).toHaveCount(2);
  await page.getByRole("textbox", { name: "Name of the comparison" }).fill("Tone of two models");
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Compare", exact: true }).click();
  await page.getByRole("list", { name: "Comparisons" }).getByRole("link", { name: "Tone of two models" }).click();
  await expect(page.getByRole("textbox", { name: "Name of the comparison" })).toHaveValue("Tone of two models");
});

test.describe("put away", () => {
  // The page of a comparison may ask for it once more while it goes.
  test.use({ allowedErrors: [/status of 404/] });

  test("A5 E2 a comparison is renamed, given out as a file, deleted and brought back, from its page and from the list", async ({ page }) => {
    const id = await compare(page, [{ model: "quick" }, { model: "quick" }], { name: "Tones" });
    const item = async (text: string) => {
      await page.getByRole("button", { name: "More for this comparison" }).click();
      return page.getByRole("menu", { name: "This comparison" }).getByRole("menuitem").filter({ hasText: text });
    };
    const given = async (button: Locator) => {
      const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
      return readFile(await file.path(), "utf8");
    };
    await (await item("Rename")).click();
    await expect(page.getByRole("textbox", { name: "Name of the comparison" })).toBeFocused();
    await page.keyboard.type("Paces");
    // At once: the name may not be saved yet.
    const file = JSON.parse(await given(await item("JSON")));
    expect(file.comparisons.map(({ id, name }: { id: string; name: string }) => [id, name])).toEqual([[id, "Paces"]]);
    expect(await given(await item("Markdown"))).toContain("Paces");
    await (await item("Delete")).click();

    const list = page.getByRole("list", { name: "Comparisons" });
    await expect(list).toContainText("Paces is deleted. Its runs stay.");
    await list.getByRole("button", { name: "Undo" }).click();
    await expect(list.getByRole("link", { name: "Paces", exact: true })).toBeFocused();
    await list.getByRole("listitem").hover();
    await list.getByRole("button", { name: "Rename Paces" }).click();
    const name = list.getByRole("textbox", { name: "Name of the comparison" });
    await expect(name).toBeFocused();
    await name.fill("Tempi");
    await page.keyboard.press("Enter");
    const link = list.getByRole("link", { name: "Tempi", exact: true });
    await expect(link).toBeFocused();
    await expect.poll(async () => (await keptComparison(page, id)).name).toBe("Tempi");
    await list.getByRole("listitem").hover();
    expect(await given(list.getByRole("link", { name: "Export as Markdown: Tempi" }))).toContain("Tempi");
    await list.getByRole("button", { name: "Duplicate Tempi", exact: true }).click();
    await expect(list.getByRole("link", { name: "Tempi (copy)", exact: true })).toBeFocused();

    // By keyboard alone.
    await list.getByRole("button", { name: "Delete Tempi", exact: true }).focus();
    await page.keyboard.press("Enter");
    await expect(list.getByRole("button", { name: "Undo" })).toBeFocused();
    await page.reload();
    await live(page);
    await expect(list).toContainText("Tempi is deleted. Its runs stay.");
    await list.getByRole("button", { name: "Undo" }).focus();
    await page.keyboard.press("Enter");
    await expect(link).toBeFocused();
    await link.click();
    await expect(columns(page)).toHaveCount(2);
  });
});

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 }, allowedErrors: [/404/] });

    test("M1 no state of a comparison breaks a rule", async ({ page }) => {
      const clean = (state: string) => expectAccessible(page, state);
      await open(page, "/compare");
      await clean("none yet");
      await open(page, "/compare?id=cmp_nothing");
      await clean("not there");
      await compare(page, [{ model: "steady", text: "About {{topic}}" }, { model: "torn", text: "{{topic}}" }, { model: "echo", text: "{{topic}}" }], {
        rows: [{ topic: "rivers that run to the sea" }],
      });
      await clean("not run");
      await runAll(page).click();
      await expect(column(page, "B").getByRole("alert")).toBeVisible();
      await clean("streaming, one failed");
      await ended(column(page, "A"));
      await clean("ended");
      await column(page, "A").getByRole("button", { name: /^Parameters of A/ }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await clean("parameters");
      await page.keyboard.press("Escape");
      await column(page, "A").getByRole("button", { name: "More for column A" }).click();
      await clean("menu");
      await page.getByRole("menuitem", { name: "Edit prompt" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await clean("prompt");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Use rows of inputs" }).click();
      await expect(page.getByRole("dialog", { name: "Rows of inputs" })).toBeVisible();
      await clean("rows");
      await page.keyboard.press("Escape");
      await open(page, "/compare");
      await clean("listed");
    });
  });
}
