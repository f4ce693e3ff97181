import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import { useTheme } from '@mui/material/styles';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TablePagination from '@mui/material/TablePagination';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import useMediaQuery from '@mui/material/useMediaQuery';
import { type ReactNode, useState } from 'react';
import { useDensity } from '../../ui/density';
import { useSettingsText } from './text';

/** How many rows are on a page. */
const pageSize = 50;

export type Column<R> = {
  name: string;
  label: string;
  cell: (row: R) => ReactNode;
};

type RowsProps<R> = {
  /** What the rows are, for who can't see. */
  label: string;
  /** The first one is what a row is called by. */
  columns: Column<R>[];
  rows: R[];
  idOf: (row: R) => string;
  actions?: (row: R) => ReactNode;
  /** Whether a row does not count any more. */
  dim?: (row: R) => boolean;
};

/** Rows as a table that scrolls in its own box, and as cards where that is too narrow. */
export function Rows<R>(props: RowsProps<R>) {
  const { label, columns, rows, idOf, actions, dim } = props;
  const t = useSettingsText();
  const narrow = useMediaQuery(useTheme().breakpoints.down('sm'));
  const density = useDensity();
  const [asked, setPage] = useState(0);
  const page = Math.min(asked, Math.max(0, Math.ceil(rows.length / pageSize) - 1));
  const shown = rows.slice(page * pageSize, (page + 1) * pageSize);
  return (
    <>
      {narrow ? (
        <Cards {...props} rows={shown} />
      ) : (
        <TableContainer
          component={Paper}
          variant="outlined"
          role="region"
          aria-label={t('scroll', { what: label })}
          tabIndex={0}
        >
          <Table
            size={density === 'compact' ? 'small' : 'medium'}
            aria-label={label}
            sx={{ overflowWrap: 'break-word' }} // a column is at least as wide as its longest word
          >
            <TableHead>
              <TableRow>
                {columns.map((c) => (
                  <TableCell key={c.name} sx={{ color: 'text.secondary', fontWeight: 600, whiteSpace: 'nowrap' }}>
                    {c.label}
                  </TableCell>
                ))}
                {actions && <TableCell />}
              </TableRow>
            </TableHead>
            <TableBody>
              {shown.map((row) => (
                <TableRow key={idOf(row)} hover sx={{ '&:last-child td, &:last-child th': { border: 0 } }}>
                  {columns.map((c, i) => (
                    <TableCell
                      key={c.name}
                      {...(i === 0 && { component: 'th', scope: 'row' })}
                      sx={{ color: dim?.(row) ? 'text.secondary' : undefined }}
                    >
                      {c.cell(row)}
                    </TableCell>
                  ))}
                  {actions && (
                    <TableCell align="right" sx={{ py: 0.25, whiteSpace: 'nowrap' }}>
                      {actions(row)}
                    </TableCell>
                  )}
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </TableContainer>
      )}
      {rows.length > pageSize && (
        <Box sx={{ display: 'flex', justifyContent: 'flex-end' }}>
          <TablePagination
            component="div"
            count={rows.length}
            page={page}
            rowsPerPage={pageSize}
            rowsPerPageOptions={[]}
            onPageChange={(_, p) => setPage(p)}
          />
        </Box>
      )}
    </>
  );
}

/** Rows as cards, for narrow screens. */
function Cards<R>({ label, columns, rows, idOf, actions, dim }: RowsProps<R>) {
  const [first, ...rest] = columns;
  return (
    <Box component="ul" aria-label={label} sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 1 }}>
      {rows.map((row) => (
        <Paper key={idOf(row)} component="li" variant="outlined" sx={{ p: 1.5 }}>
          <Box sx={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 1, mb: 0.5 }}>
            <Box sx={{ fontWeight: 700, color: dim?.(row) ? 'text.secondary' : undefined }}>{first?.cell(row)}</Box>
            {actions?.(row)}
          </Box>
          <Box
            component="dl"
            sx={{ m: 0, display: 'grid', gridTemplateColumns: 'minmax(88px, auto) 1fr', columnGap: 2, rowGap: 0.5 }}
          >
            {rest.map((c) => (
              <Box key={c.name} sx={{ display: 'contents' }}>
                <Typography component="dt" variant="body2" sx={{ color: 'text.secondary' }}>
                  {c.label}
                </Typography>
                <Typography component="dd" variant="body2" sx={{ m: 0, minWidth: 0 }}>
                  {c.cell(row)}
                </Typography>
              </Box>
            ))}
          </Box>
        </Paper>
      ))}
    </Box>
  );
}
