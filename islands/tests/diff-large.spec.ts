/** Ten megabytes that differ. The times are printed; `cargo xtask bench page` judges them. */
import type { Page } from "@playwright/test";
import { build, load } from "./diff-recipe.ts";
import { expect, test } from "./fixtures.ts";

/** How the parts are made, in the page: sending them would be measured, too. */
const RECIPES = {
  "22,000 lines, 7,000 hunks": `Array.from({ length: 7000 }, (_, n) => {
    const line = n + ': The quick {{brown}} fox jumps over the lazy dog. '.repeat(9);
    return [{ same: [line, line] }, n % 3 === 0 ? { old: [line + 'old'], new: [line + 'new'], words: [[[line.length, line.length + 3], [line.length, line.length + 3]]] }
      : n % 3 === 1 ? { old: [line], new: [] } : { old: [], new: [line, 'put in'] }];
  }).flat()`,
  "one line": `[{ old: ['quick {{brown}} fox '.repeat(524288) + 'a'], new: ['quick {{brown}} fox '.repeat(524288) + 'b'], words: [[[10485760, 10485761], [10485760, 10485761]]] }]`,
  "all of it exchanged": `[{ old: Array(110000).fill('The quick brown fox jumps over the lazy dog. '.repeat(2)), new: Array(110000).fill('Something else stands here instead. '.repeat(2)) }]`,
  "five million lines, one changed": `[{ same: Array(2500000).fill('x') }, { old: ['y'], new: ['z'] }, { same: Array(2500000).fill('x') }]`,
};

/** The time from setting it to the paint after it, and the longest that the page was deaf after that. */
const mounted = (page: Page, layout: string): Promise<{ took: number; deaf: number }> =>
  page.evaluate(async (layout) => {
    const tasks: number[] = [];
    const element = document.createElement("etude-diff") as any;
    element.dataset.view = layout;
    document.querySelector("main")!.append(element);
    await import(/* the code itself is not measured */ "/pkg/diff.js" as string);
    const begin = performance.now();
    element.content = (window as any).content;
    while (element.dataset.shown === undefined) await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const took = performance.now() - begin;
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return { took: Math.round(took), deaf: Math.round(Math.max(0, ...tasks)) };
  }, layout);

/** How long frames take while it is scrolled through. */
const scrolled = (page: Page): Promise<{ median: number; most: number }> =>
  page.evaluate(async () => {
    const times: number[] = [];
    const height = document.documentElement.scrollHeight;
    for (let step = 1; step <= 60; step += 1) {
      const begin = performance.now();
      // Small steps, then through the whole.
      scrollTo(0, step <= 30 ? step * 100 : (height * (step - 30)) / 31);
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    return { median: Math.round(times[30]!), most: Math.round(times[59]!) };
  });

/** How far apart lines are that stand in both texts, of those that are in the window, in pixels. */
const apart = (page: Page): Promise<number[]> =>
  page.evaluate(() => {
    const side = (name: string) => {
      const lines = new Map<string, number>();
      for (const line of document.querySelectorAll(`.cm-merge-${name} .cm-line`)) {
        const { top, bottom } = line.getBoundingClientRect();
        const text = line.textContent ?? "";
        if (bottom > 0 && top < innerHeight && text && !lines.has(text)) lines.set(text, top);
      }
      return lines;
    };
    const [old, now] = [side("a"), side("b")];
    return [...old].flatMap(([text, top]) => (now.has(text) ? [Math.round(now.get(text)! - top)] : []));
  });

test("A4 what belongs together stays beside its like, of many thousand differences too", async ({ page, show }) => {
  await show("<etude-diff data-view='split'></etude-diff>");
  await load(page);
  // Each change is higher on one side than on the other.
  const recipe = `Array.from({ length: 7000 }, (_, n) => [
    { same: [n + ': stands in both texts. '.repeat(n % 7 + 1)] },
    { old: ['before '.repeat(n % 40)], new: ['after '.repeat(n % 30 * 2)] },
  ]).flat()`;
  await page.addScriptTag({ content: `document.querySelector("etude-diff").content = (${build.toString()})(${recipe})` });
  await expect(page.locator("etude-diff[data-shown]")).toHaveCount(1);
  const beside = async () => {
    const pixels = await apart(page);
    return pixels.length > 0 && pixels.every((apart) => Math.abs(apart) <= 1) ? "beside" : pixels;
  };
  for (const share of [0, 0.3, 0.31, 0.9, 0.5, 0.499, 1, 0.7]) {
    await page.evaluate((share) => scrollTo(0, (document.documentElement.scrollHeight - innerHeight) * share), share);
    await expect.poll(beside, `at ${share}`).toBe("beside");
  }
  // By the wheel, up where nobody was.
  await page.mouse.move(300, 300);
  for (let turn = 0; turn < 30; turn += 1) {
    await page.mouse.wheel(0, -400);
    await page.waitForTimeout(20);
  }
  await expect.poll(beside, "after the wheel").toBe("beside");
});

for (const [name, recipe] of Object.entries(RECIPES)) {
  for (const layout of ["split", "unified"]) {
    test(`A4 ten megabytes that differ, ${layout}: ${name}`, async ({ page, show }) => {
      await show("<p>Nothing yet</p>");
      await load(page);
      // A first one fetches the code.
      await page.evaluate(() => {
        const first = document.createElement("etude-diff") as any;
        first.content = { old: "a", new: "b", diff: { hunks: [], old_units: 1, new_units: 1 } };
        document.querySelector("main")!.append(first);
      });
      await expect(page.locator("etude-diff[data-shown]")).toHaveCount(1);
      await page.evaluate(() => document.querySelector("etude-diff")!.remove());
      await page.addScriptTag({ content: `window.content = (${build.toString()})(${recipe}); window.content.diff = JSON.stringify(window.content.diff);` });
      const mount = await mounted(page, layout);
      const scroll = await scrolled(page);
      const next = await page.evaluate(async () => {
        const begin = performance.now();
        await (document.querySelector("etude-diff") as any).previous();
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        return Math.round(performance.now() - begin);
      });
      console.log(`${layout}, ${name}: ${mount.took} ms to paint, ${mount.deaf} ms longest task after; frames ${scroll.median} ms median, ${scroll.most} ms most; to the last difference ${next} ms`);
      await expect.poll(() => page.locator(".diff__line[data-current]").count()).toBeGreaterThan(0);
    });
  }
}
