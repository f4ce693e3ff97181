import ChevronIcon from '@mui/icons-material/ChevronRight';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import { memo, useRef } from 'react';
import { useNavigate } from 'react-router';
import type { Schemas } from '../../api/client';
import { Empty } from '../../ui/Empty';
import { useRowKeys } from '../../ui/rows';
import { GroupRow } from './GroupRow';
import { failedLink, useFailedState } from './state';
import { useFailedText } from './text';

type Props = {
  failures?: Schemas['Failures'];
  /** Shows all of the log; absent if it is shown. */
  onShowAll?: () => void;
};

/** Failed pushes by error code, the most frequent first; skeletons until they are known. */
export const GroupTable = memo(function GroupTable({ failures, onShowAll }: Props) {
  const t = useFailedText();
  const list = useRef<HTMLTableElement>(null);
  const go = useNavigate();
  const [state] = useFailedState();
  useRowKeys(list);
  if (failures && failures.items.length === 0 && failures.exact) {
    return (
      <Paper variant="outlined">
        {onShowAll ? (
          <Empty title={t('emptyPeriod')} action={<Button onClick={onShowAll}>{t('showAllTime')}</Button>} />
        ) : (
          <Empty title={t('empty')} hint={t('emptyHint')} />
        )}
      </Paper>
    );
  }
  const wide = { display: { xs: 'none', md: 'table-cell' } } as const;
  return (
    <Paper variant="outlined">
      {failures && !failures.exact && (
        <Alert severity="warning" square>
          {t('inexact')}
        </Alert>
      )}
      <TableContainer>
        <Table size="small" ref={list} aria-label={t('groups')}>
          <TableHead>
            <TableRow>
              <TableCell>{t('code')}</TableCell>
              <TableCell align="right" sx={{ width: { xs: 84, md: 160 } }}>
                {t('count')}
              </TableCell>
              <TableCell sx={{ ...wide, width: 170 }} title={t('firstHelp')}>
                {t('first')}
              </TableCell>
              <TableCell sx={{ ...wide, width: 170 }} title={t('lastHelp')}>
                {t('last')}
              </TableCell>
              <TableCell sx={{ ...wide, width: 40 }} aria-hidden />
            </TableRow>
          </TableHead>
          <TableBody>
            {failures
              ? failures.items.map((group) => (
                  <GroupRow
                    key={group.code}
                    group={group}
                    share={failures.total > 0 ? group.count / failures.total : 0}
                    onOpen={() => void go(failedLink(state, group.code))}
                  />
                ))
              : [1, 2, 3, 4].map((n) => (
                  <TableRow key={n}>
                    <TableCell>
                      <Skeleton width={160} />
                      <Skeleton width="70%" />
                      <Skeleton width="50%" />
                    </TableCell>
                    <TableCell>
                      <Skeleton />
                    </TableCell>
                    <TableCell sx={wide}>
                      <Skeleton />
                    </TableCell>
                    <TableCell sx={wide}>
                      <Skeleton />
                    </TableCell>
                    <TableCell sx={wide} aria-hidden>
                      <Box sx={{ color: 'text.disabled' }}>
                        <ChevronIcon fontSize="small" />
                      </Box>
                    </TableCell>
                  </TableRow>
                ))}
          </TableBody>
        </Table>
      </TableContainer>
    </Paper>
  );
});
