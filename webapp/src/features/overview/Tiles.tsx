import Box from '@mui/material/Box';
import type { Schemas } from '../../api/client';
import { formatNumber } from '../../i18n/texts';
import { stoppedBy } from '../../push/stopped';
import { formatSpan } from '../../time/format';
import { logLink } from '../../url/log';
import { ratio } from './ranges';
import { Tile } from './Tile';
import { useOverviewText } from './text';

/** Age of what is unread or in flight from which the backlog is marked, in seconds. */
const late = 60;

/** The numbers that say whether all is well. */
export function Tiles({ summary: s }: { summary: Schemas['Summary'] | undefined }) {
  const t = useOverviewText();
  const ended = s ? s.hour.sent + s.hour.failed + s.hour.expired : 0;
  const waits = s ? s.unfinished.pushes : 0;
  const pending = s ? s.backlog.pending + s.urgent.pending : 0;
  const oldest = s ? Math.max(s.backlog.oldest_seconds, s.urgent.oldest_seconds) : 0;
  const backlogNotes = s && [
    waits > 0 ? t('tile.oldest', { span: formatSpan(s.unfinished.oldest_seconds * 1_000) }) : t('tile.noBacklog'),
    s.urgent.unread + s.urgent.pending > 0 && t('urgent', { n: s.urgent.unread + s.urgent.pending }),
    pending > 0 && t('tile.inFlight', { n: pending }),
    s.unfinished.retrying > 0 && t('tile.retrying', { n: s.unfinished.retrying }),
  ];
  return (
    <Box
      component="ul"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 150px), 1fr))',
        gap: 1.5,
        listStyle: 'none',
        p: 0,
        m: 0,
      }}
    >
      <Tile
        name={t('tile.rate')}
        value={s && perSecond(s.minute.accepted / 60)}
        note={s && t('tile.rateSub', { n: s.minute.accepted })}
        to={s ? logLink(minuteOf(s.minute.at)) : '/log'}
      />
      <Tile
        name={t('tile.ratio')}
        value={s && ratio(s.hour)}
        note={s && (ended > 0 ? t('tile.ratioSub', { sent: s.hour.sent, all: ended }) : t('tile.nothing'))}
        to={logLink({ range: '1h', status: ['sent'] })}
      />
      <Tile
        name={t('tile.backlog')}
        value={s && formatNumber(waits)}
        note={backlogNotes?.filter(Boolean).join(' · ')}
        to={logLink({ status: ['queued', 'retrying'] })}
        tone={s && waits > 0 && (oldest >= late || stoppedBy(s)) ? 'warning' : undefined}
      />
      <Tile
        name={t('tile.latency')}
        value={s && (s.latency.of > 0 ? formatSpan(s.latency.p95_ms) : '–')}
        note={
          s &&
          (s.latency.of > 0
            ? t('tile.latencySub', { p50: formatSpan(s.latency.p50_ms), of: s.latency.of })
            : t('tile.noLatency'))
        }
        to={logLink({ status: ['sent'] })}
      />
      <Tile
        name={t('tile.failed')}
        value={s && formatNumber(s.hour.failed)}
        note={s && t('tile.failedSub', { expired: s.hour.expired })}
        to={logLink({ range: '1h', status: ['failed', 'expired'] })}
        tone={s && s.hour.failed > 0 ? 'failed' : undefined}
      />
    </Box>
  );
}

function minuteOf(at: string) {
  const begin = Date.parse(at);
  return { since: new Date(begin).toISOString(), until: new Date(begin + 60_000).toISOString() };
}

/** 0, 0.02, 3.4, 1,240. */
function perSecond(n: number): string {
  if (n >= 100) return formatNumber(Math.round(n));
  return String(Number(n.toFixed(n < 1 ? 2 : 1)));
}
