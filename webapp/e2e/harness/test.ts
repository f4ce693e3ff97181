import { type BrowserContext, type BrowserContextOptions, test as base, expect, type Page } from '@playwright/test';
import { bigLog } from './big';
import { Flow } from './flow';
import { type Role, System } from './system';
import { Watch } from './watch';

export type { Page };
export { expect };

type Look = BrowserContextOptions & {
  /** Language of the page; English. */
  language?: 'ko' | 'en';
  /** Whether it is told to move less; so that nothing is caught half-way. */
  animated?: boolean;
};

type Tools = {
  /** A system of the test's own. */
  system: System;
  /** Opens the dashboard of a system in a browser of its own, as a user, or as nobody. */
  visit: (system: System, role: Role | null, path?: string, look?: Look) => Promise<Page>;
  /** Lets the test do on purpose what is a fault elsewhere: console messages, statuses. */
  allow: (...what: RegExp[]) => void;
  options: Parameters<typeof System.start>[0];
  /**
   * Why nothing may happen while the test runs. Else five pushes a second flow through each system
   * that it visits.
   */
  still: string;
};

type Shared = {
  /** A small log that nobody changes; but pushes flow into it. */
  small: System;
  /** A log of 100,000 pushes that nobody changes; but pushes flow into it. */
  big: System;
};

/** The test of all tests: with systems and watched pages. */
export const test = base.extend<Tools, Shared>({
  options: [{}, { option: true }],
  still: ['', { option: true }],

  system: async ({ options }, use) => {
    const system = await System.start(options);
    await use(system);
    await system.stop();
  },

  small: [
    // biome-ignore lint/correctness/noEmptyPattern: how Playwright knows what a fixture needs
    async ({}, use) => {
      const system = await System.start({ rows: 2_000, fill: ['--days', '1', '--unfinished', '20'] });
      await use(system);
      await system.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  big: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      await use(await bigLog());
    },
    { scope: 'worker', timeout: 420_000 },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: as above
  allow: async ({}, use) => {
    const allowed: RegExp[] = [];
    await use(Object.assign((...what: RegExp[]) => void allowed.push(...what), { allowed }));
  },

  visit: async ({ browser, allow, still }, use) => {
    const watches: Watch[] = [];
    const contexts: BrowserContext[] = [];
    const flows = new Map<System, Promise<Flow>>();
    await use(async (system, role, path = '/', look = {}) => {
      const { language = 'en', animated = false, ...rest } = look;
      if (!still) {
        if (!flows.has(system)) flows.set(system, Flow.start(system));
        await flows.get(system);
      }
      const context = await browser.newContext({
        locale: language === 'ko' ? 'ko-KR' : 'en-US',
        timezoneId: 'America/New_York', // nobody's business: times are in the firm's zone
        viewport: { width: 1440, height: 900 },
        reducedMotion: animated ? 'no-preference' : 'reduce',
        ...rest,
      });
      contexts.push(context);
      const watch = new Watch(new URL(system.url).origin);
      watches.push(watch);
      await watch.follow(context);
      if (role) await context.addCookies([{ name: 'pushstream', value: await system.session(role), url: system.url }]);
      const page = await context.newPage();
      await page.goto(system.url + path);
      return page;
    });
    const { allowed } = allow as unknown as { allowed: RegExp[] };
    const faults = watches.flatMap((watch) => {
      watch.allow(...allowed);
      return watch.faults();
    });
    await Promise.all(contexts.map((context) => context.close()));
    await Promise.allSettled([...flows.values()].map(async (flow) => (await flow).stop()));
    expect(faults, 'what the page must never do').toEqual([]);
  },
});
