import { expect, it } from 'vitest';
import { eachBounded } from './bounded';

it('works through all, never more at a time than it may', async () => {
  let now = 0;
  let most = 0;
  const done: number[] = [];
  await eachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (n) => {
    now++;
    most = Math.max(most, now);
    await Promise.resolve();
    await Promise.resolve();
    done.push(n);
    now--;
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

it('begins no new one once it is stopped', async () => {
  const stop = new AbortController();
  const done: number[] = [];
  await eachBounded(
    [1, 2, 3, 4],
    1,
    async (n) => {
      done.push(n);
      if (n === 2) stop.abort();
    },
    stop.signal,
  );
  expect(done).toEqual([1, 2]);
});

it('has nothing to do with nothing', async () => {
  await expect(eachBounded([], 4, () => Promise.reject(new Error('called')))).resolves.toBeUndefined();
});
