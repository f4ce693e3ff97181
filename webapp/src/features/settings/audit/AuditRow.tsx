import ExpandIcon from '@mui/icons-material/ExpandMore';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import { memo, type ReactNode, useId, useState } from 'react';
import type { Schemas } from '../../../api/client';
import { Time } from '../../../ui/Time';
import { AuditDetails } from './AuditDetails';
import type { AuditFilter } from './filter';
import { OutcomeChip } from './OutcomeChip';
import { useActionText, useAuditText, useKindText } from './text';

type Props = { entry: Schemas['AuditEntry']; onFilter: (change: Partial<AuditFilter>) => void };

/** How many columns there are. */
export const columns = 9;

/** An entry, which opens to all of it. */
export const AuditRow = memo(function AuditRow({ entry: e, onFilter }: Props) {
  const t = useAuditText();
  const action = useActionText();
  const kind = useKindText();
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <>
      <TableRow
        hover
        onClick={() => window.getSelection()?.isCollapsed !== false && setOpen(!open)}
        sx={{ cursor: 'pointer', '& > *': open ? { borderBottom: 0 } : undefined }}
      >
        <TableCell padding="none" sx={{ pl: 0.5 }}>
          <IconButton
            size="small"
            aria-expanded={open}
            aria-controls={open ? id : undefined}
            aria-label={t('open', { what: action(e.action) })}
            onClick={(event) => {
              event.stopPropagation();
              setOpen(!open);
            }}
          >
            <ExpandIcon fontSize="small" sx={{ transform: open ? 'rotate(180deg)' : undefined }} />
          </IconButton>
        </TableCell>
        <TableCell>
          <Time at={e.at} />
        </TableCell>
        <TableCell sx={{ whiteSpace: 'nowrap' }}>
          <Box component="span" sx={{ fontWeight: 600 }}>
            {e.actor || t('nobody')}
          </Box>
          {e.kind !== 'user' && (
            <Typography component="span" variant="caption" sx={{ display: 'block', color: 'text.secondary' }}>
              {kind(e.kind)}
            </Typography>
          )}
        </TableCell>
        <TableCell className="mono" sx={{ whiteSpace: 'nowrap' }}>
          {e.address}
        </TableCell>
        <TableCell sx={{ whiteSpace: 'nowrap' }}>{action(e.action)}</TableCell>
        <TableCell>
          <OutcomeChip outcome={e.outcome} />
        </TableCell>
        <TableCell>
          <Clipped width={170}>
            <span className="mono">{e.subject}</span>
          </Clipped>
        </TableCell>
        <TableCell sx={{ whiteSpace: 'nowrap' }}>{e.customer}</TableCell>
        <TableCell>
          <Clipped width={150}>{e.reason}</Clipped>
        </TableCell>
      </TableRow>
      {open && (
        <TableRow id={id}>
          <TableCell colSpan={columns} sx={{ bgcolor: 'background.default', pl: { sm: 6 } }}>
            <AuditDetails entry={e} onFilter={onFilter} />
          </TableCell>
        </TableRow>
      )}
    </>
  );
});

function Clipped({ width, children }: { width: number; children: ReactNode }) {
  return (
    <Box sx={{ maxWidth: width, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>{children}</Box>
  );
}
