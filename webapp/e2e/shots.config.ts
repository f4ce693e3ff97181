import { defineConfig } from '@playwright/test';
import tests from '../playwright.config';

/** Takes the pictures of docs/screenshots, by scripts/screenshots. */
export default defineConfig({
  ...tests,
  testDir: '.',
  testMatch: 'screenshots.ts',
  globalSetup: undefined,
  workers: 1,
  timeout: 180_000,
  reporter: [['./harness/reporter.ts']],
});
