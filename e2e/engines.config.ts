import { defineConfig } from "@playwright/test";

import tests from "./playwright.config.js";

export default defineConfig({ ...tests, testDir: "engines", outputDir: "results/engines" });
