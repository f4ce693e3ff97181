import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flowName } from './flow';
import { type Env, eventually, Process, run } from './process';

/** Where the binaries are. */
export const bin = process.env.PUSHSTREAM_BIN ?? join(import.meta.dirname, '../../../bin');

/** Who can log in; auditor may reveal personal data besides what an administrator may. */
export const roles = ['viewer', 'operator', 'admin', 'auditor'] as const;
export type Role = (typeof roles)[number];
export const passwordOf = (role: Role) => `password-of-${role}`;

type Options = {
  /** Path below which the admin is. */
  base?: string;
  /** Names of the consumers. */
  consumers?: string[];
  /** Finished pushes that are in the log from the start. */
  rows?: number;
  /** Further arguments of producer bench-fill. */
  fill?: string[];
  env?: Env;
};

/** What a push is handed in as; see the table of fields in docs/api.md. */
export type Job = Record<string, string | number | Record<string, string>>;

/** How another process reaches a system. */
export type Place = { dir: string; base: string; admin: string; producer: string; sim: string; key: string };

/** One pushstream with all of its processes, in a folder of its own. Nothing has a fixed port. */
export class System {
  readonly processes = new Map<string, Process>();
  private readonly sessions = new Map<Role, Promise<string>>();

  private constructor(
    readonly place: Place,
    private readonly env: Env,
  ) {}

  /** Address of the dashboard, without a slash at the end. */
  get url(): string {
    return `http://${this.place.admin}${this.place.base.replace(/\/$/, '')}`;
  }

  /** A system that another process has started. */
  static at(place: Place): System {
    return new System(place, envOf(place.dir, {}));
  }

  static async start({
    base = '/',
    consumers = ['consumer-1'],
    rows = 0,
    fill = [],
    env = {},
  }: Options = {}): Promise<System> {
    const dir = mkdtempSync(join(tmpdir(), 'pushstream-web-'));
    const system = new System({ dir, base, admin: '', producer: '', sim: '', key: '' }, envOf(dir, env));
    try {
      await system.up(consumers, rows, fill);
    } catch (error) {
      await system.stop().catch(() => undefined); // the first error says more
      throw error;
    }
    return system;
  }

  private async up(consumers: string[], rows: number, fill: string[]) {
    const { dir } = this.place;
    const settings = [
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory-policy',
      'noeviction',
      '--hash-max-listpack-value',
      '1024',
      '--stream-node-max-entries',
      '16',
    ];
    this.add(
      new Process(dir, 'redis', [
        'redis-server',
        '--port',
        '0',
        '--unixsocket',
        join(dir, 'redis.sock'),
        '--dir',
        dir,
        ...settings,
      ]),
    );
    const sim = this.add(new Process(dir, 'fcmsim', [join(bin, 'fcmsim')], { LISTEN_ADDR: '127.0.0.1:0' }));
    await eventually('Redis', async () => ((await this.redis('PING')).startsWith('PONG') ? true : undefined));
    this.place.sim = (await sim.says(/FCM_ENDPOINT=http:\/\/(\S+)\/v1/))[1] ?? '';
    if (rows > 0) await this.fill(rows, ...fill);
    const producer = this.add(
      new Process(dir, 'producer', [join(bin, 'producer'), 'serve'], { ...this.env, LISTEN_ADDR: '127.0.0.1:0' }),
    );
    await Promise.all([
      this.serve('127.0.0.1:0'),
      ...consumers.map((name) => this.consumer(name)),
      ...roles.map((role) => this.addUser(role)),
      this.run('admin', 'key', 'add', 'e2e').then((key) => {
        this.place.key = key.trim();
      }),
    ]);
    this.place.producer = await addrOf(producer);
  }

  private add(process: Process): Process {
    this.processes.set(process.name, process);
    return process;
  }

