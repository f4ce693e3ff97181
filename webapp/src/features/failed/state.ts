import { createSerializer, useQueryStates } from 'nuqs';
import { codes } from '../../push/codes';
import type { Became } from '../../push/useBecame';
import { parseAsCount, parseAsInstant, parseAsWord } from '../../url/params';

/** What the page shows, as the URL has it: the open group, its page, and when its pages were pinned. */
export const failedParsers = {
  code: parseAsWord(codes),
  page: parseAsCount(1, 1_000_000).withDefault(1),
  asof: parseAsInstant,
};

const serialize = createSerializer(failedParsers);

/** The address of a group; of the groups without one. */
export const failedLink = (filter: Partial<{ code: (typeof codes)[number] }> = {}) => serialize('/failed', filter);

export const useFailedState = () => useQueryStates(failedParsers, { history: 'push' });

/** Whether a push that was read as failed is in another state by now. */
export function hasLeft(became: Became, id: string): boolean {
  const status = became.get(id);
  return status !== undefined && status !== 'failed';
}
