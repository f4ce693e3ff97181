import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type Env = Record<string, string>;

/** How long a test waits for what a healthy system does in seconds, in ms. */
export const patience = 45_000;

/** What the processes see of this machine: nothing that is set for pushstream. */
const plain: Env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', LANG: 'C.UTF-8' };

// So that nothing outlives the tests, even if they are killed.
const leash = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'] : [];

/** One running process. What it prints goes to DIR/NAME.log. */
export class Process {
  readonly log: string;
  private readonly child: ChildProcess;
  private readonly from: number; // of the log: before it is what one of the same name said

  constructor(
    dir: string,
    readonly name: string,
    command: string[],
    env: Env = {},
  ) {
    this.log = join(dir, `${name}.log`);
    this.from = existsSync(this.log) ? statSync(this.log).size : 0;
    const out = openSync(this.log, 'a', 0o600);
    const [program = '', ...args] = [...leash, ...command];
    this.child = spawn(program, args, { stdio: ['ignore', out, out], env: { ...plain, ...env }, detached: true });
    closeSync(out); // the child has its own
    this.child.on('error', () => undefined); // ended says it
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Whether it has ended, or never began. */
  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  read(): string {
    return readFileSync(this.log).subarray(this.from).toString('utf8');
  }

  /** Waits for text in the log, and returns the last match. */
  async says(what: RegExp): Promise<RegExpMatchArray> {
    return eventually(`${this.name} to say ${what}`, () => {
      const match = [...this.read().matchAll(new RegExp(what, 'g'))].at(-1);
      if (!match && this.ended) throw new Fatal(`${this.name} ended by itself:\n${this.read().slice(-2_000)}`);
      return match;
    });
  }

  signal(signal: NodeJS.Signals) {
    if (!this.ended) this.child.kill(signal);
  }

  /** Asks it to end, and kills it if it does not. */
  async stop(): Promise<void> {
    if (this.ended) return;
    const end = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 30_000);
    await end;
    clearTimeout(timer);
    if (this.child.exitCode !== 0)
      throw new Error(`${this.name} ended with ${this.child.exitCode ?? this.child.signalCode}`);
  }

  /** Ends it at once, as kill -9 does. */
  async kill(): Promise<void> {
    if (this.ended) return;
    const end = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await end;
  }

  /** Waits for its end, and returns the exit code. */
  async end(): Promise<number | null> {
    if (!this.ended) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

/** What no waiting helps against. */
export class Fatal extends Error {}

/** Waits until look returns something, and returns it. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  within = patience,
): Promise<T> {
  const end = Date.now() + within;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof Fatal) throw error;
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${within} ms for ${what}`, { cause: last });
    await sleep(20);
  }
}

/** Runs a program to its end, and returns what it printed. */
export function run(command: string[], { env = {}, input = '' }: { env?: Env; input?: string } = {}): Promise<string> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { env: { ...plain, ...env }, timeout: patience, maxBuffer: 64 << 20 },
      (error, out, err) => (error ? reject(new Error(`${command.join(' ')}: ${error.message}\n${err}`)) : resolve(out)),
    );
    child.stdin?.on('error', () => undefined); // it did not want it
    child.stdin?.end(input);
  });
}
