import { defineConfig } from '@playwright/test';

/** Tests in a real browser, on real processes: e2e/harness says how they are started. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: process.env.E2E_OUT ?? 'node_modules/.e2e',
  globalSetup: './e2e/harness/setup.ts',
  fullyParallel: true,
  workers: 4,
  projects: [
    { name: 'small', grepInvert: /@big/ },
    { name: 'big', grep: /@big/ }, // the last ones: it takes its time to be filled
  ],
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [['./e2e/harness/reporter.ts']],
  use: {
    browserName: 'chromium',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
