import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { build, element, load, type Part } from "./diff-recipe.ts";
import { expect, test } from "./fixtures.ts";

const SYSTEM: Part[] = [
  { same: ["You are an analyst working for {{company}}.", ""] },
  {
    old: ["Be specific. Explain your reasoning. If silent, say so."],
    new: ["Be specific. Quote the words 👍. If silent, say so; do not guess.", "Keep insured and uninsured exposure apart."],
    words: [[[13, 35], [13, 31]], [[54, 54], [50, 64]], [[55, 55], [65, 108]]],
  },
];
const USER: Part[] = [
  { same: ["Review the clause below for {{party}}.", ...["a", "b", "c", "d", "e", "f"].map((name) => `unchanged ${name}`), "1. List the risks."] },
  { old: ["2. Propose a redline."], new: ["2. Propose one redline for each."], words: [[[11, 12], [11, 14]], [[20, 20], [22, 31]]] },
  { same: ["between", "the two", "changes", "stand", "seven", "lines", "here"] },
  { old: [], new: ["Answer in {{language}}."] },
];

const shown = (page: Page, layout: string, count = 1) => expect(page.locator(`etude-diff[data-shown=${layout}]`)).toHaveCount(count);
const lines = (within: Locator | Page, change: string) => within.locator(`.diff__line[data-change=${change}]`).allTextContents();
const numbers = (within: Locator | Page, column = 0) =>
  within.locator(".cm-gutters").first().evaluate((gutters, column) =>
    [...gutters.children[column]!.querySelectorAll<HTMLElement>(".cm-gutterElement")].filter(({ style }) => style.visibility !== "hidden").map(({ textContent }) => textContent), column);

test("A4 shows two versions side by side, with lines, words, variables and numbers", async ({ page, show }) => {
  await show(element(SYSTEM, 'aria-label="System message" data-old="v12" data-new="v14"'));
  await load(page);
  await shown(page, "split");
  const [old, now] = [page.getByRole("textbox", { name: "System message, v12" }), page.getByRole("textbox", { name: "System message, v14" })];
  expect(await lines(old, "del")).toEqual([SYSTEM[1]!["old" as never][0]]);
  expect(await lines(now, "add")).toEqual(SYSTEM[1]!["new" as never]);
  const colour = (line: Locator) => line.evaluate((element) => getComputedStyle(element).backgroundColor);
  const [plain, gone] = [await colour(old.locator(".cm-line").first()), await colour(old.locator(".diff__line"))];
  expect([plain, gone, await colour(now.locator(".diff__line").first())].every((one, at, all) => all.indexOf(one) === at)).toBe(true);
  expect(await old.locator("del.diff__word").evaluate((element) => getComputedStyle(element).textDecorationLine)).toBe("line-through");
  expect(await old.locator("del.diff__word").allTextContents()).toEqual(["Explain your reasoning"]);
  expect(await now.locator("ins.diff__word").allTextContents()).toEqual(["Quote the words 👍", "; do not guess", "Keep insured and uninsured exposure apart."]);
  expect(await old.locator(".cm-variable").allTextContents()).toEqual(["{{company}}"]);
  expect(await numbers(page.locator(".cm-merge-a"))).toEqual(["1", "2", "3"]);
  expect(await numbers(page.locator(".cm-merge-b"))).toEqual(["1", "2", "3", "4"]);
  await expect(page.locator("etude-diff > pre").first()).toBeHidden();
  await expect(old).toHaveAttribute("aria-readonly", "true");
});

test("A4 shows both in one text, each line with its numbers", async ({ page, show }) => {
  await show(element(SYSTEM, 'aria-label="System message" data-view="unified"'));
  await load(page);
  await shown(page, "unified");
  const text = page.getByRole("textbox", { name: "System message" });
  expect(await lines(text, "del")).toHaveLength(1);
  expect(await lines(text, "add")).toHaveLength(2);
  expect(await text.locator(".cm-line").allTextContents()).toEqual([
    "You are an analyst working for {{company}}.",
    "",
    ...(SYSTEM[1] as any).old,
    ...(SYSTEM[1] as any).new,
  ]);
  expect(await numbers(page, 0)).toEqual(["1", "2", "3"]);
  expect(await numbers(page, 1)).toEqual(["1", "2", "3", "4"]);
  expect(await text.locator("del.diff__word").allTextContents()).toEqual(["Explain your reasoning"]);
});

test("what is the same stands at the same height on both sides", async ({ page, show }) => {
  const long = "a long line that is wrapped where there is little room for it, ".repeat(6);
  await show(element([{ same: ["first"] }, { old: ["x"], new: [long, "y", "z"] }, { same: ["second"] }, { old: ["a", "b", "c"], new: [] }, { same: ["third"] }, { old: [], new: ["d"] }]));
  await load(page);
  await shown(page, "split");
  const tops = (side: string) =>
    page.locator(`.cm-merge-${side} .cm-line`).evaluateAll((all) => all.filter(({ textContent }) => ["first", "second", "third"].includes(textContent!)).map((line) => Math.round(line.getBoundingClientRect().top)));
  await expect.poll(async () => JSON.stringify(await tops("a")) === JSON.stringify(await tops("b"))).toBe(true);
  expect(await tops("a")).toHaveLength(3);
  expect(await page.locator(".cm-mergeSpacer").count()).toBeGreaterThan(1);
});

