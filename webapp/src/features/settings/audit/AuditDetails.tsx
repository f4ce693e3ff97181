import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { Fragment, type ReactNode } from 'react';
import type { Schemas } from '../../../api/client';
import { formatSpan } from '../../../time/format';
import { CopyButton } from '../../../ui/CopyButton';
import { Time } from '../../../ui/Time';
import { roles, useAccessText } from '../access';
import type { AuditFilter } from './filter';
import { useActionText, useAuditText, useKindText } from './text';

type Props = { entry: Schemas['AuditEntry']; onFilter: (change: Partial<AuditFilter>) => void };

/** All that is known of an entry. */
export function AuditDetails({ entry: e, onFilter }: Props) {
  const t = useAuditText();
  const action = useActionText();
  const kind = useKindText();
  const access = useAccessText();
  const role = roles.find((r) => r === e.role);
  return (
    <Box sx={{ display: 'grid', gap: 2, py: 1 }}>
      {e.outcome === 'unknown' && <Alert severity="info">{t('unknownHint')}</Alert>}
      <Box
        component="dl"
        sx={{ m: 0, display: 'grid', gap: 1.5, gridTemplateColumns: 'repeat(auto-fit, minmax(180px, 1fr))' }}
      >
        <Fact name={t('at')}>
          <Time at={e.at} detail="ms" />
        </Fact>
        {e.ended_at && (
          <Fact name={t('took')}>{formatSpan(Math.max(0, Date.parse(e.ended_at) - Date.parse(e.at)))}</Fact>
        )}
        <Fact name={t('actor')}>
          {e.actor || t('nobody')}
          {e.actor && (
            <Button size="small" onClick={() => onFilter({ actor: e.actor })}>
              {t('onlyActor')}
            </Button>
          )}
        </Fact>
        <Fact name={t('kind')}>{kind(e.kind)}</Fact>
        {e.role && <Fact name={t('role')}>{role ? access(role) : e.role}</Fact>}
        <Fact name={t('address')}>
          <span className="mono">{e.address || t('none')}</span>
        </Fact>
        <Fact name={t('action')}>
          {action(e.action)} <code>{e.action}</code>
        </Fact>
        {e.customer && (
          <Fact name={t('customer')}>
            {e.customer}
            <Button size="small" onClick={() => onFilter({ customer: e.customer })}>
              {t('onlyCustomer')}
            </Button>
          </Fact>
        )}
        {e.request_id && (
          <Fact name={t('requestId')}>
            <code>{e.request_id}</code>
            <CopyButton text={e.request_id} what={t('requestId')} />
          </Fact>
        )}
        <Fact name={t('id')}>
          <code>{e.id}</code>
        </Fact>
      </Box>
      {e.subject && (
        <Block name={t('subject')}>
          <Box component="code" sx={{ wordBreak: 'break-all', whiteSpace: 'pre-wrap' }}>
            {e.subject}
          </Box>
        </Block>
      )}
      {e.reason && <Block name={t('reason')}>{e.reason}</Block>}
      <Pairs name={t('details')} pairs={e.details} />
      <Pairs name={t('result')} pairs={e.result} />
    </Box>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Typography component="dt" variant="caption" sx={{ color: 'text.secondary' }}>
        {name}
      </Typography>
      <Box component="dd" sx={{ m: 0, minHeight: 24, overflowWrap: 'anywhere' }}>
        {children}
      </Box>
    </div>
  );
}

function Block({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Typography variant="caption" component="div" sx={{ color: 'text.secondary' }}>
        {name}
      </Typography>
      {children}
    </div>
  );
}

function Pairs({ name, pairs }: { name: string; pairs: Record<string, string> | undefined }) {
  const all = Object.entries(pairs ?? {});
  if (all.length === 0) return null;
  return (
    <Block name={name}>
      <Box
        component="dl"
        sx={{ m: 0, mt: 0.5, display: 'grid', gridTemplateColumns: 'auto 1fr', columnGap: 2, rowGap: 0.25 }}
      >
        {all.map(([key, value]) => (
          <Fragment key={key}>
            <Box component="dt" className="mono" sx={{ color: 'text.secondary', fontSize: '0.8125rem' }}>
              {key}
            </Box>
            <Box component="dd" className="mono" sx={{ m: 0, overflowWrap: 'anywhere', fontSize: '0.8125rem' }}>
              {value}
            </Box>
          </Fragment>
        ))}
      </Box>
    </Block>
  );
}
