// Every state of the page passes every rule of axe, in both themes, wide and narrow.

import type { Page } from "@playwright/test";
import { expectAccessible, LOOKS } from "./axe";
import { expect, test } from "./fixtures";
import { choose, finished, grown, LAB, message, open, output, run, runId } from "./playground";

test.use({ config: LAB, allowedErrors: [/404/] });

for (const { colorScheme, width } of LOOKS) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });

    test("M1 no state of the playground breaks a rule", async ({ page, mock }) => {
      expect(mock.baseURL).toBeTruthy();
      const show = async (pane: string) => {
        if (width === 390) await page.getByRole("radio", { name: pane }).check({ force: true });
      };
      await open(page);
      for (const pane of ["Prompt", "Output", "Params"]) {
        await show(pane);
        await expectAccessible(page, `idle, ${pane}`);
      }
      await page.getByRole("spinbutton", { name: "Temperature" }).fill("3");
      await page.getByRole("switch", { name: "Send max tokens" }).uncheck();
      await expectAccessible(page, "out of range");
      await show("Prompt");
      await message(page).fill("About {{topic}}");
      await expectAccessible(page, "with inputs");
      await run(page).click();
      await expectAccessible(page, "refused");

      await show("Prompt");
      await message(page).fill("Count.");
      await show("Params");
      await page.getByRole("spinbutton", { name: "Temperature" }).fill("0.5");
      await page.getByRole("switch", { name: "Send max tokens" }).check();
      await choose(page, "endless", 100_000);
      await run(page).click();
      await grown(page, 40);
      await expectAccessible(page, "streaming");
      await page.keyboard.press("Escape");
      await finished(page, "stopped");
      await expectAccessible(page, "stopped");
      const id = await runId(page);
      await show("Params");
      await choose(page, "torn");
      await run(page).click();
      await expect(output(page).getByRole("alert")).toBeVisible();
      await expectAccessible(page, "failed");
      await open(page, `/runs/${id}`);
      await expectAccessible(page, "a run");
      await open(page, "/nowhere");
      await expectAccessible(page, "not found");
    });
  });
}
