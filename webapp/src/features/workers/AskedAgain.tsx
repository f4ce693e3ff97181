import type { Schemas } from '../../api/client';
import { serverNow } from '../../time/clock';
import { Time } from '../../ui/Time';
import { useWorkersText } from './text';

/** When FCM is asked again about a suppressed token. */
export function AskedAgain({ token }: { token: Schemas['DeadToken'] }) {
  const t = useWorkersText();
  return Date.parse(token.ask_at) <= serverNow() ? t('askNext') : <Time at={token.ask_at} />;
}
