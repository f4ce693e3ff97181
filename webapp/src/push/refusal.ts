import { ApiError } from '../api/error';
import { texts } from '../i18n/texts';
import { type Status, statuses } from './status';

/** Why a push was not changed: the state that it was in, or what else kept it from it. */
export type Refusal = Status | 'waiting' | 'in_hand' | 'unsendable' | 'missing';

/** Reads it from the API's answer; null if that says something else. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof ApiError)) return null;
  if (error.status === 404) return 'missing';
  if (error.status !== 409) return null;
  if (/^too late/.test(error.message)) return 'in_hand';
  if (/can't be sent/.test(error.message)) return 'unsendable';
  if (/was sent/.test(error.message)) return 'sent';
  const word = /: ([a-z_]+)$/.exec(error.message)?.[1];
  if (word === 'in_hand' || word === 'waiting') return word;
  return statuses.find((s) => s === word) ?? null;
}

/** A refusal in words, as of one push that somebody wanted to change. */
export const useRefusalText = texts(
  'refusal',
  {
    missing: '로그에 더 이상 없습니다.',
    waiting: '이미 대기열에 있습니다.',
    in_hand: '이미 처리 중이라 변경할 수 없습니다.',
    unsendable: '읽을 수 없는 항목이라 발송할 수 없습니다.',
    scheduled: '예약 상태입니다.',
    queued: '이미 대기열에 있습니다.',
    retrying: '재시도를 기다리고 있습니다.',
    sent: '이미 FCM에 접수되었습니다.',
    failed: '이미 실패로 끝났습니다.',
    expired: '이미 만료되었습니다.',
    cancelled: '이미 취소되었습니다.',
  },
  {
    missing: 'It is no longer in the log.',
    waiting: 'It is already queued.',
    in_hand: 'Too late: it is already in flight.',
    unsendable: 'It cannot be sent: its entry could not be read.',
    scheduled: 'It is scheduled.',
    queued: 'It is already queued.',
    retrying: 'It waits for a retry.',
    sent: 'FCM has already accepted it.',
    failed: 'It has already failed.',
    expired: 'It has already expired.',
    cancelled: 'It was already cancelled.',
  },
);
