import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { type ReactNode, useRef } from 'react';
import { newKey } from '../api/key';
import { hopeless } from '../push/codes';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { ErrorNotice } from '../ui/ErrorNotice';
import { useToast } from '../ui/Toast';
import { Age } from './Age';
import { FilterText } from './FilterText';
import type { JobFilter, JobKind } from './job';
import { useJobCount, useOrderJob } from './queries';
import { useJobText } from './text';

type Props = {
  kind: JobKind;
  filter: JobFilter;
  /** What the filter's search asks for, if a kept one is part of it. */
  words?: JobFilter;
  /** What the page knows of these pushes, above what will happen. */
  children?: ReactNode;
  onClose: () => void;
  onOrdered?: (id: string) => void;
};

/**
 * Redrives or cancels all pushes that a filter selects, as a job: counts them first, says how old
 * they are and what will happen, and asks for the reason. What was counted is what is ordered:
 * pushes that are accepted after the count are not taken. Show it to open it.
 */
export function BulkDialog({ kind, filter, words, children, onClose, onOrdered }: Props) {
  const t = useJobText();
  const say = useToast();
  const keys = useRef<{ [filter: string]: string }>({}); // ordered twice after a lost answer, it is one job
  const text = JSON.stringify(filter);
  keys.current[text] ??= newKey();
  const counted = useJobCount(kind, filter);
  const order = useOrderJob();
  const count = counted.data?.count ?? 0;
  const exact = counted.data?.exact ?? true;
  const known = counted.data !== undefined;
  return (
    <ConfirmDialog
      open
      title={t(`${kind}.title`)}
      verb={known && count > 0 ? t(exact ? `${kind}.do` : `${kind}.doLeast`, { count }) : t(`${kind}.verb`)}
      danger={kind === 'cancel'}
      reason="required"
      disabled={!known || (count === 0 && exact)}
      busy={order.isPending}
      error={order.error}
      onClose={onClose}
      onConfirm={(reason) =>
        order.mutate(
          {
            params: { header: { 'Idempotency-Key': keys.current[text] } },
            body: { kind, ...filter, until: counted.data?.until, reason },
          },
          {
            onSuccess: (job) => {
              say(t('ordered'));
              if ('id' in job) onOrdered?.(job.id);
              onClose();
            },
          },
        )
      }
    >
      <Box sx={{ p: 1.5, border: 1, borderColor: 'divider', borderRadius: 1 }}>
        <FilterText filter={{ ...filter, ...words, until: counted.data?.until ?? filter.until }} />
        {!filter.since && <Typography variant="body2">{t('allTime')}</Typography>}
        <Typography component="div" aria-live="polite" sx={{ mt: 0.75, fontSize: '1.25rem', fontWeight: 700 }}>
          {counted.isPending && <Skeleton width="60%" aria-label={t('counting')} />}
          {known && (count > 0 || !exact) && t(exact ? 'count' : 'countLeast', { count })}
        </Typography>
        {known && !exact && <Typography variant="body2">{t('least')}</Typography>}
        {known && count === 0 && exact && <Typography>{t('none')}</Typography>}
      </Box>
      {counted.error && <ErrorNotice error={counted.error} retry={() => void counted.refetch()} />}
      <Age
        oldest={counted.data?.oldest}
        pastTTL={counted.data?.past_ttl}
        least={counted.data?.past_ttl_exact === false}
      />
      {kind === 'redrive' && filter.error_code && hopeless.includes(filter.error_code) && (
        <Alert severity="warning">{t('hopeless')}</Alert>
      )}
      {children}
      <Box component="ul" sx={{ m: 0, pl: 2.5, color: 'text.secondary', '& li + li': { mt: 0.5 } }}>
        <li>{t(`${kind}.effect`)}</li>
        <li>{t(`${kind}.how`)}</li>
        <li>{t('bound')}</li>
      </Box>
    </ConfirmDialog>
  );
}
