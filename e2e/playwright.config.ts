import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  outputDir: "results/tests",
  globalSetup: "./src/before.ts",
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  // Two browsers, servers and tellers on two cores, which others use too: one race must not hide what the other tests found. `cargo xtask test`
  // says at its end what passed only at the second try, and why it failed at first.
  retries: 1,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: { actionTimeout: 20_000, navigationTimeout: 20_000 },
});
