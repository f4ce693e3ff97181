import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './process';

/** What pushes are sent through. */
type Sender = { send(push: ReturnType<typeof pushOf>): Promise<unknown> };

/** How many pushes flow in a second. */
const rate = 5;
/** A part of the id of each of them; the same stands in service and group. */
export const flowName = 'flow';

/**
 * Pushes that come one after the other through the producer, five a second, and are sent: what a
 * page sees all day. They match no filter of a test: service, group, customer and texts are their own.
 */
export class Flow {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  /** How many the producer has taken. */
  accepted = 0;
  private refused: unknown;

  private constructor(private readonly system: Sender) {
    this.running = this.run();
  }

  /** Begins, and waits for the first push. */
  static async start(system: Sender): Promise<Flow> {
    const flow = new Flow(system);
    await eventually('the flow to begin', () => (flow.accepted > 0 ? true : undefined)).catch((error: unknown) =>
      flow.stop().finally(() => {
        throw error;
      }),
    );
    return flow;
  }

  private async run() {
    const run = crypto.randomUUID().slice(0, 8);
    for (let n = 1; !this.stopping.signal.aborted; n++) {
      const next = performance.now() + 1_000 / rate;
      await this.system.send(pushOf(`${flowName}-${run}-${n}`)).then(
        () => this.accepted++,
        (error: unknown) => {
          this.refused = error; // a test may have ended the producer, or Redis
        },
      );
      await sleep(Math.max(0, next - performance.now()), undefined, { signal: this.stopping.signal }).catch(
        () => undefined,
      );
    }
  }

  /** Ends; none is being handed in then. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    if (this.accepted === 0) throw new Error('no push of the flow was taken', { cause: this.refused });
  }
}

const pushOf = (id: string) => ({
  id,
  csno: flowName,
  uuid_id: flowName,
  device_id: id,
  msg_title: '흐름',
  msg_contents: 'flows by',
  D_servicename: flowName,
  push_grp_id: flowName,
});
