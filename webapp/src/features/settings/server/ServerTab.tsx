import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import Chip from '@mui/material/Chip';
import FormControlLabel from '@mui/material/FormControlLabel';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQueryStates } from 'nuqs';
import { api } from '../../../api/client';
import { Empty } from '../../../ui/Empty';
import { ErrorNotice } from '../../../ui/ErrorNotice';
import { SettledField } from '../../../ui/SettledField';
import { parseAsText, parseAsWord } from '../../../url/params';
import { Rows } from '../Rows';
import { Section } from '../Section';
import { useSettingsText } from '../text';
import { isChanged, isFound } from './changed';
import { useServerText } from './text';

const parsers = { q: parseAsText(64), changed: parseAsWord(['1'] as const) };

/** How the admin is set; to be read only. */
export default function ServerTab() {
  const t = useServerText();
  const settings = useSettingsText();
  const [{ q, changed }, set] = useQueryStates(parsers);
  const query = api.useQuery('get', '/api/v1/settings');
  const shown = query.data?.items.filter((one) => (!changed || isChanged(one)) && (!q || isFound(one, q)));
  return (
    <Section
      plain
      title={t('title')}
      hint={t('hint')}
      actions={
        <>
          <SettledField
            type="search"
            label={t('search')}
            value={q ?? ''}
            onChange={(text) => void set({ q: text || null })}
            sx={{ width: { xs: '100%', sm: 280 } }}
          />
          <FormControlLabel
            control={<Checkbox size="small" checked={changed !== null} />}
            onChange={(_, on) => void set({ changed: on ? '1' : null })}
            label={t('onlyChanged')}
          />
        </>
      }
    >
      {query.isPending && <Skeleton variant="rounded" height={480} />}
      {query.error && !query.data && <ErrorNotice error={query.error} retry={() => void query.refetch()} />}
      {shown?.length === 0 && (
        <Empty
          title={q ? settings('noMatch') : t('noneChanged')}
          action={<Button onClick={() => void set({ q: null, changed: null })}>{t('showAll')}</Button>}
        />
      )}
      {shown && shown.length > 0 && (
        <>
          <Typography variant="body2" sx={{ color: 'text.secondary', mb: 1 }}>
            {t('count', { count: shown.length })}
          </Typography>
          <Rows
            label={t('title')}
            rows={shown}
            idOf={(one) => one.variable}
            columns={[
              {
                name: 'variable',
                label: t('variable'),
                cell: (one) => (
                  <Box component="code" sx={{ whiteSpace: { sm: 'nowrap' } }}>
                    {one.variable}
                  </Box>
                ),
              },
              {
                name: 'value',
                label: t('value'),
                cell: (one) => (
                  <Box component="span" sx={{ display: 'inline-flex', gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
                    <Value text={one.value} />
                    {isChanged(one) && <Chip size="small" color="primary" variant="outlined" label={t('changed')} />}
                  </Box>
                ),
              },
              { name: 'default', label: t('default'), cell: (one) => <Value text={one.default} /> },
              {
                name: 'meaning',
                label: t('meaning'),
                cell: (one) => (
                  <Box component="span" lang="en" sx={{ display: 'block', maxWidth: 520, minWidth: 200 }}>
                    {one.help}
                  </Box>
                ),
              },
            ]}
          />
        </>
      )}
    </Section>
  );
}

function Value({ text }: { text: string }) {
  if (text === '') {
    return (
      <Box component="span" sx={{ color: 'text.secondary' }}>
        —
      </Box>
    );
  }
  return (
    <Box component="code" sx={{ overflowWrap: 'anywhere', wordBreak: 'normal' }}>
      {text}
    </Box>
  );
}
