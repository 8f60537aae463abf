/** A page that must stay silent: no error, no refusal by the policy, no request to anywhere else. */
import { test as base, expect, type Page } from "@playwright/test";
import { TestServer, type Page as Shown } from "./server.ts";

interface Fixtures {
  server: TestServer;
  show: (body: string, options?: Omit<Shown, "body">) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  server: async ({}, use) => {
    const server = new TestServer();
    await server.start();
    await use(server);
    server.stop();
  },
  show: async ({ page, server }, use) => {
    const faults: string[] = [];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("dialog", (dialog) => faults.push(`dialog ${dialog.message()}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${server.origin}/`) || request.method() !== "GET") faults.push(`request to ${url}`);
    });
    page.on("response", (response) => response.status() >= 400 && faults.push(`${response.status()} ${response.url()}`));
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => console.error(`refused: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
    });
    await use(async (body, options = {}) => {
      server.show({ body, ...options });
      await page.goto(`${server.origin}/`);
      if (!options.bare) await page.evaluate(() => customElements.whenDefined("etude-math"));
    });
    expect(faults).toEqual([]);
  },
});

/** What the page has heard. */
export const heard = (page: Page, type: string): Promise<any[]> =>
  page.evaluate((type) => (window as any).seen.filter((event: any) => event.type === type).map(({ detail }: any) => detail), type);

/** The words that have a class, in order. */
export const marked = (page: Page, name: string): Promise<string[]> =>
  page.locator(`.${name}`).allTextContents();

export const editor = (text = "", attributes = "", textarea = 'aria-label="Message 1"'): string =>
  `<article class="message"><etude-editor ${attributes}><textarea class="editor" name="message" rows="1" ${textarea}>\n${text}</textarea></etude-editor></article>`;

export { expect };
