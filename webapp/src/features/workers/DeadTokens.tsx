import Button from '@mui/material/Button';
import Pagination from '@mui/material/Pagination';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { keepPreviousData, useQueryClient } from '@tanstack/react-query';
import { useQueryState } from 'nuqs';
import { useState } from 'react';
import { api } from '../../api/client';
import { useMay } from '../../api/session';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Empty } from '../../ui/Empty';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { ThinBar } from '../../ui/ThinBar';
import { useToast } from '../../ui/Toast';
import { parseAsCount } from '../../url/params';
import { DeadTokenTable } from './DeadTokenTable';
import { useWorkersText } from './text';

/** Tokens that FCM called dead, and the button that has one tried again. */
export function DeadTokens() {
  const t = useWorkersText();
  const may = useMay('control');
  const say = useToast();
  const queries = useQueryClient();
  const [page, setPage] = useQueryState('page', parseAsCount(1, 1_000_000).withDefault(1));
  const [hash, setHash] = useState<string | null>(null);
  const tokens = api.useQuery(
    'get',
    '/api/v1/dead-tokens',
    { params: { query: { page } } },
    { placeholderData: keepPreviousData },
  );
  const forget = api.useMutation('delete', '/api/v1/dead-tokens/{hash}', {
    onSuccess: () => {
      setHash(null);
      say(t('forgotten'));
      return queries.invalidateQueries({ queryKey: ['get', '/api/v1/dead-tokens'] });
    },
  });
  const { data, error, isFetching, refetch } = tokens;
  return (
    <>
      <Typography variant="body2" sx={{ color: 'text.secondary', mb: 1 }}>
        {t('tokensHint')}
      </Typography>
      <ThinBar busy={isFetching} />
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton variant="rounded" height={240} />}
      {data && (
        <Paper variant="outlined" sx={{ overflow: 'hidden' }}>
          {data.items.length > 0 ? (
            <DeadTokenTable
              tokens={data.items}
              onForget={
                may
                  ? (h) => {
                      forget.reset();
                      setHash(h);
                    }
                  : undefined
              }
            />
          ) : data.total > 0 ? (
            <Empty title={t('tokensPast')} action={<Button onClick={() => void setPage(1)}>{t('firstPage')}</Button>} />
          ) : (
            <Empty title={t('tokensEmpty')} hint={t('tokensEmptyHint')} />
          )}
        </Paper>
      )}
      {data && data.pages > 1 && (
        <Pagination
          aria-label={t('tokenPages')}
          count={data.pages}
          page={page}
          onChange={(_, p) => void setPage(p)}
          sx={{ mt: 2, display: 'flex', justifyContent: 'center' }}
        />
      )}
      <ConfirmDialog
        open={hash !== null}
        title={t('forgetTitle')}
        verb={t('forgetVerb')}
        busy={forget.isPending}
        error={forget.error}
        onConfirm={() => hash !== null && forget.mutate({ params: { path: { hash } } })}
        onClose={() => setHash(null)}
      >
        <code>{hash}</code>
        <Typography>{t('forgetBody')}</Typography>
      </ConfirmDialog>
    </>
  );
}
