// A prompt's history: labels in it, the keys that walk through it, and how it bears a thousand versions.

import { expect, test } from "./fixtures";
import { LAB, live, message, open } from "./playground";
import { chip, confirm, dialog, preset, prompt, put, row, user, versions } from "./versioning";

test.use({ config: LAB });
test.beforeEach(async ({ mock }) => {
  expect(mock.baseURL).toBeTruthy();
});

test("A4 labels move with a save and in the history", async ({ page }) => {
  const id = await prompt(page, { labels: { production: 0 } }, user("Second."));
  await open(page, `/p/${id}`);
  await message(page).fill("Third.");
  await page.keyboard.press("Control+s");
  await dialog(page).getByRole("checkbox", { name: "Move “production” from v1 to this version" }).check();
  await confirm(page).click();
  await expect(chip(page)).toContainText("v3");
  expect((await preset(page, id)).labels).toEqual({ production: 3 });

  await page.goto(`/p/${id}/history?v=2`);
  await live(page);
  const drawer = page.getByRole("complementary", { name: "v2" });
  await drawer.getByRole("button", { name: "Add label" }).click();
  await expect(page.getByRole("textbox", { name: "Label for v2" })).toBeFocused();
  await page.keyboard.type("latest");
  await page.keyboard.press("Enter");
  await expect(drawer.getByText("always means the newest version")).toBeVisible();
  await page.getByRole("textbox", { name: "Label for v2" }).fill("staging");
  await page.keyboard.press("Enter");
  await expect(row(page, 2)).toContainText("staging");
  await drawer.getByRole("button", { name: "Move to v3" }).click();
  await expect(row(page, 3)).toContainText("staging");
  await drawer.getByRole("button", { name: "Move “production” here from v3" }).click();
  await expect(row(page, 2)).toContainText("production");
  await drawer.getByRole("button", { name: "Remove the label production" }).click();
  await expect(row(page, 2)).not.toContainText("production");
  expect((await preset(page, id)).labels).toEqual({ staging: 3 });
});

test("A4 M1 the history by keyboard alone", async ({ page }) => {
  const id = await prompt(page, {}, user("Second."), user("Third."));
  await open(page, `/p/${id}/history`);
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "v3", exact: true })).toBeFocused();
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(page.getByRole("group", { name: "Picked versions" })).toContainText("v2 and v3 picked");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: "v2" })).toBeVisible();
  await page.keyboard.press("j");
  await expect(page.getByRole("complementary", { name: "v1" })).toBeVisible();
  await page.getByRole("complementary", { name: "v1" }).getByRole("button").first().focus();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("complementary")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "v1", exact: true })).toBeFocused();
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Search versions" })).toBeFocused();
  await page.keyboard.type("nothing like it");
  await expect(page.getByText("No version has that")).toBeVisible();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("v2");
  await expect(versions(page).getByRole("listitem")).toHaveCount(1);
  await page.getByRole("searchbox", { name: "Search versions" }).blur();
  await page.keyboard.press("d");
  await expect(page).toHaveURL(`/p/${id}/diff/2..3`);
  await page.locator("etude-diff [class*=cm-]").first().waitFor();
  await page.keyboard.press("n");
  await expect(page.locator("etude-diff [data-current]").first()).toBeVisible();
});

test("A4 a thousand versions are listed and scroll", async ({ page }) => {
  test.setTimeout(120_000);
  const id = await prompt(page, {});
  for (let from = 0; from < 999; from += 50) {
    const to = Math.min(from + 50, 999);
    for (let n = from; n < to; n += 1) await put(page, id, { model: "quick", ...user(`Version ${n + 2}.`), note: `Note ${n + 2}` });
  }
  await open(page, `/p/${id}/history`);
  for (const shown of [200, 400, 600, 800]) {
    await expect(versions(page).getByRole("listitem")).toHaveCount(shown);
    await page.getByRole("button", { name: "Load more" }).click();
  }
  await expect(versions(page).getByRole("listitem")).toHaveCount(1_000);
  await expect(page.getByRole("button", { name: "Load more" })).toHaveCount(0);
  const scroller = page.getByRole("region", { name: "All versions" });
  const longest = await scroller.evaluate(async (element) => {
    let [longest, last] = [0, performance.now()];
    for (let step = 1; step <= 60; step += 1) {
      element.scrollTop = (element.scrollHeight * step) / 60;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      [longest, last] = [Math.max(longest, now - last), now];
    }
    return longest;
  });
  console.log(`longest frame: ${longest.toFixed(0)} ms`);
  expect(longest).toBeGreaterThan(0);
  await expect(row(page, 1)).toBeVisible();
});
