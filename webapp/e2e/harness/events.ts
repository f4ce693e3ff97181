import { expect, type Locator, type Page } from '@playwright/test';
import { eventually } from './process';

/** The live events of a page: it must be the tab that has the connection. */
export class LiveEvents {
  private readonly seen = new Map<string, number>();

  private constructor() {}

  /** Listens from now on. */
  static async of(page: Page): Promise<LiveEvents> {
    const events = new LiveEvents();
    const session = await page.context().newCDPSession(page);
    session.on('Network.eventSourceMessageReceived', ({ eventName }) =>
      events.seen.set(eventName, events.count(eventName) + 1),
    );
    await session.send('Network.enable');
    return events;
  }

  /** How many of a topic have come. */
  count(topic: string): number {
    return this.seen.get(topic) ?? 0;
  }

  /** Waits for so many more of a topic, and until the page has drawn what the last one says. */
  async next(page: Page, topic = 'pushes', more = 1): Promise<void> {
    const until = this.count(topic) + more;
    await eventually(`${more} more of ${topic}`, () => (this.count(topic) >= until ? true : undefined));
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  }
}

/** Types as slowly as events come: one between each two keys; the field must have what was typed. */
export async function typeSlowly(page: Page, events: LiveEvents, field: Locator, text: string) {
  await field.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  let typed = '';
  for (const key of text) {
    await page.keyboard.insertText(key);
    typed += key;
    await events.next(page);
    await expect(field).toHaveValue(typed);
    await expect(field).toBeFocused();
  }
}
