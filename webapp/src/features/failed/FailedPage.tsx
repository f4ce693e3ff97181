import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import { keepPreviousData } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { api } from '../../api/client';
import { JobPanel } from '../../jobs/JobPanel';
import type { BulkJob } from '../../jobs/job';
import { serverNow } from '../../time/clock';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Link } from '../../ui/Link';
import { Page } from '../../ui/Page';
import { RefreshButton } from '../../ui/RefreshButton';
import { ThinBar } from '../../ui/ThinBar';
import { TimeRange, type Times } from '../../ui/TimeRange';
import { logLink } from '../../url/log';
import { GroupTable } from './GroupTable';
import { GroupView } from './GroupView';
import { chosenPeriod, periodChange, periodOf, useFailedState } from './state';
import { useFailedText } from './text';
import { useFailedNews } from './useFailedNews';

/** What of a period has failed, by why; and what is done about it. */
export default function FailedPage() {
  const t = useFailedText();
  const [state, setState] = useFailedState();
  const { code } = state;
  // A period counts from when it was asked for, not from each rendering.
  const [now, setNow] = useState(serverNow);
  const { since, until } = periodOf(state, now);
  const period = useMemo(() => ({ since, until }), [since, until]);
  const chosen = chosenPeriod(state);
  const failures = api.useQuery(
    'get',
    '/api/v1/failures',
    { params: { query: period } },
    { placeholderData: keepPreviousData },
  );
  const news = useFailedNews(failures.dataUpdatedAt);
  const groups = failures.data;
  const [ordered, setOrdered] = useState<readonly string[]>([]); // here: their progress is shown first
  const isOwn = useCallback((job: BulkJob) => ordered.includes(job.id), [ordered]);
  const isOther = useCallback((job: BulkJob) => job.kind === 'redrive' && !ordered.includes(job.id), [ordered]);
  const choose = useCallback(
    (times: Times) => {
      setNow(serverNow());
      void setState(periodChange(times));
    },
    [setState],
  );
  const refresh = useCallback(() => {
    setNow(serverNow()); // and the period with it, if it ends now
    void failures.refetch();
  }, [failures.refetch]);
  const showAll = useCallback(() => choose({ range: null, since: null, until: null }), [choose]);
  const isAll = since === undefined && until === undefined;
  return (
    <Page
      title={t('title')}
      actions={
        <>
          {groups && groups.total > 0 && (
            <Link to={logLink({ status: ['failed'], ...chosen })}>{t('total', { n: groups.total })}</Link>
          )}
          {!code && <RefreshButton news={news > 0 ? t('changed', { count: news }) : ''} onRefresh={refresh} />}
        </>
      }
    >
      <Stack sx={{ gap: 2 }}>
        <Box sx={{ display: 'flex', alignItems: 'center', columnGap: 1.5, rowGap: 0.5, flexWrap: 'wrap' }}>
          <TimeRange range={chosen.range} since={chosen.since} until={chosen.until} onChange={choose} />
          <Box component="span" sx={{ color: 'text.secondary', fontSize: '0.8125rem' }}>
            {t('byAccepted')}
          </Box>
        </Box>
        {code ? (
          <GroupView
            key={[code, chosen.range, chosen.since, chosen.until].join()}
            code={code}
            group={groups?.items.find((g) => g.code === code)}
            period={period}
            news={news}
            onRefresh={refresh}
            onShowAll={isAll ? undefined : showAll}
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
              <GroupTable failures={groups} onShowAll={isAll ? undefined : showAll} />
            )}
          </div>
        )}
        <JobPanel of={isOther} />
      </Stack>
    </Page>
  );
}