test("unchanged lines are folded and open on both sides", async ({ page, show }) => {
  await show(element(USER));
  await load(page);
  await shown(page, "split");
  const button = page.getByRole("button", { name: "6 unchanged lines" });
  await expect(button).toHaveCount(1);
  await expect(page.locator(".diff__fold")).toHaveCount(2);
  await expect(page.locator(".cm-line", { hasText: "unchanged c" })).toHaveCount(0);
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator(".cm-line", { hasText: "unchanged c" })).toHaveCount(2);
  await expect(page.locator(".diff__fold")).toHaveCount(0);
  await expect(page.getByRole("textbox").first()).toBeFocused();
});

test("every fold opens at once", async ({ page, show }) => {
  await show(element(USER, 'data-view="unified"'));
  await load(page);
  await expect(page.locator(".diff__fold")).toHaveCount(1);
  await page.evaluate(() => (document.querySelector("etude-diff") as any).unfold());
  await expect(page.locator(".diff__fold")).toHaveCount(0);
});

test("a narrow page has one side, and two again when there is room", async ({ page, show }) => {
  await page.setViewportSize({ width: 480, height: 600 });
  await show(element(SYSTEM));
  await load(page);
  await shown(page, "unified");
  await page.setViewportSize({ width: 1200, height: 600 });
  await shown(page, "split");
  await page.locator("etude-diff").evaluate((element: HTMLElement) => (element.dataset.view = "unified"));
  await shown(page, "unified");
});

test("N goes to the next difference, through all texts of the page", async ({ page, show }) => {
  await show(element(SYSTEM) + '<p class="far"></p>' + element(USER, 'aria-label="User message"'));
  await load(page);
  const current = () => page.locator(".diff__line[data-current]").allTextContents();
  const said = () => page.locator(".cm-announced").allTextContents();
  await shown(page, "split", 2);
  await page.getByRole("textbox").first().focus();
  await page.keyboard.press("n");
  await expect.poll(current).toHaveLength(3);
  await expect.poll(said).toContain("Difference 1 of 3");
  await page.keyboard.press("n");
  await expect.poll(current).toEqual(["2. Propose a redline.", "2. Propose one redline for each."]);
  await page.keyboard.press("n");
  await expect.poll(current).toEqual(["Answer in {{language}}."]);
  await page.keyboard.press("n");
  await expect.poll(current).toHaveLength(3);
  await page.keyboard.press("Shift+N");
  await expect.poll(current).toEqual(["Answer in {{language}}."]);
  expect(await page.evaluate(() => (document.querySelector("etude-diff") as any).previous())).toBe(true);
  await expect.poll(current).toContain("2. Propose a redline.");
});

test("texts that do not fit the hunks stay as the server sent them", async ({ page, show }) => {
  const wrong = element(SYSTEM).replace("Be specific", "Be very specific");
  await show(wrong + element(SYSTEM).replace("data-hunks=", "data-other="));
  await load(page);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 200))));
  await expect(page.locator("etude-diff > pre:visible")).toHaveCount(4);
  await expect(page.locator("[data-shown]")).toHaveCount(0);
});

test("what is set before the script, and after it, is shown", async ({ page, show }) => {
  await show('<etude-diff aria-label="Answer"><p>Nothing yet</p></etude-diff>');
  const set = (parts: Part[], json: boolean) => {
    const { diff, ...texts } = build(parts);
    return page.evaluate((content) => Object.assign(document.querySelector("etude-diff") as any, { content }), { ...texts, diff: json ? JSON.stringify(diff) : diff }).then(() => undefined, () => undefined);
  };
  await set(SYSTEM, true);
  await load(page);
  await shown(page, "split");
  expect(await lines(page, "del")).toHaveLength(1);
  await set([{ old: ["one"], new: [""] }], false);
  await expect.poll(() => lines(page, "del")).toEqual(["one"]);
  expect(await lines(page, "add")).toEqual([]);
  await page.evaluate(() => ((document.querySelector("etude-diff") as any).content = null));
  await expect(page.getByText("Nothing yet")).toBeVisible();
});

test("line breaks of Windows and unseen marks are seen", async ({ page, show }) => {
  await show(element([{ old: ["a\r", "b\u202e"], new: ["a", "b"] }]));
  await load(page);
  await shown(page, "split");
  await expect(page.locator(".cm-merge-a .cm-specialChar")).toHaveCount(2);
});

for (const theme of ["light", "dark"] as const) {
  test(`axe finds nothing in differences, ${theme}`, async ({ page, show }) => {
    await show(element(SYSTEM) + element(USER, 'aria-label="User message"') + element(USER, 'aria-label="In one" data-view="unified"'), { theme });
    await load(page);
    await shown(page, "unified");
    await page.evaluate(() => (document.querySelector("etude-diff") as any).next());
    if (process.env.SHOTS) await page.screenshot({ path: `test-results/diff-${theme}.png`, fullPage: true });
    const { violations } = await new AxeBuilder({ page }).options({ preload: false }).analyze();
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)])).toEqual([]);
  });
}
