// Prompts and their versions as the journeys about them begin: made through the API, and found on the page.

import { type Page, expect } from "@playwright/test";

export const dialog = (page: Page, name = "Save version") => page.getByRole("dialog", { name });
export const chip = (page: Page) => page.locator(".header__subject a.chip");
export const saveButton = (page: Page) => page.getByRole("button", { name: "Save version", exact: true });
export const confirm = (page: Page) => dialog(page).getByRole("button", { name: /^Save version/ });
export const edited = (page: Page) => page.getByText(/^Unsaved changes since v\d+$/);
export const versions = (page: Page) => page.getByRole("list", { name: "Versions" });
export const row = (page: Page, version: number) => versions(page).getByRole("listitem").filter({ has: page.getByRole("checkbox", { name: `Pick v${version}`, exact: true }) });
export const menu = (page: Page) => page.getByRole("menu", { name: "Prompt" });

export type Body = Record<string, unknown>;

/** A prompt with one version for each body: the last one is the newest. */
export async function prompt(page: Page, ...bodies: Body[]): Promise<string> {
  const base = { name: "Clause review", model: "quick", messages: [{ role: "user", content: "One.\nTwo.\nThree." }] };
  const made = await page.request.post("/v1/presets", { data: { ...base, ...bodies[0] } });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = await made.json();
  const { name: _, ...rest } = base;
  for (const body of bodies.slice(1)) await put(page, id, { ...rest, ...body });
  return id;
}

export async function put(page: Page, id: string, body: Body): Promise<Body> {
  const saved = await page.request.put(`/v1/presets/${id}`, { data: body });
  expect(saved.ok(), await saved.text()).toBe(true);
  return saved.json();
}

export const preset = async (page: Page, id: string, version?: number) =>
  (await page.request.get(`/v1/presets/${id}${version ? `?version=${version}` : ""}`)).json();

export const user = (content: string) => ({ messages: [{ role: "user", content }] });

export async function fromMenu(page: Page, item: string): Promise<void> {
  await page.locator("#prompt-name").click();
  await menu(page).getByRole("menuitem", { name: item, exact: true }).click();
}
