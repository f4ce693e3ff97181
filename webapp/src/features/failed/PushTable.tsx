import Checkbox from '@mui/material/Checkbox';
import Skeleton from '@mui/material/Skeleton';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import { memo, useCallback, useRef } from 'react';
import type { Schemas } from '../../api/client';
import type { Code } from '../../push/codes';
import { useFieldText } from '../../push/fields';
import type { Became } from '../../push/useBecame';
import { useRowKeys } from '../../ui/rows';
import { stickyCorner } from '../../ui/ShortCell';
import { PushRow } from './PushRow';
import { hasLeft } from './state';
import { useFailedText } from './text';
import type { Results } from './useRedrive';

const columns = [
  'accepted_at',
  'status',
  'id',
  'msg_title',
  'D_servicename',
  'push_grp_id',
  'attempts',
  'result',
] as const;

type Props = {
  code: Code;
  /** Skeletons if absent. */
  items?: Schemas['Record'][];
  became: Became;
  results: Results;
  /** Absent if the reader may not redrive. */
  selected?: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  onRedrive: (ids: string[]) => void;
};

/** Failed pushes, each with what became of it since. */
export const PushTable = memo(function PushTable(props: Props) {
  const { code, items, became, results, selected, onSelect, onRedrive } = props;
  const t = useFailedText();
  const field = useFieldText();
  const list = useRef<HTMLTableElement>(null);
  useRowKeys(list);
  const open = (items ?? []).filter((r) => !hasLeft(became, r.id));
  const chosen = open.filter((r) => selected?.has(r.id)).length;
  const now = useRef(selected);
  now.current = selected;
  const toggle = useCallback(
    (id: string, on: boolean) => {
      const next = new Set(now.current);
      if (on) next.add(id);
      else next.delete(id);
      onSelect(next);
    },
    [onSelect],
  );
  return (
    <TableContainer sx={{ maxHeight: 'max(420px, calc(100vh - 330px))' }}>
      <Table
        size="small"
        stickyHeader
        ref={list}
        aria-label={t('pushes', { code })}
        sx={{ '& td, & th': { px: 1, fontSize: '0.8125rem' } }}
      >
        <TableHead>
          <TableRow sx={{ '& th': { whiteSpace: 'nowrap', bgcolor: 'background.paper' } }}>
            {selected && (
              <TableCell padding="checkbox">
                <Checkbox
                  size="small"
                  slotProps={{ input: { 'aria-label': t('selectAll') } }}
                  disabled={open.length === 0}
                  checked={chosen > 0 && chosen === open.length}
                  indeterminate={chosen > 0 && chosen < open.length}
                  onChange={(_, on) => onSelect(new Set(on ? open.map((r) => r.id) : []))}
                />
              </TableCell>
            )}
            {columns.map((name) => (
              <TableCell key={name} title={name} align={name === 'attempts' ? 'right' : 'left'}>
                {field(name)}
              </TableCell>
            ))}
            {selected && <TableCell sx={stickyCorner}>{t('actions')}</TableCell>}
          </TableRow>
        </TableHead>
        <TableBody>
          {items
            ? items.map((record) => (
                <PushRow
                  key={record.id}
                  code={code}
                  record={record}
                  became={became.get(record.id)}
                  tried={results.has(record.id)}
                  why={results.get(record.id)}
                  selected={selected?.has(record.id)}
                  onSelect={toggle}
                  onRedrive={onRedrive}
                />
              ))
            : Array.from({ length: 8 }, (_, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
                <TableRow key={row}>
                  {selected && <TableCell padding="checkbox" />}
                  {columns.map((name) => (
                    <TableCell key={name}>
                      <Skeleton sx={{ minWidth: 40 }} />
                    </TableCell>
                  ))}
                  {selected && <TableCell />}
                </TableRow>
              ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
});
