import Box from '@mui/material/Box';
import { Fragment, type ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { columns, useFieldText } from '../../push/fields';
import { useTime } from '../../time/useTime';
import { CopyButton } from '../../ui/CopyButton';
import { Link } from '../../ui/Link';
import { Time } from '../../ui/Time';
import { logLink } from '../../url/log';

type Record = Schemas['Record'];

const names = [
  ...columns,
  'accepted_at',
  'expires_at',
  'priority',
  'ttl',
  'attempts',
  'deliveries',
  'consumer',
  'api_key',
  'data',
] as const;

const mono: readonly string[] = ['csno', 'uuid_id', 'device_id', 'cust_telno', 'result', 'consumer', 'api_key'];
const copied: readonly string[] = ['csno', 'uuid_id', 'device_id', 'cust_telno', 'result'];

/** Fields of a push that have a value, under the names that the users know. */
export function Fields({ record }: { record: Record }) {
  const label = useFieldText();
  return (
    <Box
      component="dl"
      sx={{ m: 0, display: 'grid', gridTemplateColumns: 'minmax(96px, 130px) 1fr', rowGap: 0.75, columnGap: 1.5 }}
    >
      {names
        .filter((n) => record[n] !== undefined && record[n] !== '')
        .map((n) => (
          <Fragment key={n}>
            <Box component="dt" title={n} sx={{ color: 'text.secondary' }}>
              {label(n)}
            </Box>
            <Box
              component="dd"
              sx={{ m: 0, minWidth: 0, overflowWrap: 'anywhere', display: 'flex', gap: 0.5, alignItems: 'flex-start' }}
            >
              <Box
                component="span"
                className={mono.includes(n) ? 'mono' : undefined}
                dir="auto"
                sx={{ minWidth: 0, whiteSpace: 'pre-wrap' }}
              >
                <Value record={record} name={n} />
              </Box>
              {copied.includes(n) && <CopyButton text={String(record[n])} what={label(n)} />}
            </Box>
          </Fragment>
        ))}
    </Box>
  );
}

function Value({ record, name }: { record: Record; name: (typeof names)[number] }): ReactNode {
  const time = useTime();
  const label = useFieldText();
  switch (name) {
    case 'sndn_rsev_hour':
      return time.reserved(record.sndn_rsev_hour ?? '');
    case 'accepted_at':
    case 'expires_at':
    case 'fcm_send_time':
      return <Time at={record[name] ?? ''} detail="ms" />;
    case 'priority':
      return label(record.priority);
    case 'D_servicename':
      return <Link to={logLink({ service: record.D_servicename })}>{record.D_servicename}</Link>;
    case 'push_grp_id':
      return <Link to={logLink({ group: record.push_grp_id })}>{record.push_grp_id}</Link>;
    case 'data':
      return Object.entries(record.data ?? {}).map(([k, v]) => (
        <div key={k}>
          <span className="mono">{k}</span>: {v}
        </div>
      ));
    default:
      return record[name];
  }
}
