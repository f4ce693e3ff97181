import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { api } from '../../api/client';
import { formatNumber } from '../../i18n/texts';
import { useLiveState } from '../../live/LiveProvider';
import { useCodeText } from '../../push/codes';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Link } from '../../ui/Link';
import { logLink } from '../../url/log';
import { Panel } from './Panel';
import { useOverviewText } from './text';

/** How often the reasons are counted again, in ms: it may take the server a while. */
const every = 15_000;
/** How many reasons are shown; the page of the failed has all. */
const most = 6;

/** Why pushes failed, the most frequent reason first. */
export function ReasonsPanel() {
  const t = useOverviewText();
  const code = useCodeText();
  const { paused } = useLiveState();
  const { data, error, refetch } = api.useQuery('get', '/api/v1/failures', undefined, {
    refetchInterval: paused ? false : every,
  });
  const largest = data?.items[0]?.count ?? 1;
  return (
    <Panel
      title={t('reasons')}
      action={
        <Link to="/failed" variant="body2" underline="hover">
          {t('reasonsAll')}
        </Link>
      }
    >
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton variant="rounded" height={160} />}
      {data && data.items.length === 0 && (
        <Typography sx={{ color: 'text.secondary', py: 2 }}>{t('reasonsNone')}</Typography>
      )}
      <Stack component="ul" sx={{ gap: 1.25, p: 0, m: 0, listStyle: 'none' }}>
        {data?.items.slice(0, most).map((item) => (
          <Box component="li" key={item.code}>
            <Stack direction="row" sx={{ gap: 1, alignItems: 'baseline' }}>
              <Link
                to={logLink({ code: item.code, status: ['failed'] })}
                sx={{ fontWeight: 600, fontSize: '0.8125rem' }}
              >
                {item.code}
              </Link>
              <Typography
                variant="body2"
                sx={{ flex: 1, minWidth: 0, color: 'text.secondary' }}
                noWrap
                title={code(item.code)}
              >
                {code(item.code)}
              </Typography>
              <b>{formatNumber(item.count)}</b>
            </Stack>
            <Box
              aria-hidden="true"
              sx={{ mt: 0.5, height: 4, borderRadius: 2, bgcolor: 'divider', overflow: 'hidden' }}
            >
              <Box sx={{ height: 1, width: `${(item.count / largest) * 100}%`, bgcolor: 'status.failed' }} />
            </Box>
          </Box>
        ))}
      </Stack>
      {data && !data.exact && (
        <Typography variant="caption" component="p" sx={{ mt: 1, color: 'text.secondary' }}>
          {t('reasonsPart')}
        </Typography>
      )}
    </Panel>
  );
}
