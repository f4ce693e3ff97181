import Alert from '@mui/material/Alert';
import Typography from '@mui/material/Typography';
import type { Schemas } from '../../api/client';
import { ApiError } from '../../api/error';
import { codes, useCodeText } from '../../push/codes';
import { formatSpan } from '../../time/format';
import { useTime } from '../../time/useTime';
import { ErrorText } from '../../ui/ErrorText';
import { Link } from '../../ui/Link';
import { maxBytes } from './job';
import { tokensPath, useComposeText } from './text';

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
  if (verdict) {
    return (
      <>
        <FcmWord verdict={verdict} />
        {verdict.suppressed && <Suppressed token={verdict.suppressed} />}
      </>
    );
  }
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

/** Says that pushes to the token are not sent, whatever FCM says of it now. */
function Suppressed({ token }: { token: Schemas['DeadToken'] }) {
  const t = useComposeText();
  const time = useTime();
  return (
    <Alert severity="warning">
      {t('suppressed', { at: time.format(token.at), code: token.code })}
      <Typography variant="body2">
        {t('suppressedAsk')} <Link to={tokensPath}>{t('toTokens')}</Link>
      </Typography>
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
        {valid} {t('fcmOk', { took: formatSpan(fcm.took_ms) })}
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
