import { act } from '@testing-library/react';
import type { ReactNode } from 'react';
import { onTestFinished, vi } from 'vitest';
import { LiveProvider } from '../src/live/LiveProvider';
import type { Events, Topic } from '../src/live/live';

class Source extends EventTarget {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(readonly url: URL) {
    super();
    Source.all.push(this);
  }
  close() {
    this.readyState = Source.CLOSED;
  }
}

/**
 * Live events in a test: wrap the page in `<Live>`, and tell it what happens by `tell`. Call it
 * within the test; the stand-in for EventSource is gone after it.
 */
export function playLive() {
  Source.all = [];
  vi.stubGlobal('EventSource', Source);
  onTestFinished(() => void vi.unstubAllGlobals());
  const Live = ({ children }: { children: ReactNode }) => <LiveProvider>{children}</LiveProvider>;
  const tell = <K extends Topic>(topic: K, data: Events[K]) =>
    act(() => {
      for (const source of Source.all.filter((s) => s.readyState !== Source.CLOSED))
        source.dispatchEvent(new MessageEvent(topic, { data: JSON.stringify(data), lastEventId: 'e-1' }));
    });
  return { Live, tell };
}
