// Pictures to look at, beside those of the design: `ETUDE_SHOTS=folder cargo xtask e2e -- shots`.

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { ANY_END, choose, finished, grown, LAB, message, open, output, run, runId } from "./playground";

const folder = process.env.ETUDE_SHOTS;
test.skip(!folder, "ETUDE_SHOTS names no folder");
test.use({ config: LAB, allowedErrors: [/WebSocket connection .* failed|404/] });

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, colorScheme, hasTouch: width === 390, isMobile: width === 390 });

      test("shots", async ({ page, mock, etude }) => {
        test.setTimeout(120_000);
        expect(mock.baseURL).toBeTruthy();
        const shoot = async (state: string, of: Page = page) => {
          await of.waitForTimeout(200);
          await of.screenshot({ path: `${folder}/${state}-${width}-${colorScheme}.png` });
        };
        const show = async (pane: string) => {
          if (width === 390) await page.getByRole("radio", { name: pane }).check({ force: true });
        };
        const pick = async (model: string, maxTokens?: number) => {
          const rail = page.getByRole("button", { name: "Parameters", exact: true });
          await show("Params");
          if (width === 1024) await rail.click();
          await choose(page, model, maxTokens);
          if (width === 1024) await page.keyboard.press("Escape");
        };
        await open(page);
        await shoot("idle");
        await show("Output");
        await shoot("welcome");
        await show("Params");
        if (width === 1024) await page.getByRole("button", { name: "Parameters", exact: true }).click();
        await page.getByRole("switch", { name: "Send max tokens" }).uncheck();
        await page.getByRole("spinbutton", { name: "Temperature" }).fill("3");
        await shoot("params");
        await page.getByRole("switch", { name: "Send max tokens" }).check();
        await page.getByRole("spinbutton", { name: "Temperature" }).fill("0.5");
        if (width === 1024) await page.keyboard.press("Escape");
        await run(page).click();
        await finished(page, ANY_END);
        await shoot("finished");
        await show("Prompt");
        await message(page).fill("Write about {{topic}} in the style of {{style}}.\n\nNo more than five lines.");
        await page.getByRole("textbox", { name: "topic" }).fill("rivers");
        await shoot("inputs");
        await run(page).click();
        await shoot("refused");
        await show("Prompt");
        await page.getByRole("textbox", { name: "style" }).fill("a ship's log");
        await pick("patient");
        await run(page).click();
        await page.waitForTimeout(300);
        await shoot("waiting");
        await finished(page);
        await pick("endless", 100_000);
        await run(page).click();
        await grown(page, 400);
        await shoot("streaming");
        await page.keyboard.press("Escape");
        await finished(page, "stopped");
        await shoot("stopped");
        const id = await runId(page);
        await pick("torn");
        await run(page).click();
        await expect(output(page).getByRole("alert")).toBeVisible();
        await shoot("failed");
        await open(page, `/runs/${id}`);
        await shoot("run");
        await open(page, "/nowhere");
        await shoot("not-found");
        await open(page);
        await etude.kill();
        await expect(page.locator(".banner")).toBeVisible();
        await shoot("offline");
      });
    });
  }
}
