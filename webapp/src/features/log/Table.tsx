import {
  DataGrid,
  type GridColumnVisibilityModel,
  type GridDensity,
  type GridLocaleText,
  type GridRowParams,
  type GridSortModel,
} from '@mui/x-data-grid';
import { memo, useCallback, useMemo } from 'react';
import type { Schemas } from '../../api/client';
import { useLanguage } from '../../i18n/texts';
import { timeColumn, useColumns } from './columns';
import { useLogText } from './text';

type Row = Schemas['Record'];

type Props = {
  rows: Row[];
  order: 'newest' | 'oldest';
  /** Row that the keyboard is on, and the one that is open. */
  cursor: string | null;
  open: string | null;
  loading: boolean;
  density: GridDensity;
  hidden: GridColumnVisibilityModel;
  onOrder: (order: 'newest' | 'oldest') => void;
  onOpen: (id: string) => void;
};

const pageSize = { page: 0, pageSize: 100 };
/** What the grid says by itself of what is switched on. */
const korean: Partial<GridLocaleText> = { columnHeaderSortIconLabel: '정렬' };
const noOverlay = () => null;
const slots = { noRowsOverlay: noOverlay };
const slotProps = { loadingOverlay: { variant: 'skeleton', noRowsVariant: 'skeleton' } } as const;

/** The rows of a page. Nothing in it but the columns: what is around is not drawn anew with it. */
export const Table = memo(function Table({
  rows,
  order,
  cursor,
  open,
  loading,
  density,
  hidden,
  onOrder,
  onOpen,
}: Props) {
  const t = useLogText();
  const language = useLanguage();
  const columns = useColumns();
  const sort = useMemo<GridSortModel>(
    () => [{ field: timeColumn, sort: order === 'newest' ? 'desc' : 'asc' }],
    [order],
  );
  const sorted = useCallback(
    (model: GridSortModel) => onOrder(model[0]?.sort === 'asc' ? 'oldest' : 'newest'),
    [onOrder],
  );
  const clicked = useCallback((p: GridRowParams<Row>) => onOpen(p.row.id), [onOpen]);
  return (
    <DataGrid<Row>
      rows={rows}
      columns={columns}
      getRowId={(r) => r.id}
      label={t('table')}
      localeText={language === 'ko' ? korean : undefined}
      loading={loading}
      density={density}
      columnVisibilityModel={hidden}
      sortingMode="server"
      sortModel={sort}
      onSortModelChange={sorted}
      filterMode="server"
      paginationMode="server"
      rowCount={rows.length}
      paginationModel={pageSize}
      hideFooter
      disableColumnFilter
      disableColumnSelector
      disableColumnMenu
      disableRowSelectionOnClick
      rowSelection={false}
      onRowClick={clicked}
      onCellKeyDown={(p, e) => {
        if (e.key !== 'Enter') return;
        e.preventDefault();
        onOpen(String(p.id));
      }}
      getRowClassName={(p) => (p.id === open ? 'row-open' : p.id === cursor ? 'row-cursor' : '')}
      slots={slots}
      slotProps={slotProps}
      sx={{
        border: 0,
        borderRadius: 0,
        '--DataGrid-rowBorderColor': 'var(--mui-palette-divider)',
        '& .MuiDataGrid-row': { cursor: 'pointer' },
        '& .MuiDataGrid-columnHeaderTitle': { fontWeight: 700 },
        '& .row-cursor': { boxShadow: 'inset 3px 0 0 var(--mui-palette-primary-main)', bgcolor: 'action.hover' },
        '& .row-open': { boxShadow: 'inset 3px 0 0 var(--mui-palette-primary-main)', bgcolor: 'primary.light' },
        '& .row-open:hover': { bgcolor: 'primary.light' },
      }}
    />
  );
});
