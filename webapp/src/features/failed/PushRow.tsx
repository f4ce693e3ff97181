import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import { memo } from 'react';
import type { Schemas } from '../../api/client';
import type { Code } from '../../push/codes';
import { refusalOf, useRefusalText } from '../../push/refusal';
import { type Status, StatusChip } from '../../push/status';
import { ErrorText } from '../../ui/ErrorText';
import { Link } from '../../ui/Link';
import { ShortCell, stickyRight } from '../../ui/ShortCell';
import { Time } from '../../ui/Time';
import { logLink } from '../../url/log';
import { useFailedText } from './text';

type Props = {
  code: Code;
  record: Schemas['Record'];
  /** The state that it has come to since it was read. */
  became?: Status;
  /** Whether it was redriven from here; why is what came instead. */
  tried: boolean;
  why?: unknown;
  /** Absent if the reader may not redrive. */
  selected?: boolean;
  onSelect: (id: string, on: boolean) => void;
  onRedrive: (ids: string[]) => void;
};

/** A failed push. One that has left the group since stays where it is, and says so. */
export const PushRow = memo(function PushRow(props: Props) {
  const { code, record, became, tried, why, selected, onSelect, onRedrive } = props;
  const t = useFailedText();
  const { id } = record;
  const left = became !== undefined && became !== 'failed';
  return (
    <TableRow
      hover
      selected={selected}
      data-push={id}
      sx={left ? { '& td': { color: 'text.secondary', bgcolor: 'action.hover' } } : undefined}
    >
      {selected !== undefined && (
        <TableCell padding="checkbox">
          <Checkbox
            size="small"
            checked={selected && !left}
            disabled={left}
            slotProps={{ input: { 'aria-label': t('select', { id }) } }}
            onChange={(_, on) => onSelect(id, on)}
          />
        </TableCell>
      )}
      <TableCell>
        <Time at={record.accepted_at} />
      </TableCell>
      <TableCell>
        <StatusChip status={became ?? record.status} />
      </TableCell>
      <TableCell>
        <Link
          to={logLink({ status: ['failed'], code, id })}
          data-row=""
          className="mono"
          sx={{ whiteSpace: 'nowrap', fontSize: '0.78rem', lineHeight: '24px', display: 'inline-block' }}
        >
          {id}
        </Link>
      </TableCell>
      <ShortCell text={record.msg_title} />
      <ShortCell text={record.D_servicename} />
      <ShortCell text={record.push_grp_id} />
      <TableCell align="right">{record.attempts}</TableCell>
      <TableCell sx={{ width: '100%', minWidth: 180 }}>
        {tried && why ? <NotRedriven why={why} /> : <Clamped text={record.result ?? ''} />}
      </TableCell>
      {selected !== undefined && (
        <TableCell sx={stickyRight}>
          <Button
            size="small"
            disabled={left}
            aria-label={t('redriveOne', { id })}
            onClick={() => onRedrive([id])}
            sx={{ whiteSpace: 'nowrap' }}
          >
            {t('redrive')}
          </Button>
        </TableCell>
      )}
    </TableRow>
  );
});

function Clamped({ text }: { text: string }) {
  return (
    <Typography
      variant="body2"
      title={text}
      lang="en"
      sx={{
        display: '-webkit-box',
        WebkitLineClamp: 2,
        WebkitBoxOrient: 'vertical',
        overflow: 'hidden',
        fontSize: '0.8125rem',
      }}
    >
      {text}
    </Typography>
  );
}

function NotRedriven({ why }: { why: unknown }) {
  const t = useFailedText();
  const refused = useRefusalText();
  const refusal = refusalOf(why);
  return (
    <Typography variant="body2" component="div" sx={{ color: 'error.main' }}>
      {t('notRedriven')}: {refusal ? refused(refusal) : <ErrorText error={why} />}
    </Typography>
  );
}
