import AddIcon from '@mui/icons-material/Add';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
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
import { useAccessText } from '../access';
import { Rows } from '../Rows';
import { SecretOnce } from '../SecretOnce';
import { Section } from '../Section';
import { Standing } from '../Standing';
import { useSettingsText } from '../text';
import { AddToken } from './AddToken';
import { useTokensText } from './text';

const key = api.queryOptions('get', '/api/v1/api-tokens').queryKey;

/** API tokens of programs: back ends that hand in pushes, and those that use this API. */
export default function TokensTab() {
  const t = useTokensText();
  const settings = useSettingsText();
  const access = useAccessText();
  const say = useToast();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Schemas['SecretOnce'] | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const tokens = api.useQuery('get', '/api/v1/api-tokens');
  const remove = api.useMutation('delete', '/api/v1/api-tokens/{name}', {
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
      {tokens.isPending && <Skeleton variant="rounded" height={200} />}
      {tokens.error && !tokens.data && <ErrorNotice error={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.data?.items.length === 0 && <Empty title={t('none')} hint={t('noneHint')} />}
      {tokens.data && tokens.data.items.length > 0 && (
        <Rows
          label={t('title')}
          rows={tokens.data.items}
          idOf={(one) => one.name}
          dim={(one) => one.expired || one.stopped}
          columns={[
            {
              name: 'name',
              label: settings('name'),
              cell: (one) => (
                <>
                  <Box component="span" sx={{ fontWeight: 600, mr: 1 }}>
                    {one.name}
                  </Box>
                  {one.old && <Chip size="small" variant="outlined" label={t('old')} title={t('oldHint')} />}
                </>
              ),
            },
            {
              name: 'scopes',
              label: t('scopes'),
              cell: (one) => (
                <Box component="span" sx={{ display: 'flex', gap: 0.5, flexWrap: 'wrap' }}>
                  {one.scopes.map((s) => (
                    <Chip key={s} size="small" variant="outlined" label={s} title={access(s)} />
                  ))}
                </Box>
              ),
            },
            { name: 'owner', label: settings('owner'), cell: (one) => one.owner || settings('noOwner') },
            { name: 'expires', label: t('expires'), cell: (one) => <Standing of={one} /> },
            {
              name: 'used',
              label: t('used'),
              cell: (one) => (one.used_at ? <Time at={one.used_at} detail="minute" /> : settings('never')),
            },
            {
              name: 'created',
              label: settings('createdAt'),
              cell: (one) => (
                <>
                  <Time at={one.created_at} detail="date" />
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
        <AddToken
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
