import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import { Suspense, useState } from 'react';
import type { Schemas } from '../../api/client';
import { lazily } from '../../api/load';
import { useMay } from '../../api/session';
import { useCommon } from '../../i18n/common';
import { useStatusText, waiting } from '../../push/status';
import { Empty } from '../../ui/Empty';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Link } from '../../ui/Link';
import { Page } from '../../ui/Page';
import { Pager } from '../../ui/Pager';
import { RefreshButton } from '../../ui/RefreshButton';
import { ThinBar } from '../../ui/ThinBar';
import { logLink } from '../../url/log';
import type { Action } from './actions';
import { ChangeDialog } from './ChangeDialog';
import { DueTable } from './DueTable';
import { useScheduledState, type Waiting } from './state';
import { useScheduledText } from './text';
import { type Due, useDue } from './useDue';

const MoveDialog = lazily(() => import('./MoveDialog'));

/** What is due when: reserved pushes, and those that wait for their next try. */
export default function ScheduledPage() {
  const t = useScheduledText();
  const common = useCommon();
  const word = useStatusText();
  const mayChange = useMay('change');
  const [{ status, page }, setState] = useScheduledState();
  const { read, items, fates, added, noteOwn, lookUp } = useDue(status, page);
  const [asked, setAsked] = useState<{ action: Action; due: Due } | null>(null);
  const close = () => setAsked(null);
  const changed = added > 0 || fates.size > 0;
  const refresh = () => void read.refetch();
  const dialog = asked && { due: asked.due, onClose: close, onFate: noteOwn, onRefused: lookUp };
  return (
    <Page
      title={t('title')}
      actions={
        <>
          {status && <Link to={logLink({ status: [status] })}>{t('inLog')}</Link>}
          <ToggleButtonGroup
            exclusive
            size="small"
            aria-label={t('filter')}
            value={status ?? 'all'}
            onChange={(_, to: Waiting | 'all' | null) =>
              to && void setState({ status: to === 'all' ? null : to, page: null })
            }
          >
            <ToggleButton value="all">{common('all')}</ToggleButton>
            {waiting.map((s) => (
              <ToggleButton key={s} value={s}>
                {word(s)}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
        </>
      }
    >
      <ThinBar busy={read.isFetching && !read.isPending} />
      {read.error && !read.data ? (
        <ErrorNotice error={read.error} retry={refresh} />
      ) : (
        <Paper variant="outlined">
          <Stack
            direction="row"
            sx={{ alignItems: 'center', flexWrap: 'wrap', gap: 1, px: 1.5, py: 0.75, minHeight: 52 }}
          >
            <Stack direction="row" sx={{ alignItems: 'center', gap: 1, minWidth: 0 }}>
              <Box component="span" sx={{ flexShrink: 0 }}>
                {read.data && items.length > 0 && <Showing page={read.data} />}
              </Box>
              <RefreshButton news={changed ? t('changed', { added, gone: fates.size }) : ''} onRefresh={refresh} />
            </Stack>
            <Box sx={{ flex: 1 }} />
            <Pager page={page} pages={read.data?.pages ?? 1} onPage={(to) => void setState({ page: to })} />
          </Stack>
          {read.data && items.length === 0 ? (
            <Nothing
              page={page}
              status={status}
              onAll={() => void setState({ status: null, page: null })}
              onFirst={() => void setState({ page: null })}
            />
          ) : (
            <DueTable
              items={read.data ? items : undefined}
              fates={fates}
              onAction={mayChange ? (action, due) => setAsked({ action, due }) : undefined}
            />
          )}
        </Paper>
      )}
      {dialog && asked.action === 'move' && (
        <Suspense>
          <MoveDialog {...dialog} />
        </Suspense>
      )}
      {dialog && asked.action !== 'move' && <ChangeDialog action={asked.action} {...dialog} />}
    </Page>
  );
}

/** Which of how many are shown. */
function Showing({ page: { page, size, items, total } }: { page: Schemas['DuePage'] }) {
  const t = useScheduledText();
  const from = (page - 1) * size + 1;
  return t('showing', { total, from, to: from + items.length - 1 });
}

type NothingProps = { page: number; status: Waiting | null; onAll: () => void; onFirst: () => void };

/** Why nothing is shown, and where there is something. */
function Nothing({ page, status, onAll, onFirst }: NothingProps) {
  const t = useScheduledText();
  if (page > 1) return <Empty title={t('beyond')} action={<Button onClick={onFirst}>{t('firstPage')}</Button>} />;
  if (status) return <Empty title={t(`empty.${status}`)} action={<Button onClick={onAll}>{t('showAll')}</Button>} />;
  return <Empty title={t('empty')} hint={t('emptyHint')} />;
}
