import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { holdInput, inputAge, noteInput } from '../api/input';
import { sessionEnd, sessionKey } from '../api/session';

const Countdown = lazy(() => import('./Countdown').catch(() => ({ default: () => null })));

/** How often the server is asked during the countdown, in ms: another tab may be in use. */
const often = 3_000;

/**
 * Has the session go on while a person is here, and counts down before it ends.
 *
 * The server knows when it ends. It learns of a person by the requests that the page makes anyway,
 * and by one of this component's if the page makes none.
 */
export function SessionWatch() {
  const queries = useQueryClient();
  const [left, setLeft] = useState<number | null>(null);
  const [closed, setClosed] = useState(false);
  const ask = useRef(() => {});

  useEffect(() => {
    let asked = Date.now();
    let began = 0; // of the countdown
    let told = 0; // when the server last said how long, or did not answer
    ask.current = () => {
      asked = Date.now();
      void queries.refetchQueries({ queryKey: sessionKey }, { cancelRefetch: false }).then(() => {
        told = Date.now();
      });
    };
    const look = () => {
      const now = Date.now();
      const rest = sessionEnd.at - now;
      const age = inputAge();
      const ending = rest <= Math.min(60_000, sessionEnd.idle / 3);
      const used = age !== null && now - age > asked && now - asked >= Math.min(60_000, sessionEnd.idle / 6);
      if (ending ? now - asked >= often : used) ask.current();
      if (!ending) began = 0;
      else if (!began) began = now;
      // Who is here in an outage keeps the page: the server decides when it is back.
      const failing = queries.getQueryState(sessionKey)?.status === 'error';
      const here = failing && !sessionEnd.final && age !== null && age < sessionEnd.idle;
      // No server says that it goes on: nothing is shown any more to who may pass by.
      if (rest < -often && !here) queries.setQueryData(sessionKey, null);
      const shown = ending && !here && (told >= began || now - began > often);
      holdInput(shown);
      setLeft(shown ? Math.max(0, Math.ceil(rest / 1_000)) : null);
      if (!ending) setClosed(false);
    };
    const timer = setInterval(look, 1_000);
    return () => {
      clearInterval(timer);
      holdInput(false);
    };
  }, [queries]);

  if (left === null || closed) return null;
  const stay = () => {
    if (sessionEnd.final) setClosed(true);
    noteInput();
    ask.current();
  };
  return (
    <Suspense>
      <Countdown seconds={left} final={sessionEnd.final} onStay={stay} />
    </Suspense>
  );
}
