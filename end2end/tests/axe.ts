// The rules of accessibility: no state of a page breaks one of axe's.

import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Longer than an answer that follows a click takes to be drawn. */
const DRAWN_MS = 100;

/** Says which rules the page breaks, as it stands once it has come to rest. */
export async function expectAccessible(page: Page, state?: string): Promise<void> {
  await page.waitForTimeout(DRAWN_MS);
  await page.evaluate(async () => {
    // Colours that are half-way are nobody's. What turns for ever never comes to rest.
    const moving = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(moving.map(({ finished }) => finished));
  });
  // Pages have no frames, for which axe would open a tab of its own; and of what is right only the sum is of interest.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] });
  const { violations } = await axe.analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`), state).toEqual([]);
}

/**
 * How pages are looked at: colours break rules by the scheme and layout by the width, so each of them comes once. All four
 * together: `ETUDE_LOOKS=all cargo xtask e2e -- -g M1`.
 */
export const LOOKS = [
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 390 },
  ...(process.env.ETUDE_LOOKS === "all"
    ? ([
        { colorScheme: "dark", width: 1440 },
        { colorScheme: "light", width: 390 },
      ] as const)
    : []),
] as const;
