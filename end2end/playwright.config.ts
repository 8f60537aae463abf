import { defineConfig } from "@playwright/test";

// `cargo xtask e2e` sets ETUDE_BIN, ETUDE_SITE_DIR and ETUDE_TEST_MODEL: each test starts a
// server of its own from them (tests/fixtures.ts), so there is no `webServer` here.
export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  // The built-in model computes on two cores: two pages at once would only wait for each other.
  workers: 1,
  retries: 0,
  forbidOnly: !!process.env.CI,
  reporter: "list",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
    screenshot: "only-on-failure",
    // A trace of every test takes as long as half of the tests: `cargo xtask e2e -- --trace on` has one when it is wanted.
    trace: "off",
  },
});
