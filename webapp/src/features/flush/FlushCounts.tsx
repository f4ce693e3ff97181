import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { memo, type ReactNode } from 'react';
import { formatNumber } from '../../i18n/texts';
import { type Status, StatusChip } from '../../push/status';
import { Link } from '../../ui/Link';
import { useFlushText } from './text';

export type Plan = {
  removed: { status: Status; count: number }[];
  removedSum: number;
  stays: { status: Status; count: number }[];
  staysSum: number;
  /** What the filter does not select, ended or not. */
  other: number | null;
  exact: boolean;
};

type Props = {
  /** undefined while it is counted. */
  plan: Plan | undefined;
  /** The log with what is removed, or stays, in a state. */
  linkOf: (status: Status) => string;
};

/** What will be removed, beside what stays. */
export const FlushCounts = memo(function FlushCounts({ plan, linkOf }: Props) {
  const t = useFlushText();
  return (
    <>
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { xs: '1fr', md: '1fr 1fr' } }}>
        <Side
          title={t('removed')}
          hint={t('removedHint')}
          sum={plan && (plan.exact ? formatNumber(plan.removedSum) : t('atLeast', { total: plan.removedSum }))}
          colour="error.main"
        >
          {plan?.removed.map((one) => <Line key={one.status} {...one} to={linkOf(one.status)} />) ?? <Lines n={4} />}
        </Side>
        <Side
          title={t('stays')}
          hint={
            plan && plan.other !== null ? t('staysHintOf', { open: plan.staysSum, other: plan.other }) : t('staysHint')
          }
          sum={plan && formatNumber(plan.staysSum + (plan.other ?? 0))}
          colour="text.primary"
        >
          {plan?.stays.map((one) => <Line key={one.status} {...one} to={linkOf(one.status)} />) ?? <Lines n={3} />}
          {plan && (
            <Typography component="li" variant="body2" sx={{ color: 'text.secondary', py: 0.75 }}>
              {plan.other === null ? (
                t('fromNow')
              ) : (
                <Box component="span" sx={{ display: 'flex', justifyContent: 'space-between' }}>
                  <span>{t('other')}</span>
                  <span>{formatNumber(plan.other)}</span>
                </Box>
              )}
            </Typography>
          )}
        </Side>
      </Box>
      {plan && !plan.exact && (
        <Alert severity="warning" sx={{ mt: 2 }}>
          {t('notExact')}
        </Alert>
      )}
    </>
  );
});

type SideProps = { title: string; hint: string; sum: string | undefined; colour: string; children: ReactNode };

function Side({ title, hint, sum, colour, children }: SideProps) {
  return (
    <Paper variant="outlined" component="section" aria-label={title} sx={{ p: 2 }}>
      <Box sx={{ display: 'flex', justifyContent: 'space-between', alignItems: 'baseline', gap: 2 }}>
        <Typography variant="h2">{title}</Typography>
        <Typography component="p" sx={{ fontSize: '1.5rem', fontWeight: 700, color: colour, whiteSpace: 'nowrap' }}>
          {sum ?? <Skeleton width={72} />}
        </Typography>
      </Box>
      <Typography variant="body2" sx={{ color: 'text.secondary', mb: 1 }}>
        {hint}
      </Typography>
      <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none' }}>
        {children}
      </Box>
    </Paper>
  );
}

function Line({ status, count, to }: { status: Status; count: number; to: string }) {
  return (
    <Box
      component="li"
      sx={{ display: 'flex', justifyContent: 'space-between', py: 0.5, borderBottom: 1, borderColor: 'divider' }}
    >
      <StatusChip status={status} />
      {count > 0 ? (
        <Link to={to} underline="hover" sx={{ fontWeight: 600, minHeight: 24 }}>
          {formatNumber(count)}
        </Link>
      ) : (
        <Box component="span" sx={{ color: 'text.secondary' }}>
          0
        </Box>
      )}
    </Box>
  );
}

function Lines({ n }: { n: number }) {
  return Array.from({ length: n }, (_, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
    <Box component="li" key={i} sx={{ py: 0.5 }}>
      <Skeleton height={24} />
    </Box>
  ));
}
