import ChevronIcon from '@mui/icons-material/ChevronRight';
import Box from '@mui/material/Box';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import { memo } from 'react';
import type { Schemas } from '../../api/client';
import { formatNumber } from '../../i18n/texts';
import { hopeless, useCodeText } from '../../push/codes';
import { Link } from '../../ui/Link';
import { Time } from '../../ui/Time';
import { logLink } from '../../url/log';
import { chosenPeriod, failedLink, useFailedState } from './state';
import { useFailedText } from './text';

type Props = {
  group: Schemas['CodeCount'];
  /** Of all failed pushes, 0 to 1. */
  share: number;
  onOpen: () => void;
};

/** An error code: what it means, what helps, how many, since when. */
export const GroupRow = memo(function GroupRow({ group: { code, count, first, last }, share, onOpen }: Props) {
  const t = useFailedText();
  const meaning = useCodeText();
  const [state] = useFailedState();
  const wide = { display: { xs: 'none', md: 'table-cell' } } as const;
  return (
    <TableRow
      hover
      onClick={(e) => {
        if (!(e.target as Element).closest('a')) onOpen();
      }}
      sx={{ cursor: 'pointer', '& td': { py: 1.25, verticalAlign: 'top' }, '&:last-child td': { borderBottom: 0 } }}
    >
      <TableCell>
        <Box sx={{ display: 'flex', alignItems: 'baseline', columnGap: 1.5, flexWrap: 'wrap' }}>
          <Link to={failedLink(state, code)} data-row="" underline="hover" className="mono" sx={{ fontWeight: 700 }}>
            {code}
          </Link>
          {hopeless.includes(code) && (
            <Typography component="span" variant="caption" sx={{ color: 'warning.main', fontWeight: 600 }}>
              {t('hopeless')}
            </Typography>
          )}
        </Box>
        <Typography variant="body2">{meaning(code)}</Typography>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {meaning(`${code}.do`)}
        </Typography>
        <Typography variant="caption" component="div" sx={{ display: { md: 'none' }, color: 'text.secondary' }}>
          <Time at={first} detail="minute" /> – <Time at={last} detail="minute" />
        </Typography>
      </TableCell>
      <TableCell align="right">
        <Link to={logLink({ status: ['failed'], code, ...chosenPeriod(state) })} sx={{ fontWeight: 700 }}>
          {formatNumber(count)}
        </Link>
        <Box aria-hidden sx={{ mt: 0.75, height: 4, borderRadius: 2, bgcolor: 'action.hover' }}>
          <Box
            sx={{ height: 4, borderRadius: 2, bgcolor: 'status.failed', ml: 'auto' }}
            style={{ width: `${Math.max(2, share * 100)}%` }}
          />
        </Box>
      </TableCell>
      <TableCell sx={wide}>
        <Time at={first} />
      </TableCell>
      <TableCell sx={wide}>
        <Time at={last} />
      </TableCell>
      <TableCell sx={wide} aria-hidden>
        <ChevronIcon fontSize="small" sx={{ color: 'text.secondary', display: 'block' }} />
      </TableCell>
    </TableRow>
  );
});
