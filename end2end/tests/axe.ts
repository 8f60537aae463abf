// The rules of accessibility: no state of a page breaks one of axe's.

import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Longer than an answer that follows a click takes to be drawn. */
const DRAWN_MS = 100;

/** What depends on whether the page is light or dark; all other rules look at what is there. */
const RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"];

/**
 * Says which rules the page breaks, as it stands once it has come to rest: all of them in the colours that it has, and
 * those of colour once more in the others.
 */
export async function expectAccessible(page: Page, state?: string): Promise<void> {
  await page.waitForTimeout(DRAWN_MS);
  const broken = await violations(page);
  const scheme = await page.evaluate(() => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
  const other = scheme === "dark" ? "light" : "dark";
  await page.emulateMedia({ colorScheme: other });
  const there = (await violations(page, RULES_OF_COLOUR)).map((violation) => `${other}: ${violation}`);
  await page.emulateMedia({ colorScheme: scheme });
  expect([...broken, ...there], state).toEqual([]);
}

async function violations(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(async () => {
    // Colours that are half-way are nobody's. What turns for ever never comes to rest.
    const moving = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(moving.map(({ finished }) => finished));
  });
  // Pages have no frames, for which axe would open a tab of its own; and of what is right only the sum is of interest.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] });
  const found = await (rules ? axe.withRules(rules) : axe).analyze();
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}
