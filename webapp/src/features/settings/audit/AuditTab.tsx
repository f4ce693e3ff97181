import RefreshIcon from '@mui/icons-material/Refresh';
import Button from '@mui/material/Button';
import Skeleton from '@mui/material/Skeleton';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { useCallback, useMemo, useState } from 'react';
import { client } from '../../../api/client';
import { serverNow } from '../../../time/clock';
import { Empty } from '../../../ui/Empty';
import { ErrorNotice } from '../../../ui/ErrorNotice';
import { ThinBar } from '../../../ui/ThinBar';
import { Section } from '../Section';
import { AuditExport } from './AuditExport';
import { AuditFilters } from './AuditFilters';
import { AuditPager } from './AuditPager';
import { AuditTable } from './AuditTable';
import { type AuditFilter, auditParsers, gather, isFiltered, isRange, noFilter, queryOf, turn } from './filter';
import { useAuditText } from './text';

const path = '/api/v1/audit/search';

/** Who did what, when, from where, to whose data, and why. */
export default function AuditTab() {
  const t = useAuditText();
  const [{ before, ...open }, setURL] = useQueryStates(auditParsers);
  const [customer, setCustomer] = useState<string | null>(null);
  const [trail, setTrail] = useState<(string | null)[]>([null]);
  const filter: AuditFilter = { ...open, customer };
  const change = useCallback(
    ({ customer: of, ...rest }: Partial<AuditFilter>) => {
      if (of !== undefined) setCustomer(of);
      setTrail([null]);
      void setURL({ ...rest, before: null });
    },
    [setURL],
  );
  const clear = useCallback(() => change(noFilter), [change]);

  const entries = useQuery({
    queryKey: ['post', path, filter, before],
    queryFn: ({ signal }) => {
      const asked = queryOf(filter, serverNow());
      return gather(before, async (from, limit) => {
        const body = { ...asked, limit, ...(from && { before: from }) };
        const { data } = await client.POST(path, { body, signal });
        return data ?? { entries: [], next: '' };
      });
    },
    enabled: isRange(filter),
    placeholderData: keepPreviousData,
  });
  const page = entries.data;
  const empty = page?.entries.length === 0;
  const { newer, older } = useMemo(() => turn(trail, before), [trail, before]);
  const goTo = (to: string | null) => void setURL({ before: to }, { history: 'push' });
  const goOlder = (next: string) => {
    setTrail(older(next));
    goTo(next);
  };
  return (
    <Section
      plain
      title={t('title')}
      hint={t('hint')}
      actions={
        <>
          <Button startIcon={<RefreshIcon />} onClick={() => void entries.refetch()} disabled={entries.isFetching}>
            {t('refresh')}
          </Button>
          <AuditExport queryOf={() => queryOf(filter, serverNow())} />
        </>
      }
    >
      <AuditFilters filter={filter} onChange={change} onClear={clear} />
      <ThinBar busy={entries.isFetching} />
      {entries.isPending && <Skeleton variant="rounded" height={480} />}
      {entries.error ? (
        <ErrorNotice error={entries.error} retry={() => void entries.refetch()} />
      ) : (
        <>
          {page && !empty && <AuditTable entries={page.entries} onFilter={change} />}
          {page && empty && page.next === '' && (
            <Empty
              title={t(isFiltered(filter) ? 'noMatch' : 'empty')}
              hint={!isFiltered(filter) && t('emptyHint')}
              action={isFiltered(filter) && <Button onClick={clear}>{t('clear')}</Button>}
            />
          )}
          {page && empty && page.next !== '' && (
            <Empty
              title={t('noMatchYet')}
              hint={t('noMatchYetHint')}
              action={
                <Button variant="outlined" onClick={() => goOlder(page.next)}>
                  {t('goOn')}
                </Button>
              }
            />
          )}
          {page && (!empty || before !== null) && (
            <AuditPager
              shown={page.entries.length}
              onNewest={before === null ? undefined : () => goTo(null)}
              onNewer={newer === undefined ? undefined : () => goTo(newer)}
              onOlder={page.next === '' ? undefined : () => goOlder(page.next)}
            />
          )}
        </>
      )}
    </Section>
  );
}
