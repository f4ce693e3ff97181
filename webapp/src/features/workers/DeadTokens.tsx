import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Pagination from '@mui/material/Pagination';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { keepPreviousData, useQueryClient } from '@tanstack/react-query';
import { useQueryState } from 'nuqs';
import { Suspense, useState } from 'react';
import { api } from '../../api/client';
import { lazily } from '../../api/load';
import { useMay } from '../../api/session';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Empty } from '../../ui/Empty';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { ThinBar } from '../../ui/ThinBar';
import { useToast } from '../../ui/Toast';
import { parseAsCount } from '../../url/params';
import { DeadTokenTable } from './DeadTokenTable';
import { TokenLookup } from './TokenLookup';
import { useWorkersText } from './text';

const ForgetDialog = lazily(() => import('./ForgetDialog'));

/** Tokens that FCM called dead: all of them, a look-up of one, and buttons that have them tried again. */
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
  const find = api.useMutation('post', '/api/v1/dead-tokens/find');
  const [many, setMany] = useState(false);
  const changed = () => {
    if (find.data) find.mutate(find.variables); // it may be another answer now
    return queries.invalidateQueries({ queryKey: ['get', '/api/v1/dead-tokens'] });
  };
  const ask = may
    ? (h: string) => {
        forget.reset();
        setHash(h);
      }
    : undefined;
  const forget = api.useMutation('delete', '/api/v1/dead-tokens/{hash}', {
    onSuccess: () => {
      setHash(null);
      say(t('forgotten'));
      return changed();
    },
  });
  const { data, error, isFetching, refetch } = tokens;
  return (
    <>
      <Typography variant="body2" sx={{ color: 'text.secondary', mb: 1 }}>
        {t('tokensHint')}
      </Typography>
      <TokenLookup
        found={find.data}
        busy={find.isPending}
        error={find.error}
        onFind={(device_id) => find.mutate({ body: { device_id } })}
        onEdit={find.reset}
        onForget={ask}
      />
      {may && data && data.total > 0 && (
        <Box sx={{ display: 'flex', justifyContent: 'flex-end', mb: 1 }}>
          <Button variant="outlined" onClick={() => setMany(true)}>
            {t('forgetMany')}
          </Button>
        </Box>
      )}
      <ThinBar busy={isFetching} />
      {error && <ErrorNotice error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton variant="rounded" height={240} />}
      {data && (
        <Paper variant="outlined" sx={{ overflow: 'hidden' }}>
          {data.items.length > 0 ? (
            <DeadTokenTable tokens={data.items} onForget={ask} />
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
      {many && (
        <Suspense>
          <ForgetDialog onChanged={() => void changed()} onClose={() => setMany(false)} />
        </Suspense>
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
