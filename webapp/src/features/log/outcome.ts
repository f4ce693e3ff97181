import type { Schemas } from '../../api/client';
import { texts } from '../../i18n/texts';
import type { useCodeText } from '../../push/codes';
import { nextTryAt } from '../../push/story';

type Record = Schemas['Record'];

export const useOutcomeText = texts(
  'outcome',
  {
    sent: 'FCM이 {{at}}에 접수했습니다. 휴대폰이 꺼져 있으면 켜질 때 표시됩니다.',
    failed: '{{at}}에 실패로 끝났습니다.',
    expired: '유효 시간이 지나 {{at}}에 만료되었습니다. 더 이상 발송하지 않습니다.',
    cancelled: '{{at}}에 취소되었습니다. 발송하지 않았습니다.',
    scheduled: '{{at}}에 발송할 예정입니다.',
    scheduledSoon: '예약되어 있습니다.',
    queued: '프로세스의 처리를 기다리거나 처리 중입니다.',
    retrying: '발송하지 못해 {{at}}에 다시 시도합니다.',
    retryingSoon: '발송하지 못해 곧 다시 시도합니다.',
    held: '지금은 발송이 보류되어 있습니다. 보류가 해제되면 발송합니다. 사유는 현황 화면에 있습니다.',
    back: '지금은 FCM에 연결되는 프로세스가 없습니다. 연결되면 발송합니다. 사유는 프로세스 화면에 있습니다.',
    paused: '지금은 모든 프로세스가 멈춰 있습니다. 재개하면 발송합니다.',
    alone: '지금은 실행 중인 프로세스가 없습니다. 시작하면 발송합니다.',
  },
  {
    sent: 'FCM accepted it at {{at}}. A phone that is switched off shows it later.',
    failed: 'It failed at {{at}}.',
    expired: 'It expired at {{at}}. It is not sent any more.',
    cancelled: 'It was cancelled at {{at}}, and was not sent.',
    scheduled: 'It will be sent at {{at}}.',
    scheduledSoon: 'It is scheduled.',
    queued: 'It waits for a worker, or is in flight.',
    retrying: 'The last attempt failed. The next one is at {{at}}.',
    retryingSoon: 'The last attempt failed. The next one comes soon.',
    held: 'Sending is held. It is sent when the hold ends; the overview shows the reason.',
    back: 'No worker reaches FCM. It is sent when one does; the workers page shows the reason.',
    paused: 'All workers are paused. It is sent when they resume.',
    alone: 'No worker is running. It is sent when one starts.',
  },
);

/** What became of a push, in a sentence. format writes instants, reserved the time of the wire. */
export function outcomeOf(
  r: Record,
  t: ReturnType<typeof useOutcomeText>,
  format: (at: string) => string,
  reserved: (text: string) => string,
): string {
  const ended = r.fcm_send_time ? format(r.fcm_send_time) : '';
  switch (r.status) {
    case 'sent':
    case 'failed':
    case 'expired':
    case 'cancelled':
      return t(r.status, { at: ended });
    case 'scheduled':
      return r.sndn_rsev_hour ? t('scheduled', { at: reserved(r.sndn_rsev_hour) }) : t('scheduledSoon');
    case 'queued':
      return t('queued');
    case 'retrying': {
      const next = nextTryAt(r);
      return next ? t('retrying', { at: format(next) }) : t('retryingSoon');
    }
  }
}

/** What its error code means, and what helps; nothing if there is none. */
export function adviceOf(r: Record, t: ReturnType<typeof useCodeText>): { means: string; helps: string } | null {
  if (!r.error_code || r.status === 'sent') return null;
  return { means: t(r.error_code), helps: r.status === 'retrying' ? '' : t(`${r.error_code}.do`) };
}
