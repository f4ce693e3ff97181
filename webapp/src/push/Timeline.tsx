import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import type { Schemas } from '../api/client';
import { texts } from '../i18n/texts';
import { formatSpan } from '../time/format';
import { reservedAt } from '../time/reserve';
import { useTime } from '../time/useTime';
import { cancellable, isOneOf, statuses, useStatusText } from './status';
import type { Stopped } from './stopped';
import { nextTryAt, readDuration, readStory, type Step } from './story';

const useTimelineText = texts(
  'timeline',
  {
    label: '처리 과정',
    accepted: '접수',
    try: '{{n}}차 시도',
    took: '응답 {{span}}',
    retryIn: '{{span}} 후 재시도',
    takeover: '{{consumer}} 프로세스가 {{span}} 동안 응답이 없어 {{by}} 프로세스가 이어받음',
    redrive: '재발송 (이전 상태: {{status}})',
    move: '발송 시각 변경',
    moveFrom: '변경 전: {{due}}',
    late: '늦은 응답 (이미 다른 프로세스가 처리함)',
    next: '다음 시도 예정',
    due: '발송 예정',
    waiting: '처리 대기 중',
    held: '발송 보류가 해제되기를 기다리는 중',
    back: 'FCM에 연결되기를 기다리는 중',
    paused: '프로세스를 다시 켜기를 기다리는 중',
    alone: '실행 중인 프로세스가 없어 기다리는 중',
    noStatus: '응답 없음',
    ended: '종료: {{status}}',
  },
  {
    label: 'Timeline',
    accepted: 'Received',
    try: 'Attempt {{n}}',
    took: 'answered in {{span}}',
    retryIn: 'retry in {{span}}',
    takeover: 'Lease of {{consumer}} expired after {{span}}; reclaimed by {{by}}',
    redrive: 'Redriven (was {{status}})',
    move: 'Moved to another time',
    moveFrom: 'before: {{due}}',
    late: 'Late answer (another worker had reclaimed it)',
    next: 'Next attempt',
    due: 'Due',
    waiting: 'Waiting for a worker',
    held: 'Waiting for the end of a hold',
    back: 'Waiting for a worker that reaches FCM',
    paused: 'Waiting for workers to be switched on',
    alone: 'Waiting: no worker is running',
    noStatus: 'no answer',
    ended: 'Ended: {{status}}',
  },
);

type Tone = 'neutral' | 'good' | 'bad' | 'wait';
const tones: { [tone in Tone]: string } = {
  neutral: 'text.secondary',
  good: 'status.sent',
  bad: 'status.failed',
  wait: 'status.retrying',
};

type Props = {
  record: Schemas['Record'];
  /** When it is due, if that is known better than by the record. */
  dueAt?: string;
  /** Why nothing is sent now, if that is so. */
  stopped?: Stopped | null;
};

/** What happened to a push, when, and how long between. */
export function Timeline({ record, dueAt, stopped }: Props) {
  const t = useTimelineText();
  const time = useTime();
  const story = readStory(record);
  const reserved = record.status === 'scheduled' ? reservedAt(record.sndn_rsev_hour ?? '', time.zone) : null;
  const next = nextTryAt(record) ?? dueAt ?? reserved;
  const waits = isOneOf(cancellable, record.status);
  return (
    <Box component="ol" aria-label={t('label')} sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {story.map((step, i) => (
        <Entry
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are only added at the end
          key={i}
          at={time.format(step.at, 'ms')}
          tone={toneOf(step)}
          since={i > 0 ? Date.parse(step.at) - Date.parse(story[i - 1]?.at ?? step.at) : undefined}
          last={i === story.length - 1 && !waits}
        >
          <Told step={step} />
        </Entry>
      ))}
      {waits && (
        <Entry at={next ? time.format(next) : ''} tone="wait" last>
          {t(record.status === 'retrying' ? 'next' : record.status === 'scheduled' ? 'due' : (stopped ?? 'waiting'))}
        </Entry>
      )}
    </Box>
  );
}

function toneOf(step: Step): Tone {
  switch (step.kind) {
    case 'try':
      return step.ok ? 'good' : step.retryIn ? 'wait' : 'bad';
    case 'takeover':
    case 'late':
      return 'wait';
    case 'ended':
      return step.status === 'cancelled' ? 'neutral' : 'bad';
    default:
      return 'neutral';
  }
}

/** A step in words. */
function Told({ step }: { step: Step }) {
  const t = useTimelineText();
  const status = useStatusText();
  const time = useTime();
  switch (step.kind) {
    case 'accepted':
      return <b>{t('accepted')}</b>;
    case 'try':
      return (
        <>
          <b>{t('try', { n: step.n })}</b>{' '}
          <span className="mono">
            {step.status === '-' ? t('noStatus') : step.status} {step.code}
          </span>
          <Detail>
            {t('took', { span: formatSpan(readDuration(step.took)) })}
            {step.retryIn && ` · ${t('retryIn', { span: formatSpan(readDuration(step.retryIn)) })}`} ·{' '}
            <span className="mono">{step.consumer}</span>
          </Detail>
        </>
      );
    case 'takeover':
      return t('takeover', { consumer: step.consumer, by: step.by, span: formatSpan(readDuration(step.silent)) });
    case 'redrive':
      return (
        <>
          <b>{t('redrive', { status: statusIn(status, step.status) })}</b> <span className="mono">{step.code}</span>
        </>
      );
    case 'move':
      return (
        <>
          <b>{t('move')}</b>
          {step.due && <Detail>{t('moveFrom', { due: time.format(step.due) })}</Detail>}
        </>
      );
    case 'late':
      return (
        <>
          {t('late')}
          <Detail>
            <span className="mono">{step.text}</span>
          </Detail>
        </>
      );
    case 'ended':
      return <b>{t('ended', { status: status(step.status) })}</b>;
  }
}

function statusIn(t: ReturnType<typeof useStatusText>, text: string): string {
  const status = statuses.find((s) => s === text);
  return status ? t(status) : text;
}

function Detail({ children }: { children: ReactNode }) {
  return (
    <Typography component="div" variant="body2" sx={{ color: 'text.secondary' }}>
      {children}
    </Typography>
  );
}

function Entry({
  at,
  since,
  tone,
  last,
  children,
}: {
  at: string;
  since?: number;
  tone: Tone;
  last: boolean;
  children: ReactNode;
}) {
  return (
    <Box
      component="li"
      sx={{ display: 'grid', gridTemplateColumns: '14px 1fr', columnGap: 1.5, position: 'relative', pb: last ? 0 : 2 }}
    >
      <Box sx={{ position: 'relative' }}>
        <Box sx={{ width: 10, height: 10, borderRadius: 5, mt: '6px', ml: '2px', bgcolor: tones[tone] }} />
        {!last && <Box sx={{ position: 'absolute', left: 6, top: 20, bottom: -18, width: 2, bgcolor: 'divider' }} />}
      </Box>
      <Box sx={{ minWidth: 0 }}>
        <div>{children}</div>
        <Typography variant="caption" sx={{ color: 'text.secondary' }}>
          {at}
          {since !== undefined && since >= 0 && ` (+${formatSpan(since)})`}
        </Typography>
      </Box>
    </Box>
  );
}
