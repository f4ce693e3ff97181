import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useSpaced } from './useSpaced';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

/** A read that takes so many ms, and how many have begun and ended. */
function slow(ms: number) {
  const seen = { begun: 0, ended: 0, atOnce: 0 };
  const read = async () => {
    seen.begun++;
    expect(++seen.atOnce).toBe(1);
    await new Promise((done) => setTimeout(done, ms));
    seen.atOnce--;
    seen.ended++;
  };
  return { seen, read };
}

test('events that come faster than answers do not keep them from coming', async () => {
  const { seen, read } = slow(700);
  const { result } = renderHook(() => useSpaced(read, 1_000));
  for (let n = 0; n < 50; n++) {
    result.current();
    await pass(200);
  }
  expect(seen.ended).toBe(10);
});

test('what happens while an answer is awaited is asked for after it', async () => {
  const { seen, read } = slow(3_000);
  const { result } = renderHook(() => useSpaced(read, 1_000));
  result.current();
  await pass(1_000);
  result.current();
  await pass(2_500);
  expect(seen.begun).toBe(2);
  await pass(10_000);
  expect(seen).toMatchObject({ begun: 2, ended: 2 });
});

test('an error does not end it, and nothing is asked after the page has gone', async () => {
  let asked = 0;
  const { result, unmount } = renderHook(() =>
    useSpaced(async () => {
      asked++;
      throw new Error('away');
    }, 1_000),
  );
  result.current();
  await pass(1_000);
  result.current();
  await pass(1_000);
  expect(asked).toBe(2);
  result.current();
  unmount();
  await pass(5_000);
  expect(asked).toBe(2);
});