  /** Puts finished pushes into the log, which must be empty. */
  async fill(rows: number, ...args: string[]): Promise<void> {
    const fill = new Process(
      this.place.dir,
      'bench-fill',
      [join(bin, 'producer'), 'bench-fill', String(rows), ...args],
      this.env,
    );
    this.add(fill);
    if ((await fill.end()) !== 0) throw new Error(`bench-fill: ${fill.read().slice(-2_000)}`);
    this.processes.delete(fill.name);
  }

  /** Whether all but the newest of so many pushes are in chunks, as those of a log are. */
  async sealed(rows: number): Promise<true | undefined> {
    const chunks = Number(await this.redis('ZCARD', 'push:{0}:chunks'));
    return chunks >= Math.floor(rows / 1_000) - 1 ? true : undefined;
  }

  private async addUser(role: Role) {
    const args = role === 'auditor' ? ['--role', 'admin', '--reveal'] : ['--role', role];
    const env = { ...this.env, ...cheap };
    await run([join(bin, 'admin'), 'user', 'add', role, ...args], { env, input: `${passwordOf(role)}\n` });
  }

  /** Starts the admin, again at the address that it had. */
  async serve(addr = this.place.admin, env: Env = {}): Promise<void> {
    const all = {
      ...this.env,
      ...cheap,
      ...env,
      LISTEN_ADDR: addr,
      BASE_PATH: this.place.base,
      FCM_ENDPOINT: `http://${this.place.sim}`,
    };
    const admin = this.add(new Process(this.place.dir, 'admin', [join(bin, 'admin'), 'serve'], all));
    this.place.admin = await addrOf(admin, addr);
    await eventually('the admin to be ready', async () =>
      (await fetch(`http://${this.place.admin}/readyz`)).ok ? true : undefined,
    );
  }

  /** Starts a consumer and waits until it is ready. */
  async consumer(name: string, env: Env = {}): Promise<Process> {
    const all = {
      ...this.env,
      CONSUMER_NAME: name,
      OPS_ADDR: '127.0.0.1:0',
      FCM_ENDPOINT: `http://${this.place.sim}`,
      FCM_PROJECT_ID: 'e2e',
      ...env,
    };
    const one = this.add(new Process(this.place.dir, name, [join(bin, 'consumer')], all));
    const addr = await addrOf(one);
    await eventually(`${name} to be ready`, async () => ((await fetch(`http://${addr}/readyz`)).ok ? true : undefined));
    return one;
  }

  process(name: string): Process {
    const found = this.processes.get(name);
    if (!found) throw new Error(`there is no process ${name}`);
    return found;
  }

  /** Stops everything, and removes the folder. */
  async stop(): Promise<void> {
    const all = [...this.processes.values()].reverse();
    const servers = all.filter((p) => p.name !== 'redis' && p.name !== 'fcmsim');
    const errors: unknown[] = [];
    const end = (p: Process) => p.stop().catch((error: unknown) => errors.push(error));
    await Promise.all(servers.map(end));
    await Promise.all(all.map((p) => (p.name === 'redis' ? p.kill() : end(p)))); // its data goes anyway
    rmSync(this.place.dir, { recursive: true, force: true });
    if (errors.length > 0) throw new AggregateError(errors, `stopping: ${errors.join('; ')}`);
  }

  /** Runs a command of ours to its end. */
  run(program: 'admin' | 'producer', ...args: string[]): Promise<string> {
    return run([join(bin, program), ...args], { env: { ...this.env, ...cheap } });
  }

  /** Runs a command of Redis. */
  redis(...args: string[]): Promise<string> {
    return run(['redis-cli', '-s', join(this.place.dir, 'redis.sock'), ...args]);
  }

