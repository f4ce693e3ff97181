import type { Schemas } from '../api/client';

/** What the API tells as it happens, by topic. */
export type Events = {
  pushes: Schemas['EventPushes'];
  counts: Schemas['EventCounts'];
  workers: Schemas['EventWorkers'];
  holds: Schemas['EventHolds'];
  flush: Schemas['EventFlush'];
  jobs: Schemas['EventJobs'];
  /** Something was missed: read everything anew. */
  resync: Record<string, never>;
};
export type Topic = keyof Events;
export const topics: Topic[] = ['pushes', 'counts', 'workers', 'holds', 'flush', 'jobs', 'resync'];

export type Connection = 'connecting' | 'open' | 'gone';

type Message =
  | { kind: 'event'; topic: Topic; data: unknown; id: string }
  | { kind: 'connection'; connection: Connection; refused: boolean }
  | { kind: 'hello' };

type Options = {
  /** Address of the events. */
  url: string;
  /** Called when the API does not let in: the session may have ended. */
  onRefused: () => void;
};

/** Wait before another try after the API refused, in ms; a lost connection is the browser's to mend. */
const again = 5_000;

/**
 * The events of the API, one connection for all tabs of a browser.
 *
 * The tab that holds a Web Lock has the EventSource, and passes on over a BroadcastChannel what
 * comes; when it is closed, the lock goes to another tab, which goes on from the last id that it
 * has heard. Where there are no Web Locks (plain HTTP from afar), each tab has its own.
 */
export class Live {
  private readonly channel: BroadcastChannel;
  private readonly handlers = new Map<Topic, Set<(data: never) => void>>();
  private readonly watchers = new Set<() => void>();
  private readonly latest = new Map<Topic, Message>();
  private readonly stopping = new AbortController();
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastId = '';
  connection: Connection = 'connecting';
  /** Whether this tab has the connection. */
  leads = false;

  constructor(private readonly options: Options) {
    this.channel = new BroadcastChannel(`pushstream ${options.url}`);
    this.channel.onmessage = (e: MessageEvent<Message>) => this.hear(e.data);
    this.channel.postMessage({ kind: 'hello' } satisfies Message);
    if (navigator.locks) {
      const { signal } = this.stopping;
      navigator.locks
        .request(`pushstream ${options.url}`, { signal }, () => {
          if (signal.aborted) return undefined; // stopped while the lock was on its way: the next one gets it
          this.lead();
          return new Promise<void>((release) => signal.addEventListener('abort', () => release()));
        })
        .catch(() => undefined); // stopped while waiting
    } else {
      this.lead();
    }
  }

  /** Ends it; another tab takes over. */
  stop() {
    this.stopping.abort();
    clearTimeout(this.timer);
    this.source?.close();
    this.channel.close();
    this.handlers.clear();
    this.watchers.clear();
  }

  on<K extends Topic>(topic: K, handler: (data: Events[K]) => void): () => void {
    const set = this.handlers.get(topic) ?? new Set();
    this.handlers.set(topic, set);
    set.add(handler as (data: never) => void);
    return () => set.delete(handler as (data: never) => void);
  }

  onConnection(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private lead() {
    if (this.stopping.signal.aborted) return;
    this.leads = true;
    const url = new URL(this.options.url);
    if (this.lastId) url.searchParams.set('last_event_id', this.lastId);
    const source = new EventSource(url);
    this.source = source;
    source.onopen = () => this.say({ kind: 'connection', connection: 'open', refused: false });
    source.onerror = () => {
      const refused = source.readyState === EventSource.CLOSED; // not 200: the browser does not try again
      this.say({ kind: 'connection', connection: 'gone', refused });
      if (refused) this.timer = setTimeout(() => this.lead(), again);
    };
    for (const topic of topics) {
      source.addEventListener(topic, (e: MessageEvent<string>) =>
        this.say({ kind: 'event', topic, data: JSON.parse(e.data), id: e.lastEventId }),
      );
    }
  }

  /** Tells the other tabs and this one. */
  private say(message: Message) {
    this.channel.postMessage(message);
    this.hear(message);
  }

  private hear(message: Message) {
    switch (message.kind) {
      case 'hello': // a new tab: it is told how things are
        if (!this.leads) return;
        this.channel.postMessage({ kind: 'connection', connection: this.connection, refused: false } satisfies Message);
        for (const m of this.latest.values()) this.channel.postMessage(m);
        return;
      case 'connection':
        this.connection = message.connection;
        for (const watch of this.watchers) watch();
        if (message.refused) this.options.onRefused();
        return;
      case 'event': {
        this.lastId = message.id;
        if (message.topic !== 'pushes' && message.topic !== 'resync') this.latest.set(message.topic, message);
        for (const handle of this.handlers.get(message.topic) ?? []) handle(message.data as never);
      }
    }
  }
}
