import { useQueryStates } from 'nuqs';
import { waiting } from '../../push/status';
import { parseAsCount, parseAsWord } from '../../url/params';

export type Waiting = (typeof waiting)[number];

/** What the page shows, as the URL has it. */
export const useScheduledState = () =>
  useQueryStates(
    { status: parseAsWord(waiting), page: parseAsCount(1, 1_000_000).withDefault(1) },
    { history: 'push' },
  );
