import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { home } from '../api/client';
import { sessionKey } from '../api/session';
import { type Events, Live, type Topic } from './live';

/** How long events may be gone until the reader is told, and asked for instead, in ms. */
const patience = 10_000;

type State = {
  live: Live | null;
  /** live, or connecting at first, or lost for longer than a moment, or paused by the reader. */
  state: 'live' | 'connecting' | 'lost' | 'paused';
  paused: boolean;
  setPaused: (paused: boolean) => void;
};

const Context = createContext<State>({ live: null, state: 'connecting', paused: false, setPaused: () => undefined });

/** Keeps the page in touch with what happens. Below the login. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live | null>(null);
  const [paused, setPaused] = useState(false);
  const [connection, setConnection] = useState<'live' | 'connecting' | 'lost'>('connecting');

  /** Reads everything that is on the page anew. */
  const readAnew = useCallback(
    () => queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== sessionKey[0] }),
    [queries],
  );

  useEffect(() => {
    const made = new Live({
      url: `${home}/api/v1/events`,
      onRefused: () => void queries.invalidateQueries({ queryKey: sessionKey }),
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = () => {
      if (made.connection === 'open') {
        clearTimeout(timer);
        timer = undefined;
        setConnection('live');
      } else timer ??= setTimeout(() => setConnection('lost'), patience);
    };
    made.onConnection(follow);
    follow();
    setLive(made);
    return () => {
      clearTimeout(timer);
      made.stop();
      setLive(null);
    };
  }, [queries]);

  useEffect(() => {
    if (paused) return;
    return live?.on('resync', () => void readAnew());
  }, [live, paused, readAnew]);

  const before = useRef({ paused, connection });
  useEffect(() => {
    const { paused: wasPaused, connection: was } = before.current;
    before.current = { paused, connection };
    if (paused) return;
    if (wasPaused || (was === 'lost' && connection === 'live')) void readAnew();
    if (connection !== 'lost') return;
    const timer = setInterval(() => void readAnew(), patience);
    return () => clearInterval(timer);
  }, [paused, connection, readAnew]);

  const value = useMemo<State>(
    () => ({ live, state: paused ? 'paused' : connection, paused, setPaused }),
    [live, paused, connection],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** How the page is in touch, and the reader's pause, which stops everything. */
export function useLiveState() {
  return useContext(Context);
}

/** Calls back with what happens, at most once a second and topic; not while the page is paused. */
export function useLive<K extends Topic>(topic: K, handler: (data: Events[K]) => void) {
  const { live, paused } = useContext(Context);
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    if (!live || paused) return;
    return live.on(topic, (data) => latest.current(data));
  }, [live, paused, topic]);
}
