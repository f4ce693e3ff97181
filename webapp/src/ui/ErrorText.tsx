import Typography from '@mui/material/Typography';
import { ApiError } from '../api/error';
import { useCommon } from '../i18n/common';
import { formatSpan } from '../time/format';

/** An error in words. */
export function ErrorText({ error }: { error: unknown }) {
  const t = useCommon();
  const api = error instanceof ApiError ? error : null;
  const detail =
    api && api.status !== 0
      ? [api.message, ...api.faults.map((f) => [f.field, f.message].filter(Boolean).join(': '))]
      : [];
  return (
    <>
      {api?.status === 429 && api.retryAfter > 5
        ? t('error.busyFor', { wait: formatSpan(api.retryAfter * 1000) })
        : t(kindOf(api))}
      {detail.map((line) => (
        <Typography key={line} variant="body2" lang="en">
          {line}
        </Typography>
      ))}
      {api?.requestId && (
        <Typography variant="caption" component="div">
          {t('requestId', { id: api.requestId })}
        </Typography>
      )}
    </>
  );
}

function kindOf(error: ApiError | null) {
  if (error?.status === 0) return error.message === 'timeout' ? 'error.timeout' : 'error.network';
  switch (error?.status) {
    case 403:
      return 'error.forbidden';
    case 404:
      return 'error.gone';
    case 409:
      return 'error.conflict';
    case 429:
      return 'error.busy';
    case 502:
    case 503:
    case 504:
      return 'error.unavailable';
    default:
      return 'error.other';
  }
}
