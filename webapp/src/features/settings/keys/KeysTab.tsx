import AddIcon from '@mui/icons-material/Add';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Schemas } from '../../../api/client';
import { ConfirmDialog } from '../../../ui/ConfirmDialog';
import { Empty } from '../../../ui/Empty';
import { ErrorNotice } from '../../../ui/ErrorNotice';
import { Time } from '../../../ui/Time';
import { useToast } from '../../../ui/Toast';
import { Rows } from '../Rows';
import { SecretOnce } from '../SecretOnce';
import { Section } from '../Section';
import { Standing } from '../Standing';
import { useSettingsText } from '../text';
import { AddKey } from './AddKey';
import { useKeysText } from './text';

const key = api.queryOptions('get', '/api/v1/keys').queryKey;

/** Keys of the back ends that hand in pushes. */
export default function KeysTab() {
  const t = useKeysText();
  const settings = useSettingsText();
  const say = useToast();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Schemas['SecretOnce'] | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const keys = api.useQuery('get', '/api/v1/keys');
  const remove = api.useMutation('delete', '/api/v1/keys/{name}', {
    onSuccess: () => {
      say(t('removed', { name: asked ?? '' }));
      setAsked(null);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const add = (
    <Button variant="contained" startIcon={<AddIcon />} onClick={() => setAdding(true)}>
      {t('add')}
    </Button>
  );
  return (
    <Section plain title={t('title')} hint={t('hint')} actions={add}>
      {keys.isPending && <Skeleton variant="rounded" height={200} />}
      {keys.error && !keys.data && <ErrorNotice error={keys.error} retry={() => void keys.refetch()} />}
      {keys.data?.items.length === 0 && <Empty title={t('none')} hint={t('noneHint')} />}
      {keys.data && keys.data.items.length > 0 && (
        <Rows
          label={t('title')}
          rows={keys.data.items}
          idOf={(one) => one.name}
          dim={(one) => one.expired || one.stopped}
          columns={[
            {
              name: 'name',
              label: settings('name'),
              cell: (one) => (
                <Box component="span" sx={{ fontWeight: 600 }}>
                  {one.name}
                </Box>
              ),
            },
            { name: 'owner', label: settings('owner'), cell: (one) => one.owner || settings('noOwner') },
            { name: 'expires', label: settings('expires'), cell: (one) => <Standing of={one} /> },
            {
              name: 'created',
              label: settings('createdAt'),
              cell: (one) => (
                <>
                  <Time at={one.created_at} />
                  <Typography component="span" variant="caption" sx={{ display: 'block', color: 'text.secondary' }}>
                    {one.created_by || settings('unknownMaker')}
                  </Typography>
                </>
              ),
            },
          ]}
          actions={(one) => (
            <Button
              size="small"
              color="error"
              aria-label={t('removeOf', { name: one.name })}
              onClick={() => {
                remove.reset();
                setAsked(one.name);
              }}
            >
              {settings('remove')}
            </Button>
          )}
        />
      )}
      {adding && (
        <AddKey
          onClose={() => setAdding(false)}
          onAdded={(secret) => {
            setAdding(false);
            setMade(secret);
            void queries.invalidateQueries({ queryKey: key });
          }}
        />
      )}
      {made && (
        <SecretOnce
          title={t('secretTitle', { name: made.name })}
          what={made.name}
          secret={made.secret}
          onClose={() => setMade(null)}
        >
          <Typography variant="body2">{t('secretText')}</Typography>
        </SecretOnce>
      )}
      {asked !== null && (
        <ConfirmDialog
          open
          title={t('removeTitle', { name: asked })}
          verb={t('removeVerb')}
          danger
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate({ params: { path: { name: asked } } })}
          onClose={() => setAsked(null)}
        >
          <Typography>{t('removeText')}</Typography>
        </ConfirmDialog>
      )}
    </Section>
  );
}
