import BlockIcon from '@mui/icons-material/Block';
import ErrorIcon from '@mui/icons-material/CancelOutlined';
import CheckCircleIcon from '@mui/icons-material/CheckCircleOutlined';
import EventIcon from '@mui/icons-material/EventOutlined';
import HourglassIcon from '@mui/icons-material/HourglassDisabledOutlined';
import QueueIcon from '@mui/icons-material/PendingOutlined';
import ReplayIcon from '@mui/icons-material/Replay';
import Box from '@mui/material/Box';
import type { SvgIconProps } from '@mui/material/SvgIcon';
import { type ComponentType, memo } from 'react';
import type { Schemas } from '../api/client';
import { namesOf } from '../api/names';
import { texts } from '../i18n/texts';

export type Status = Schemas['Status'];

/** All states, in the order of a push's life. */
export const statuses = namesOf<Status>({
  scheduled: true,
  queued: true,
  retrying: true,
  sent: true,
  failed: true,
  expired: true,
  cancelled: true,
});

/** The states in which a push has ended, and those in which something can be done with it. */
export const terminal = namesOf<Schemas['TerminalStatus']>({
  sent: true,
  failed: true,
  expired: true,
  cancelled: true,
});
export const redrivable = namesOf<Schemas['RedrivableStatus']>({ failed: true, expired: true, cancelled: true });
export const cancellable = namesOf<Schemas['CancellableStatus']>({ scheduled: true, queued: true, retrying: true });
export const waiting = namesOf<Schemas['WaitingStatus']>({ scheduled: true, retrying: true });

export const isOneOf = <T extends Status>(some: readonly T[], s: Status): s is T => some.some((one) => one === s);
export const isTerminal = (s: Status) => isOneOf(terminal, s);

/** States in words. sent is never called delivered: a phone may be off. */
export const useStatusText = texts(
  'status',
  {
    scheduled: '예약',
    queued: '대기',
    retrying: '재시도',
    sent: 'FCM접수',
    failed: '실패',
    expired: '만료',
    cancelled: '취소',
  },
  {
    scheduled: 'Scheduled',
    queued: 'Queued',
    retrying: 'Retrying',
    sent: 'Accepted',
    failed: 'Failed',
    expired: 'Expired',
    cancelled: 'Cancelled',
  },
);

const icons: Record<Status, ComponentType<SvgIconProps>> = {
  scheduled: EventIcon,
  queued: QueueIcon,
  retrying: ReplayIcon,
  sent: CheckCircleIcon,
  failed: ErrorIcon,
  expired: HourglassIcon,
  cancelled: BlockIcon,
};

export function StatusIcon({ status, ...props }: { status: Status } & SvgIconProps) {
  const Icon = icons[status];
  return <Icon fontSize="inherit" {...props} />;
}

/** A state: an icon, a word and a colour. */
export const StatusChip = memo(function StatusChip({ status }: { status: Status }) {
  const t = useStatusText();
  return (
    <Box
      component="span"
      data-status={status}
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 0.5,
        fontWeight: 600,
        fontSize: '0.8125rem',
        lineHeight: 1.5,
        whiteSpace: 'nowrap',
        color: `status.${status}`,
      }}
    >
      <StatusIcon status={status} sx={{ fontSize: '1.05rem' }} />
      {t(status)}
    </Box>
  );
});

/** A state where there is no room for its word, which its tooltip says. */
export const StatusMark = memo(function StatusMark({ status }: { status: Status }) {
  const t = useStatusText();
  return <StatusIcon status={status} titleAccess={t(status)} sx={{ fontSize: '1.1rem', color: `status.${status}` }} />;
});
