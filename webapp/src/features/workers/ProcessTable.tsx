import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import { formatNumber } from '../../i18n/texts';
import { WorkerChip } from '../../push/workers';
import { Age } from './Age';
import { inHand, shownState, type Worker } from './model';
import { rate } from './ProcessFacts';
import { useWorkersText } from './text';

/** The processes that share a name. */
export function ProcessTable({ name, workers, readAt }: { name: string; workers: Worker[]; readAt: number }) {
  const t = useWorkersText();
  return (
    <TableContainer tabIndex={0} role="region" aria-label={name}>
      <Table size="small" sx={{ '& td, & th': { whiteSpace: 'nowrap' } }}>
        <TableHead>
          <TableRow>
            <TableCell>{t('process')}</TableCell>
            <TableCell>{t('host')}</TableCell>
            <TableCell>{t('state')}</TableCell>
            <TableCell align="right">{t('inHand')}</TableCell>
            <TableCell align="right">{t('rate')}</TableCell>
            <TableCell align="right">{t('sent')}</TableCell>
            <TableCell>{t('beat')}</TableCell>
            <TableCell>{t('version')}</TableCell>
            <TableCell>{t('lastError')}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {workers.map((w) => (
            <TableRow key={w.consumer}>
              <TableCell component="th" scope="row" className="mono">
                {w.consumer}
              </TableCell>
              <TableCell>{w.host}</TableCell>
              <TableCell>
                <WorkerChip {...shownState(w)} />
              </TableCell>
              <TableCell align="right">{formatNumber(inHand(w))}</TableCell>
              <TableCell align="right">{rate(w.rate)}</TableCell>
              <TableCell align="right">{formatNumber(w.sent)}</TableCell>
              <TableCell>
                <Age worker={w} readAt={readAt} />
              </TableCell>
              <TableCell>{w.version}</TableCell>
              <TableCell lang={w.last_error ? 'en' : undefined} sx={{ '&&': { whiteSpace: 'normal' }, minWidth: 160 }}>
                {w.last_error || t('noError')}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
