import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { formatNumber } from '../../i18n/texts';
import { Time } from '../../ui/Time';
import { Age } from './Age';
import { inHand, type Worker } from './model';
import { useWorkersText } from './text';

/** What one process does, and how it is. */
export function ProcessFacts({ worker: w, readAt }: { worker: Worker; readAt: number }) {
  const t = useWorkersText();
  return (
    <>
      <Box component="dl" sx={{ display: 'grid', gridTemplateColumns: 'repeat(3, 1fr)', gap: 1, m: 0 }}>
        <Figure name={t('inHand')} value={formatNumber(inHand(w))} />
        <Figure name={t('rate')} value={rate(w.rate)} />
        <Figure name={t('sent')} value={formatNumber(w.sent)} title={t('sentHelp')} />
      </Box>
      <Box
        component="dl"
        sx={{
          display: 'grid',
          gridTemplateColumns: 'auto 1fr',
          columnGap: 2,
          rowGap: 0.5,
          m: 0,
          fontSize: '0.8125rem',
        }}
      >
        <Fact name={t('beat')}>
          <Age worker={w} readAt={readAt} />
        </Fact>
        {w.started_at && (
          <Fact name={t('started')}>
            <Time at={w.started_at} />
          </Fact>
        )}
        {w.clock_step_at && w.clock_step_ms !== undefined && (
          <Fact name={t('clockStep')}>
            {t(w.clock_step_ms < 0 ? 'clockStep.back' : 'clockStep.ahead', {
              n: (Math.abs(w.clock_step_ms) / 1_000).toFixed(1),
            })}{' '}
            (<Time at={w.clock_step_at} />)
          </Fact>
        )}
        {w.project && <Fact name={t('project')}>{w.project}</Fact>}
        {w.version && <Fact name={t('version')}>{w.version}</Fact>}
        <Fact name={t('lastError')}>
          {w.last_error ? (
            <Box component="span" lang="en" sx={{ color: 'error.main' }}>
              {w.last_error}
            </Box>
          ) : (
            t('noError')
          )}
        </Fact>
      </Box>
    </>
  );
}

/** Pushes a second: 0, 0.4, 12.5, 1,240. */
export function rate(n: number): string {
  return n < 100 ? String(Math.round(n * 10) / 10) : formatNumber(Math.round(n));
}

function Figure({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <Box title={title} sx={{ minWidth: 0 }}>
      <Typography component="dt" variant="caption" sx={{ color: 'text.secondary' }}>
        {name}
      </Typography>
      <Typography component="dd" sx={{ m: 0, fontSize: '1.25rem', fontWeight: 700, lineHeight: 1.3 }}>
        {value}
      </Typography>
    </Box>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <Box component="dt" sx={{ color: 'text.secondary', whiteSpace: 'nowrap' }}>
        {name}
      </Box>
      <Box component="dd" sx={{ m: 0, minWidth: 0, overflowWrap: 'anywhere' }}>
        {children}
      </Box>
    </>
  );
}
