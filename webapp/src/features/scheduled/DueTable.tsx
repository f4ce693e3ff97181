import Skeleton from '@mui/material/Skeleton';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import { memo, type ReactNode, useRef } from 'react';
import { useNow } from '../../live/useNow';
import { useFieldText } from '../../push/fields';
import { useRowKeys } from '../../ui/rows';
import { stickyCorner } from '../../ui/ShortCell';
import type { Action } from './actions';
import { DueRow } from './DueRow';
import type { Fates } from './fate';
import { Now } from './now';
import { useScheduledText } from './text';
import type { Due } from './useDue';

const before = ['due_at', 'left'] as const;
const after = ['status', 'id', 'msg_title', 'D_servicename', 'push_grp_id', 'attempts'] as const;

type Props = {
  /** Skeletons if absent. */
  items?: Due[];
  fates: Fates;
  /** Absent if the reader may not change anything. */
  onAction?: (action: Action, due: Due) => void;
};

/** What waits, the next ones first. Rows stay where they are, and say what became of them. */
export const DueTable = memo(function DueTable({ items, fates, onAction }: Props) {
  const t = useScheduledText();
  const field = useFieldText();
  const list = useRef<HTMLTableElement>(null);
  useRowKeys(list);
  return (
    <TableContainer sx={{ maxHeight: 'max(420px, calc(100vh - 240px))' }}>
      <Table
        size="small"
        stickyHeader
        ref={list}
        aria-label={t('list')}
        sx={{ '& td, & th': { px: 1, fontSize: '0.8125rem' } }}
      >
        <TableHead>
          <TableRow sx={{ '& th': { whiteSpace: 'nowrap', bgcolor: 'background.paper' } }}>
            <TableCell title="due_at">{field('due_at')}</TableCell>
            <TableCell align="right">{t('left')}</TableCell>
            {after.map((name) => (
              <TableCell key={name} title={name}>
                {field(name)}
              </TableCell>
            ))}
            {onAction && (
              <TableCell align="right" sx={stickyCorner}>
                {t('actions')}
              </TableCell>
            )}
          </TableRow>
        </TableHead>
        <Ticking>
          {items
            ? items.map((due) => (
                <DueRow key={due.push.id} due={due} fate={fates.get(due.push.id)} onAction={onAction} />
              ))
            : Array.from({ length: 8 }, (_, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
                <TableRow key={row}>
                  {[...before, ...after].map((name) => (
                    <TableCell key={name}>
                      <Skeleton sx={{ minWidth: 40 }} />
                    </TableCell>
                  ))}
                  {onAction && <TableCell />}
                </TableRow>
              ))}
        </Ticking>
      </Table>
    </TableContainer>
  );
});

/** Only what shows a countdown is drawn anew each second. */
function Ticking({ children }: { children: ReactNode }) {
  return (
    <Now value={useNow()}>
      <TableBody>{children}</TableBody>
    </Now>
  );
}
