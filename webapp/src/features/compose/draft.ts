import { useSyncExternalStore } from 'react';
import { newKey } from '../../api/key';
import { type Draft, emptyDraft } from './job';

/**
 * What was typed, for as long as the tab lives: it is personal, and stays in memory. It outlives
 * the page, so that a session that ends does not take it along; another user finds it empty.
 */
type State = {
  by: string;
  draft: Draft;
  /** The Idempotency-Key of the draft: sent again after a lost answer, it is the same push. */
  key: string;
};

let state: State = { by: '', draft: emptyDraft, key: newKey() };
const watchers = new Set<() => void>();

function change(next: State) {
  state = next;
  for (const watch of watchers) watch();
}

function subscribe(watch: () => void) {
  watchers.add(watch);
  return () => watchers.delete(watch);
}

/** The draft of who is logged in. */
export function useDraft(by: string) {
  if (state.by !== by) state = { by, draft: emptyDraft, key: newKey() };
  const { draft, key } = useSyncExternalStore(subscribe, () => state);
  return { draft, key };
}

/** Changes some fields; it is another push then. */
export function editDraft(patch: Partial<Draft>) {
  change({ ...state, draft: { ...state.draft, ...patch }, key: newKey() });
}

/** Forgets what was typed. */
export function clearDraft() {
  change({ ...state, draft: emptyDraft, key: newKey() });
}

/** The draft was sent; sent once more, it is another push. */
export function draftSent() {
  change({ ...state, key: newKey() });
}
