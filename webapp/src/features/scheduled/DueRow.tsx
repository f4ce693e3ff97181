import CancelIcon from '@mui/icons-material/BlockOutlined';
import MoveIcon from '@mui/icons-material/EditCalendarOutlined';
import SendIcon from '@mui/icons-material/SendOutlined';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import Tooltip from '@mui/material/Tooltip';
import { memo, useContext } from 'react';
import { StatusChip } from '../../push/status';
import { Link } from '../../ui/Link';
import { ShortCell, stickyRight } from '../../ui/ShortCell';
import { Time } from '../../ui/Time';
import { logLink } from '../../url/log';
import { type Action, actions } from './actions';
import { countdown } from './countdown';
import type { Fate } from './fate';
import { Now } from './now';
import { useScheduledText } from './text';
import type { Due } from './useDue';

const icons = { send: SendIcon, move: MoveIcon, cancel: CancelIcon };

type Props = { due: Due; fate?: Fate; onAction?: (action: Action, due: Due) => void };

/** A push that waits. One that does not any more stays where it is, grey, and says what became of it. */
export const DueRow = memo(function DueRow({ due, fate, onAction }: Props) {
  const t = useScheduledText();
  const push = (fate && 'push' in fate && fate.push) || due.push;
  const gone = fate !== undefined && !('due' in fate);
  const moved = fate !== undefined && 'due' in fate;
  const at = moved ? fate.due : due.due_at;
  return (
    <TableRow
      hover
      data-push={push.id}
      data-gone={gone || undefined}
      sx={gone ? { '& td': { color: 'text.secondary', bgcolor: 'action.hover' } } : undefined}
    >
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        {at && <Time at={at} />}{' '}
        {moved && (
          <Box component="span" sx={{ color: 'primary.main', fontWeight: 600 }}>
            {t('moved')}
          </Box>
        )}
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: 'nowrap', minWidth: 96 }}>
        {!gone && at && <Countdown at={at} />}
      </TableCell>
      <TableCell>
        {fate && 'missing' in fate ? (
          t('missing')
        ) : (
          <StatusChip status={fate && 'status' in fate ? fate.status : push.status} />
        )}
      </TableCell>
      <TableCell>
        <Link
          to={logLink({ status: ['scheduled', 'retrying'], id: push.id })}
          data-row=""
          className="mono"
          sx={{ whiteSpace: 'nowrap', fontSize: '0.78rem', lineHeight: '24px', display: 'inline-block' }}
        >
          {push.id}
        </Link>
      </TableCell>
      <ShortCell text={push.msg_title} />
      <ShortCell text={push.D_servicename} />
      <ShortCell text={push.push_grp_id} />
      <TableCell sx={{ width: '100%', whiteSpace: 'nowrap' }} title={push.result}>
        {push.attempts}{' '}
        {push.error_code && (
          <Box component="span" className="mono" sx={{ color: 'text.secondary' }}>
            {push.error_code}
          </Box>
        )}
      </TableCell>
      {onAction && (
        <TableCell align="right" sx={{ ...stickyRight, whiteSpace: 'nowrap', py: 0 }}>
          {!gone &&
            actions
              .filter((action) => action !== 'move' || push.status === 'scheduled')
              .map((action) => {
                const Icon = icons[action];
                return (
                  <Tooltip key={action} title={t(action)}>
                    <IconButton
                      size="small"
                      aria-label={t(`${action}.of`, { id: push.id })}
                      onClick={() => onAction(action, { push, due_at: at ?? due.due_at })}
                    >
                      <Icon fontSize="small" />
                    </IconButton>
                  </Tooltip>
                );
              })}
        </TableCell>
      )}
    </TableRow>
  );
});

/** How long until an instant, each second anew. */
function Countdown({ at }: { at: string }) {
  const t = useScheduledText();
  const left = countdown(Date.parse(at) - useContext(Now));
  if (!left) return t('now');
  return left.days > 0 ? t('days', { d: left.days, time: left.time }) : left.time;
}
