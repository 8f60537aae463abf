import { expect, test } from "./fixtures";
import type { Page } from "@playwright/test";

const WAITED = "was waited for";

/** Notes what the script says when the rest of the program is waited for. */
function noteWaits(page: Page) {
  const waits: string[] = [];
  page.on("console", (message) => message.text().includes(WAITED) && waits.push(message.text()));
  return waits;
}

const alive = async (page: Page) => {
  await page.locator("html[data-hydrated]").waitFor();
  await page.waitForTimeout(300);
};

for (const path of ["/", "/library", "/compare", "/runs", "/settings"]) {
  test(`the start of ${path} waits for nothing that comes later`, async ({ page }) => {
    const waits = noteWaits(page);
    await page.goto(path);
    await alive(page);
    expect(waits).toEqual([]);
  });
}

test("what comes later is waited for by whoever needs it sooner", async ({ page }) => {
  const waits = noteWaits(page);
  let asked = 0;
  await page.route("**/later.wasm", async (route) => {
    asked += 1;
    // The one in the background is still on its way.
    if (asked === 1) await new Promise((done) => setTimeout(done, 3_000));
    await route.continue().catch(() => {});
  });
  await page.goto("/");
  await alive(page);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
  expect(waits.length).toBe(1);
  await page.keyboard.press("Escape");
  await page.waitForTimeout(3_200);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("dialog")).toBeVisible();
});

test.describe("a file that does not come", () => {
  test.use({ allowedErrors: [/Failed to load resource.*|net::ERR_FAILED/] });

  test("is asked for again", async ({ page }) => {
    let asked = 0;
    await page.route("**/later.wasm", (route) => {
      asked += 1;
      return asked === 1 ? route.abort() : route.continue();
    });
    await page.goto("/");
    await alive(page);
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(asked).toBeGreaterThan(1);
  });
});
