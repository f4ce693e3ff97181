import type { Schemas } from '../../api/client';
import type { Fate } from './fate';

/** What can be done with a push that waits. */
export const actions = ['send', 'move', 'cancel'] as const;
export type Action = (typeof actions)[number];

/** What a dialog of one of them is given. */
export type DialogProps = {
  due: Schemas['Due'];
  onClose: () => void;
  /** Told what has become of the push. */
  onFate: (id: string, fate: Fate) => void;
  /** Told that it had changed before: its row is to be looked up. */
  onRefused: (id: string) => Promise<void>;
};
