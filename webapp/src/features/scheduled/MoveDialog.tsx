import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { type ReactNode, useId, useState } from 'react';
import { api } from '../../api/client';
import { refusalOf } from '../../push/refusal';
import { serverNow } from '../../time/clock';
import { formatSpan } from '../../time/format';
import { reservedOf } from '../../time/reserve';
import { useTime } from '../../time/useTime';
import { instantOf } from '../../time/zoned';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { InstantField } from '../../ui/InstantField';
import { useToast } from '../../ui/Toast';
import type { DialogProps } from './actions';
import { Subject } from './Subject';
import { useScheduledText } from './text';

const day = 86_400_000;
/** How far off a reserved time may be, in ms. */
const far = 366 * day;

/** Minutes of the presets. */
const steps = [10, 30, 60];

/** Gives a reserved push another time. */
export default function MoveDialog({ due, onClose, onFate, onRefused }: DialogProps) {
  const t = useScheduledText();
  const time = useTime();
  const say = useToast();
  const { id } = due.push;
  const [at, setAt] = useState<number | null>(() => Date.parse(due.due_at));
  const move = api.useMutation('post', '/api/v1/pushes/{id}/move');
  const refusal = refusalOf(move.error);
  const now = serverNow();
  const wrong = at === null ? null : at <= now ? 'move.past' : at > now + far ? 'move.far' : null;
  const choose = (ms: number) => setAt(Math.ceil(ms / 1_000) * 1_000);
  const from = Date.parse(due.due_at);
  const by = at === null ? 0 : at - from;
  const tomorrow = Date.parse(instantOf(`${time.format(now + day, 'date')}T09:00`, time.zone) ?? '');
  return (
    <ConfirmDialog
      open
      title={t('move.title')}
      verb={at === null ? t('move.verb') : t('move.verbTo', { at: time.format(at) })}
      reason="optional"
      busy={move.isPending}
      disabled={refusal !== null || at === null || wrong !== null || at === from}
      error={refusal ? undefined : move.error}
      onClose={onClose}
      onConfirm={(reason) => {
        if (at === null) return;
        const sndn_rsev_hour = reservedOf(at, time.zone);
        move.mutate(
          { params: { path: { id } }, body: reason ? { sndn_rsev_hour, reason } : { sndn_rsev_hour } },
          {
            onSuccess: (moved) => {
              say(t('done.move', { at: time.format(moved.due_at ?? at) }));
              onFate(id, { due: moved.due_at ?? null });
              onClose();
            },
            onError: (error) => {
              if (refusalOf(error)) void onRefused(id);
            },
          },
        );
      }}
    >
      <Subject due={due} refusal={refusal} />
      <InstantField
        label={t('move.at', { zone: time.zone })}
        value={at === null ? null : new Date(at).toISOString()}
        onChange={(to) => setAt(to === null ? null : Date.parse(to))}
        error={wrong !== null}
        helperText={wrong ? t(wrong) : undefined}
      />
      <Presets label={t('move.add')}>
        {steps.map((n) => (
          <Preset key={n} disabled={at === null} onClick={() => setAt((at ?? from) + n * 60_000)}>
            {n === 60 ? t('move.hour') : t('move.minutes', { n })}
          </Preset>
        ))}
      </Presets>
      <Presets label={t('move.fromNow')}>
        {steps.map((n) => (
          <Preset key={n} onClick={() => choose(serverNow() + n * 60_000)}>
            {n === 60 ? t('move.inHour') : t('move.inMinutes', { n })}
          </Preset>
        ))}
        <Preset onClick={() => choose(tomorrow)}>{t('move.tomorrow')}</Preset>
      </Presets>
      {at !== null && by !== 0 && (
        <Alert severity={by < 0 ? 'warning' : 'info'} sx={{ py: 0 }}>
          {time.format(from)} → <b>{time.format(at)}</b>{' '}
          {t(by < 0 ? 'move.earlier' : 'move.later', { span: formatSpan(Math.abs(by)) })}
        </Alert>
      )}
      <Typography sx={{ color: 'text.secondary' }}>{t('move.effect')}</Typography>
    </ConfirmDialog>
  );
}

/** Times to choose; the label says what they count from. */
function Presets({ label, children }: { label: string; children: ReactNode }) {
  const id = useId();
  return (
    <Stack role="group" aria-labelledby={id} direction="row" sx={{ gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
      <Typography id={id} variant="body2" sx={{ color: 'text.secondary', minWidth: 116 }}>
        {label}
      </Typography>
      {children}
    </Stack>
  );
}

function Preset({ disabled, onClick, children }: { disabled?: boolean; onClick: () => void; children: string }) {
  return (
    <Button size="small" variant="outlined" disabled={disabled} onClick={onClick}>
      {children}
    </Button>
  );
}
