import { describe, expect, it } from 'vitest';
import { ApiError } from '../../api/error';
import { type LogPage, readSteps } from './fetch';

const found = {
  page: 1,
  size: 100,
  pages: 1,
  total: 1,
  exact: false,
  looked: 10,
  of: 100,
  newer: 0,
  asof: '2026-11-27T00:00:00.000Z',
  how: 'scan',
};

/** A body that comes in pieces, cut anywhere. */
function bodyOf(text: string, cut = 7): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(c) {
      for (let i = 0; i < bytes.length; i += cut) c.enqueue(bytes.slice(i, i + cut));
      c.close();
    },
  });
}

const line = (value: object) => `${JSON.stringify(value)}\n`;

describe('readSteps', () => {
  it('shows the rows as soon as they come, then the progress, then the total', async () => {
    const seen: LogPage[] = [];
    const items = [{ id: 'a', msg_title: '체결' }];
    const text =
      line({ page: { ...found, items } }) +
      line({ page: { ...found, looked: 50 } }) +
      line({ page: { ...found, looked: 100, total: 3, exact: true } });
    const last = await readSteps(bodyOf(text), { stop: new AbortController().signal, onStep: (p) => seen.push(p) });
    expect(seen.map((p) => [p.items.length, p.looked, p.state])).toEqual([
      [1, 10, 'counting'],
      [1, 50, 'counting'],
      [1, 100, 'done'],
    ]);
    expect(last).toMatchObject({ total: 3, state: 'done', items });
  });

  it('says that the time was up', async () => {
    const last = await readSteps(bodyOf(line({ page: { ...found, items: [] } })), {
      stop: new AbortController().signal,
      onStep: () => undefined,
    });
    expect(last.state).toBe('late');
  });

  it('keeps what is known when the reader stops it', async () => {
    const stop = new AbortController();
    let send: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(c) {
        send = c;
        c.enqueue(new TextEncoder().encode(line({ page: { ...found, items: [{ id: 'a' }] } })));
      },
    });
    const last = await readSteps(body, {
      stop: stop.signal,
      onStep: () => {
        stop.abort();
        send?.error(new DOMException('', 'AbortError'));
      },
    });
    expect(last).toMatchObject({ state: 'stopped', items: [{ id: 'a' }] });
  });

  it('fails with what the server says when its store is gone', async () => {
    const text =
      line({ page: { ...found, items: [] } }) +
      line({ problem: { type: 'about:blank', title: 'x', status: 503, detail: 'gone', request_id: 'r' } });
    const told = readSteps(bodyOf(text), { stop: new AbortController().signal, onStep: () => undefined });
    await expect(told).rejects.toEqual(new ApiError(503, 'gone', 'r'));
  });

  it('fails if nothing came', async () => {
    await expect(
      readSteps(bodyOf(''), { stop: new AbortController().signal, onStep: () => undefined }),
    ).rejects.toBeInstanceOf(ApiError);
  });
});
