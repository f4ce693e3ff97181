import { useQueryStates } from 'nuqs';
import { parseAsCount, parseAsWord } from '../../url/params';

/** What waits: a reserved time, or the next try. */
export const waiting = ['scheduled', 'retrying'] as const;
export type Waiting = (typeof waiting)[number];

/** What the page shows, as the URL has it. */
export const useScheduledState = () =>
  useQueryStates(
    { status: parseAsWord(waiting), page: parseAsCount(1, 1_000_000).withDefault(1) },
    { history: 'push' },
  );
