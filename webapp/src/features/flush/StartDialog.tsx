import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { ApiError } from '../../api/error';
import { useTime } from '../../time/useTime';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { useToast } from '../../ui/Toast';
import { Consequences } from './Consequences';
import { FilterWords } from './FilterWords';
import type { Plan } from './FlushCounts';
import { ended, type FlushFilter, isFiltered, orderOf } from './filter';
import { useFlushText } from './text';

const currentKey = api.queryOptions('get', '/api/v1/flushes/current').queryKey;

type Props = {
  open: boolean;
  /** As the reader has seen it when asking. */
  plan: Plan | null;
  filter: FlushFilter;
  onClose: () => void;
};

/** Asks before a flush. */
export function StartDialog({ open, plan, filter, onClose }: Props) {
  const t = useFlushText();
  const say = useToast();
  const queries = useQueryClient();
  const time = useTime();
  const count = plan?.removedSum ?? 0;
  const oldest = api.useQuery(
    'post',
    '/api/v1/pushes/search',
    { body: { status: ended, ...orderOf(filter), order: 'oldest', page: 1, size: 1 } },
    { enabled: open && count > 0, staleTime: 0, gcTime: 0 },
  );
  const first = oldest.data && 'items' in oldest.data ? oldest.data.items[0]?.accepted_at : undefined;
  const start = api.useMutation('post', '/api/v1/flushes', {
    onSuccess: (flush) => {
      queries.setQueryData(currentKey, { flush });
      onClose();
      say(t('started'));
    },
    onError: (error) => {
      if (!(error instanceof ApiError) || error.status !== 409) return;
      void queries.invalidateQueries({ queryKey: currentKey });
      close();
      say(t('already'), 'warning');
    },
  });
  const close = () => {
    start.reset();
    onClose();
  };
  return (
    <ConfirmDialog
      open={open}
      title={t('dialog', { count })}
      verb={t(plan?.exact === false ? 'verbMany' : 'verb', { count })}
      danger
      reason="required"
      word="flush"
      busy={start.isPending}
      error={start.error}
      onConfirm={(reason) => start.mutate({ body: { ...orderOf(filter), confirm: 'flush', reason } })}
      onClose={close}
    >
      <Box>
        <Typography variant="body2" sx={{ color: 'text.secondary', mb: 0.5 }}>
          {t(isFiltered(filter) ? 'only' : 'everything')}
        </Typography>
        {isFiltered(filter) && <FilterWords filter={orderOf(filter)} />}
        {first && <Typography variant="body2">{t('oldest', { at: time.format(first) })}</Typography>}
      </Box>
      <Consequences />
    </ConfirmDialog>
  );
}
