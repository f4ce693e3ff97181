import Box from '@mui/material/Box';
import type { ReactNode } from 'react';
import { formatNumber } from '../../i18n/texts';
import { Link } from '../../ui/Link';

type Row = { key: string; name: ReactNode; n: number; to: string };

/** Counts below each other, each with the way to what it counts. */
export function CountRows({ rows }: { rows: Row[] }) {
  return (
    <Box component="ul" sx={{ display: 'grid', p: 0, m: 0, listStyle: 'none' }}>
      {rows.map(({ key, name, n, to }) => (
        <Box component="li" key={key} sx={{ '& + &': { borderTop: 1, borderColor: 'divider' } }}>
          <Link
            to={to}
            underline="none"
            sx={{
              display: 'flex',
              alignItems: 'center',
              justifyContent: 'space-between',
              minHeight: 34,
              px: 0.5,
              color: 'inherit',
              fontSize: '0.875rem',
              '&:hover': { bgcolor: 'action.hover' },
            }}
          >
            {name}
            <Box component="span" sx={n === 0 ? { color: 'text.secondary' } : { fontWeight: 700 }}>
              {formatNumber(n)}
            </Box>
          </Link>
        </Box>
      ))}
    </Box>
  );
}
