import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { useMay } from '../../api/session';
import { useCodeText } from '../../push/codes';
import { PhonePreview } from '../../push/PhonePreview';
import { StatusChip } from '../../push/status';
import { useStopped } from '../../push/stopped';
import { Timeline } from '../../push/Timeline';
import { useTime } from '../../time/useTime';
import { CopyButton } from '../../ui/CopyButton';
import { Actions } from './Actions';
import { useDrawerText } from './drawerText';
import { Fields } from './Fields';
import { adviceOf, outcomeOf, useOutcomeText } from './outcome';
import { RevealButton } from './RevealDialog';
import { useReveal } from './useReveal';

type Record = Schemas['Record'];

/** All that is known of a push. */
export function PushDetails({ record }: { record: Record }) {
  const t = useDrawerText();
  const outcome = useOutcomeText();
  const code = useCodeText();
  const time = useTime();
  const stopped = useStopped(record);
  const mayReveal = useMay('reveal');
  const { fields, left, hide, reveal } = useReveal(record.id);
  const advice = adviceOf(record, code);
  const { data, raw, ...texts } = fields ?? {};
  const shown = fields
    ? { ...record, ...texts, ...(data && { data: read(data) }), ...(raw && { raw: read(raw) }) }
    : record;
  const json = JSON.stringify(shown, null, 2);
  return (
    <Stack sx={{ p: 2, gap: 2.5 }}>
      <Box>
        <Stack direction="row" sx={{ alignItems: 'center', gap: 1, mb: 0.5, flexWrap: 'wrap' }}>
          <StatusChip status={record.status} />
          {record.error_code && record.status !== 'sent' && (
            <Typography component="span" className="mono" variant="body2">
              {record.error_code}
            </Typography>
          )}
        </Stack>
        <Typography>{outcomeOf(record, outcome, time.format, time.reserved)}</Typography>
        {stopped && <Typography sx={{ color: 'warning.main', mt: 0.5 }}>{outcome(stopped)}</Typography>}
        {advice && (
          <Typography variant="body2" sx={{ color: 'text.secondary', mt: 0.5 }}>
            {advice.means} {advice.helps}
          </Typography>
        )}
        <Stack direction="row" sx={{ gap: 1, mt: 1.5, flexWrap: 'wrap' }}>
          <Actions record={record} />
          {mayReveal && !fields && <RevealButton record={record} reveal={reveal} />}
        </Stack>
        {fields && (
          <Alert
            severity="warning"
            sx={{ mt: 1.5 }}
            action={
              <Button size="small" color="inherit" onClick={hide}>
                {t('hide')}
              </Button>
            }
          >
            {t('revealed', { seconds: left })}
          </Alert>
        )}
      </Box>
      <Section title={t('timeline')}>
        <Timeline record={record} stopped={stopped} />
      </Section>
      {(shown.msg_title || shown.msg_contents) && (
        <Section title={t('message')}>
          <PhonePreview title={shown.msg_title ?? ''} body={shown.msg_contents ?? ''} app={record.D_servicename} />
        </Section>
      )}
      <Section title={t('fields')}>
        <Fields record={shown} />
      </Section>
      <Box component="details" sx={{ '& summary': { cursor: 'pointer', fontWeight: 700, fontSize: '0.875rem' } }}>
        <summary>{t('rawRecord')}</summary>
        <Box sx={{ position: 'relative', mt: 1 }}>
          <Box sx={{ position: 'absolute', right: 4, top: 4 }}>
            <CopyButton text={json} what={t('copyRecord')} />
          </Box>
          <Box
            component="pre"
            tabIndex={0}
            aria-label={t('rawRecord')}
            sx={{
              m: 0,
              p: 1.5,
              pr: 5,
              bgcolor: 'action.hover',
              borderRadius: 1,
              overflow: 'auto',
              maxHeight: 360,
              fontSize: '0.78rem',
              whiteSpace: 'pre-wrap',
              overflowWrap: 'anywhere',
            }}
          >
            {json}
          </Box>
        </Box>
      </Box>
    </Stack>
  );
}

/** Reads what reveal gives as JSON; what can't be read is shown as it is. */
function read(text: string): { [name: string]: string } {
  try {
    return JSON.parse(text) as { [name: string]: string };
  } catch {
    return { raw: text };
  }
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box component="section">
      <Typography variant="h3" sx={{ mb: 1 }}>
        {title}
      </Typography>
      {children}
    </Box>
  );
}
