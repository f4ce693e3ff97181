import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import { useTheme } from '@mui/material/styles';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import useMediaQuery from '@mui/material/useMediaQuery';
import { memo } from 'react';
import type { Schemas } from '../../../api/client';
import { useDensity } from '../../../ui/density';
import { useSettingsText } from '../text';
import { AuditCard } from './AuditCard';
import { AuditRow } from './AuditRow';
import type { AuditFilter } from './filter';
import { useAuditText } from './text';

type Props = { entries: Schemas['AuditEntry'][]; onFilter: (change: Partial<AuditFilter>) => void };

const heads = ['at', 'actor', 'address', 'action', 'outcome', 'subject', 'customer', 'reason'] as const;

/** Entries of the audit log: a table that scrolls in its own box, or cards where that is too narrow. */
export const AuditTable = memo(function AuditTable({ entries, onFilter }: Props) {
  const t = useAuditText();
  const settings = useSettingsText();
  const density = useDensity();
  const narrow = useMediaQuery(useTheme().breakpoints.down('sm'));
  if (narrow) {
    return (
      <Box
        component="ul"
        aria-label={t('title')}
        sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 1, gridTemplateColumns: 'minmax(0, 1fr)' }}
      >
        {entries.map((entry) => (
          <AuditCard key={entry.id} entry={entry} onFilter={onFilter} />
        ))}
      </Box>
    );
  }
  return (
    <TableContainer
      component={Paper}
      variant="outlined"
      role="region"
      aria-label={settings('scroll', { what: t('title') })}
      tabIndex={0}
    >
      <Table
        size={density === 'compact' ? 'small' : 'medium'}
        aria-label={t('title')}
        sx={{ minWidth: 980, '& .MuiTableCell-root:not(.MuiTableCell-paddingNone)': { px: 1.25 } }}
      >
        <TableHead>
          <TableRow>
            <TableCell padding="none" />
            {heads.map((name) => (
              <TableCell key={name} sx={{ color: 'text.secondary', fontWeight: 600, whiteSpace: 'nowrap' }}>
                {t(name)}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {entries.map((entry) => (
            <AuditRow key={entry.id} entry={entry} onFilter={onFilter} />
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
});
