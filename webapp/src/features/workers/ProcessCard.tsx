import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Card from '@mui/material/Card';
import Stack from '@mui/material/Stack';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import { type ReactNode, useId } from 'react';
import { WorkerChip } from '../../push/workers';
import { CircuitNotice } from './CircuitNotice';
import { ClockNotice } from './ClockNotice';
import { type Group, shownState } from './model';
import { ProcessFacts } from './ProcessFacts';
import { ProcessSwitch } from './ProcessSwitch';
import { ProcessTable } from './ProcessTable';
import { useWorkersText } from './text';

type Props = {
  group: Group;
  allPaused: boolean;
  last: boolean;
  /** Whether a process is left that takes over what a lost one had. */
  heir: boolean;
  /** When the API was asked, by its own clock. */
  readAt: number;
};

/** The processes of a name, as their users know them: mostly one. */
export function ProcessCard({ group, allPaused, last, heir, readAt }: Props) {
  const t = useWorkersText();
  const { processes } = group;
  const [one] = processes;
  const single = processes.length === 1 ? one : undefined;
  const lost = processes.filter((w) => w.state === 'lost');
  const orphans = lost.reduce((sum, w) => sum + w.pending, 0);
  const place = single
    ? [single.host, single.pid && `pid ${single.pid}`].filter(Boolean).join(' · ')
    : one && t('count', { count: processes.length });
  return (
    <CardFrame
      name={group.name}
      wide={processes.length > 1}
      chip={single ? <WorkerChip {...shownState(single)} /> : !one && <WorkerChip state="absent" />}
      place={place}
      badge={
        processes.some((w) => w.simulator) && (
          <Tooltip title={t('simulatorHelp')}>
            <Box
              component="span"
              sx={{
                border: 1,
                borderColor: 'divider',
                borderRadius: 1,
                px: 0.75,
                fontSize: '0.75rem',
                color: 'text.secondary',
              }}
            >
              {t('simulator')}
            </Box>
          </Tooltip>
        )
      }
    >
      <ProcessSwitch group={group} locked={allPaused} last={last} />
      {!one && <Typography variant="body2">{t(allPaused ? 'absentAll' : 'absent')}</Typography>}
      {lost.length > 0 && (
        <Alert severity={orphans > 0 && !heir ? 'error' : 'warning'}>
          {t(orphans === 0 ? 'lost.none' : heir ? 'lost.heir' : 'lost.alone', { n: orphans })}
        </Alert>
      )}
      {processes.map(
        (w) =>
          w.state === 'circuit_open' && w.circuit && <CircuitNotice key={w.consumer} worker={w} circuit={w.circuit} />,
      )}
      {processes.map((w) => (
        <ClockNotice key={w.consumer} worker={w} />
      ))}
      {single && <ProcessFacts worker={single} readAt={readAt} />}
      {processes.length > 1 && <ProcessTable name={group.name} workers={processes} readAt={readAt} />}
    </CardFrame>
  );
}

type FrameProps = {
  name: string;
  wide?: boolean;
  chip?: ReactNode;
  badge?: ReactNode;
  place?: ReactNode;
  children: ReactNode;
};

/** A card with its name, what it is doing, and where. */
export function CardFrame({ name, wide, chip, badge, place, children }: FrameProps) {
  const id = useId();
  return (
    <Card
      component="article"
      aria-labelledby={id}
      sx={{
        p: 2,
        display: 'flex',
        flexDirection: 'column',
        gap: 1.5,
        minWidth: 0,
        ...(wide && { gridColumn: '1 / -1' }),
      }}
    >
      <Box>
        <Stack direction="row" sx={{ alignItems: 'baseline', gap: 1 }}>
          <Typography id={id} variant="h2" sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
            {name}
          </Typography>
          {chip}
        </Stack>
        <Stack direction="row" sx={{ gap: 1, alignItems: 'center', minHeight: 22, color: 'text.secondary' }}>
          <Typography variant="caption" sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
            {place}
          </Typography>
          {badge}
        </Stack>
      </Box>
      {children}
    </Card>
  );
}
