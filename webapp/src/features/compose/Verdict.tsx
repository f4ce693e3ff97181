import Alert from '@mui/material/Alert';
import Typography from '@mui/material/Typography';
import type { Schemas } from '../../api/client';
import { ApiError } from '../../api/error';
import { codes, useCodeText } from '../../push/codes';
import { ErrorText } from '../../ui/ErrorText';
import { maxBytes } from './job';
import { useComposeText } from './text';

type Props = {
  verdict?: Schemas['Verdict'];
  /** Why it was refused, or could not be asked for. */
  error?: unknown;
  /** Faults that are at no field. */
  rest?: string[];
};

/** What the API and FCM say of a push that was not sent. */
export function Verdict({ verdict, error, rest = [] }: Props) {
  const t = useComposeText();
  if (verdict) return <FcmWord verdict={verdict} />;
  const faulty = !error || (error instanceof ApiError && error.status === 422 && error.faults.length > 0);
  return (
    <Alert severity="error">
      {faulty ? t('faults') : <ErrorText error={error} />}
      {rest.map((line) => (
        <Typography key={line} variant="body2" lang="en">
          {t('other')}: {line}
        </Typography>
      ))}
    </Alert>
  );
}

/** Codes that are about the push; others say that FCM, or the way to it, was in trouble. */
const refusals: readonly string[] = [
  'UNREGISTERED',
  'SENDER_ID_MISMATCH',
  'INVALID_ARGUMENT',
  'THIRD_PARTY_AUTH_ERROR',
  'UNSPECIFIED_ERROR',
];

function FcmWord({ verdict: { bytes, max_bytes, fcm } }: { verdict: Schemas['Verdict'] }) {
  const t = useComposeText();
  const meaning = useCodeText();
  const valid = `${t('valid')} ${t('bytesOf', { bytes, max: max_bytes || maxBytes })}.`;
  if (!fcm) {
    return (
      <Alert severity="info">
        {valid} {t('fcmUnknown')}
      </Alert>
    );
  }
  if (fcm.ok) {
    return (
      <Alert severity="success">
        {valid} {t('fcmOk', { ms: fcm.took_ms })}
      </Alert>
    );
  }
  const code = codes.find((c) => c === fcm.code);
  const refused = refusals.includes(fcm.code);
  return (
    <Alert severity={refused ? 'error' : 'warning'}>
      {valid} {t(refused ? 'fcmNo' : 'fcmSilent')}
      <Typography variant="body2">
        <b className="mono">{fcm.code}</b> {code && `${meaning(code)} ${meaning(`${code}.do`)}`}
      </Typography>
      {fcm.detail && (
        <Typography variant="body2" lang="en">
          {fcm.detail}
        </Typography>
      )}
    </Alert>
  );
}
