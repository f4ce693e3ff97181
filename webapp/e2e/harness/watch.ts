import type { BrowserContext, ConsoleMessage, Page } from '@playwright/test';

/**
 * Notes all that a page must never do: say something on the console, break the content
 * security policy, ask another origin, fail, or get an answer of 400 and above.
 */
export class Watch {
  private readonly noted: string[] = [];
  private readonly allowed: RegExp[] = [];

  constructor(private readonly origin: string) {}

  /** Lets a test do on purpose what is a fault elsewhere; what is the text of the fault. */
  allow(...what: RegExp[]) {
    this.allowed.push(...what);
  }

  async follow(context: BrowserContext) {
    await context.exposeBinding('__violation', (_, text: string) => this.note(`policy: ${text}`));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) => {
        (window as unknown as { __violation(text: string): void }).__violation(
          `${e.violatedDirective} ${e.blockedURI} ${e.sample}`,
        );
      });
    });
    context.on('page', (page) => this.followPage(page));
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.protocol !== 'blob:' && url.origin !== this.origin)
        this.note(`another origin: ${request.url()}`);
    });
    context.on('response', (response) => {
      if (response.status() >= 400)
        this.note(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
    });
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // What the page gave up itself, or left with the page.
      if (why !== 'net::ERR_ABORTED') this.note(`${why} ${request.method()} ${new URL(request.url()).pathname}`);
    });
    context.on('weberror', (error) => this.note(`page error: ${error.error().stack ?? error.error().message}`));
    context.on('console', (message) => this.hear(message));
  }

  private followPage(page: Page) {
    page.on('crash', () => this.note('the page crashed'));
  }

  private hear(message: ConsoleMessage) {
    const type = message.type();
    if (type !== 'error' && type !== 'warning' && type !== 'assert') return;
    // The browser's own words on an answer or request that is noted above.
    if (message.text().startsWith('Failed to load resource:')) return;
    this.note(`console: ${message.text()}`);
  }

  private note(text: string) {
    this.noted.push(text);
  }

  /** What was noted, and not allowed. */
  faults(): string[] {
    return this.noted.filter((text) => !this.allowed.some((a) => a.test(text)));
  }
}