  /** Hands in pushes over HTTP; those without an id get one. Returns the ids. */
  async send(...jobs: Job[]): Promise<string[]> {
    const all = jobs.map((job) => ({ id: randomUUID(), device_id: 'token', ...job }));
    const answer = await fetch(`http://${this.place.producer}/v1/pushes`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.place.key}`, 'Content-Type': 'application/x-ndjson' },
      body: all.map((job) => JSON.stringify(job)).join('\n'),
    });
    const text = await answer.text();
    if (!answer.ok || text.includes('"rejected"')) throw new Error(`hand in: ${answer.status} ${text}`);
    return all.map((job) => job.id);
  }

  /** Tells the simulator how to answer. */
  async simulate(config: object): Promise<void> {
    const answer = await fetch(`http://${this.place.sim}/_sim/config`, { method: 'PUT', body: JSON.stringify(config) });
    if (!answer.ok) throw new Error(`simulator: ${await answer.text()}`);
  }

  /** The cookie of a session of a user. One is kept for each; an own one is another. */
  session(role: Role, own = false): Promise<string> {
    const kept = this.sessions.get(role);
    if (kept && !own) return kept;
    const made = this.login(role);
    if (!own) this.sessions.set(role, made);
    return made;
  }

  private async login(role: Role): Promise<string> {
    const answer = await fetch(`${this.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: role, password: passwordOf(role) }),
    });
    if (!answer.ok) throw new Error(`log in as ${role}: ${answer.status} ${await answer.text()}`);
    const cookie = /pushstream=([^;]+)/.exec(answer.headers.get('Set-Cookie') ?? '')?.[1];
    if (!cookie) throw new Error('the login gave no cookie');
    return cookie;
  }

  /** Asks the API, as a user. */
  async api(role: Role, method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Env = { Cookie: `pushstream=${await this.session(role)}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    return fetch(`${this.url}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** Reads from the API what must be there. */
  async get<T>(path: string, role: Role = 'admin'): Promise<T> {
    const answer = await this.api(role, 'GET', path);
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Waits until no push is open but those of the flow, and returns how many are in each state. */
  settled(): Promise<Record<string, number>> {
    return eventually('every push to end', async () => {
      const counts = await this.counts();
      return (counts.queued ?? 0) + (counts.retrying ?? 0) + (counts.scheduled ?? 0) === 0 ? counts : undefined;
    });
  }

  /** How many pushes are in each state, without those that flow by, which never stand still. */
  async counts(): Promise<Record<string, number>> {
    const answer = await this.redis('EVAL', countScript, '0', `${flowName}-`, ...indexed);
    return JSON.parse(answer) as Record<string, number>;
  }

  /** Keeps where it is for other processes. */
  save(file: string) {
    writeFileSync(file, JSON.stringify(this.place));
  }

  static load(file: string): System {
    return System.at(JSON.parse(readFileSync(file, 'utf8')) as Place);
  }
}

/** The states that have an index; what is in none of them was sent. */
const indexed = ['scheduled', 'queued', 'retrying', 'failed', 'expired', 'cancelled'];

/** Counts the ids of each state that do not begin with a word, all at the same time. */
const countScript = `
local function count(key)
  local n = 0
  for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if string.sub(id, 1, #ARGV[1]) ~= ARGV[1] then n = n + 1 end
  end
  return n
end
local counts = { sent = count('push:{0}:index') }
for i = 2, #ARGV do
  counts[ARGV[i]] = count('push:{0}:index:status:' .. ARGV[i])
  counts.sent = counts.sent - counts[ARGV[i]]
end
return cjson.encode(counts)`;

/** Logins that cost little. */
const cheap: Env = { PASSWORD_MEMORY: '8192', PASSWORD_PASSES: '1' };

function envOf(dir: string, env: Env): Env {
  return { REDIS_ALLOW_NO_AOF: 'true', REDIS_URL: `unix://${join(dir, 'redis.sock')}`, RETRY_MIN_DELAY: '1s', ...env };
}

/** Where a process of ours listens, by its log; addr is what it was told. */
async function addrOf(process: Process, addr = '127.0.0.1:0'): Promise<string> {
  const match = await process.says(/"msg":"listening".*"addr":"([^"]+)"/);
  return addr.endsWith(':0') ? (match[1] ?? '') : addr;
}
