import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, Fatal } from './process';
import { System } from './system';

/** How many pushes the big log has; fewer while tests are written. */
export const bigRows = Number(process.env.E2E_ROWS ?? 100_000);

/** Variable with the folder where the big log says where it is. */
const variable = 'PUSHSTREAM_E2E_BIG';

const sealedWithin = 300_000; // ms

/** Begins to fill the big log, and to seal it, and returns what stops it. Tests go on meanwhile. */
export async function startBigLog(): Promise<() => Promise<void>> {
  const system = await System.start({ base: '/push/', consumers: [] });
  const { dir } = system.place;
  process.env[variable] = dir;
  const began = Date.now();
  const filled = system
    .fill(bigRows, '--days', '20') // none is so old that it leaves the log meanwhile
    .then(() => system.consumer('consumer-1'))
    .then(() => eventually('the log to be sealed', () => system.sealed(bigRows), sealedWithin))
    .then(
      () => {
        console.log(`${bigRows} pushes filled in and sealed in ${((Date.now() - began) / 1_000).toFixed(0)} s`);
        system.save(join(dir, 'place'));
      },
      (error: unknown) => existsSync(dir) && writeFileSync(join(dir, 'failed'), String(error)),
    );
  return async () => {
    await system.processes.get('bench-fill')?.kill();
    await filled;
    await system.stop();
  };
}

/** Waits for the big log. */
export function bigLog(): Promise<System> {
  const dir = process.env[variable] ?? '';
  return eventually(
    'the big log',
    () => {
      if (existsSync(join(dir, 'failed'))) throw new Fatal(readFileSync(join(dir, 'failed'), 'utf8'));
      return existsSync(join(dir, 'place')) ? System.load(join(dir, 'place')) : undefined;
    },
    400_000,
  );
}
