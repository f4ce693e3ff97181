import { useCallback, useEffect, useState } from 'react';
import { api, type Schemas } from '../../api/client';

/** How long personal data is shown, in seconds. */
const shownFor = 60;

type Fields = Schemas['Revealed']['fields'];

/** Personal data of one push, for a minute, kept nowhere else. */
export function useReveal(id: string) {
  const [shown, setShown] = useState<{ id: string; fields: Fields; until: number } | null>(null);
  const [left, setLeft] = useState(0);
  const hide = useCallback(() => setShown(null), []);
  const reveal = api.useMutation('post', '/api/v1/pushes/{id}/reveal', {
    gcTime: 0, // the answer is not to stay in any cache
    onSuccess: (data) => {
      setShown({ id: data.id, fields: data.fields, until: performance.now() + shownFor * 1000 });
      setLeft(shownFor);
    },
  });
  useEffect(() => {
    if (!shown) return;
    const timer = setInterval(() => {
      const seconds = Math.ceil((shown.until - performance.now()) / 1000);
      if (seconds <= 0) setShown(null);
      setLeft(Math.max(0, seconds));
    }, 250);
    return () => clearInterval(timer);
  }, [shown]);
  useEffect(() => {
    if (shown && shown.id !== id) setShown(null); // another push is open now
  }, [shown, id]);
  return { fields: shown?.id === id ? shown.fields : null, left, hide, reveal };
}
