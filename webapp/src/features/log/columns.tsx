import Box from '@mui/material/Box';
import type { GridColDef, GridRenderCellParams } from '@mui/x-data-grid';
import { useMemo } from 'react';
import type { Schemas } from '../../api/client';
import { type Column, columns as known, useFieldText } from '../../push/fields';
import { StatusChip, StatusMark } from '../../push/status';
import { useTime } from '../../time/useTime';
import { Time } from '../../ui/Time';
import { useLogText } from './text';

type Row = Schemas['Record'];
export const timeColumn = 'accepted_at';

/** Columns in the order that the users know; the time that the order is by stands before them. */
export const shownColumns = [timeColumn, ...known, 'error_code', 'attempts', 'id'] as const;
export type ShownColumn = (typeof shownColumns)[number];

/** Hidden until they are chosen. */
export const hiddenAtFirst: readonly ShownColumn[] = ['error_code', 'attempts', 'id'];

const widths: { [c in ShownColumn]: number } = {
  accepted_at: 184,
  sndn_rsev_hour: 162,
  csno: 96,
  uuid_id: 92,
  device_id: 114,
  msg_title: 124,
  msg_contents: 170,
  D_servicename: 104,
  push_grp_id: 86,
  cust_telno: 122,
  fcm_send_yn: 124,
  fcm_send_time: 168,
  result: 260,
  error_code: 170,
  attempts: 76,
  id: 300,
};

const mono: readonly ShownColumn[] = ['csno', 'uuid_id', 'device_id', 'cust_telno', 'result', 'error_code', 'id'];
const texts: readonly ShownColumn[] = ['msg_title', 'msg_contents'];

/** The columns of the table, named in the reader's language, with the field's name as tooltip. */
export function useColumns(): GridColDef<Row>[] {
  const field = useFieldText();
  const t = useLogText();
  const time = useTime();
  return useMemo(
    () =>
      shownColumns.map((name): GridColDef<Row> => {
        const isTime = name === timeColumn;
        return {
          field: name,
          headerName: field(name),
          description: isTime ? `${name} · ${t('sortHint')}` : name,
          width: widths[name],
          sortable: isTime,
          sortingOrder: ['desc', 'asc'],
          align: name === 'attempts' ? 'right' : 'left',
          headerAlign: name === 'attempts' ? 'right' : 'left',
          disableColumnMenu: true,
          renderCell: (p) => cellOf(name, p, time.reserved, t('immediate')),
        };
      }),
    [field, t, time],
  );
}

function cellOf(
  name: ShownColumn,
  { row }: GridRenderCellParams<Row>,
  reserved: (text: string) => string,
  immediate: string,
) {
  switch (name) {
    case 'accepted_at':
      return (
        <Box component="span" sx={{ display: 'inline-flex', gap: 1, alignItems: 'center' }}>
          <StatusMark status={row.status} />
          <Time at={row.accepted_at} />
        </Box>
      );
    case 'sndn_rsev_hour':
      return row.sndn_rsev_hour ? reserved(row.sndn_rsev_hour) : <Quiet>{immediate}</Quiet>;
    case 'fcm_send_time':
      return row.fcm_send_time ? <Time at={row.fcm_send_time} /> : <Quiet>–</Quiet>;
    case 'fcm_send_yn':
      return (
        <Box component="span" sx={{ display: 'inline-flex', gap: 1, alignItems: 'center' }}>
          <Box component="span" className="mono" sx={{ width: '0.8em', fontWeight: 600 }}>
            {row.fcm_send_yn ?? ''}
          </Box>
          <StatusChip status={row.status} />
        </Box>
      );
    default: {
      const value = row[name as Exclude<Column, 'fcm_send_yn'> | 'error_code' | 'attempts' | 'id'];
      if (value === undefined || value === '') return <Quiet>–</Quiet>;
      return (
        <Box
          component="span"
          className={mono.includes(name) ? 'mono' : undefined}
          dir={texts.includes(name) ? 'auto' : undefined}
          title={String(value)}
          sx={{ overflow: 'hidden', textOverflow: 'ellipsis' }}
        >
          {value}
        </Box>
      );
    }
  }
}

function Quiet({ children }: { children: string }) {
  return (
    <Box component="span" sx={{ color: 'text.secondary' }}>
      {children}
    </Box>
  );
}
