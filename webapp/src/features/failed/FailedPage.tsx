import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import { useCallback, useState } from 'react';
import { api } from '../../api/client';
import { JobPanel } from '../../jobs/JobPanel';
import type { BulkJob } from '../../jobs/job';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Link } from '../../ui/Link';
import { Page } from '../../ui/Page';
import { RefreshButton } from '../../ui/RefreshButton';
import { ThinBar } from '../../ui/ThinBar';
import { logLink } from '../../url/log';
import { GroupTable } from './GroupTable';
import { GroupView } from './GroupView';
import { useFailedState } from './state';
import { useFailedText } from './text';
import { useFailedNews } from './useFailedNews';

/** What has failed, by why; and what is done about it. */
export default function FailedPage() {
  const t = useFailedText();
  const [{ code }] = useFailedState();
  const failures = api.useQuery('get', '/api/v1/failures');
  const news = useFailedNews(failures.dataUpdatedAt);
  const groups = failures.data;
  const [ordered, setOrdered] = useState<readonly string[]>([]); // here: their progress is shown first
  const isOwn = useCallback((job: BulkJob) => ordered.includes(job.id), [ordered]);
  const isOther = useCallback((job: BulkJob) => job.kind === 'redrive' && !ordered.includes(job.id), [ordered]);
  return (
    <Page
      title={t('title')}
      actions={
        <>
          {groups && groups.total > 0 && (
            <Link to={logLink({ status: ['failed'] })}>{t('total', { n: groups.total })}</Link>
          )}
          {!code && (
            <RefreshButton
              news={news > 0 ? t('changed', { count: news }) : ''}
              onRefresh={() => void failures.refetch()}
            />
          )}
        </>
      }
    >
      <Stack sx={{ gap: 2 }}>
        {code ? (
          <GroupView
            key={code}
            code={code}
            group={groups?.items.find((g) => g.code === code)}
            news={news}
            onOrdered={(job) => setOrdered((old) => [...old, job])}
          >
            {ordered.length > 0 && (
              <Box sx={{ mb: 1 }}>
                <JobPanel of={isOwn} />
              </Box>
            )}
          </GroupView>
        ) : (
          <div>
            <ThinBar busy={failures.isFetching && !failures.isPending} />
            {failures.error && !groups ? (
              <ErrorNotice error={failures.error} retry={() => void failures.refetch()} />
            ) : (
              <GroupTable failures={groups} />
            )}
          </div>
        )}
        <JobPanel of={isOther} />
      </Stack>
    </Page>
  );
}
