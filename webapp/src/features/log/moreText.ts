import { texts } from '../../i18n/texts';

export const useMoreText = texts(
  'log.more',
  {
    anyCode: '모든 오류 코드',
    anySent: '전체',
    sentY: 'Y · FCM 접수',
    sentN: 'N · 보내지 못하고 끝남',
    fromOf: '{{what}} 시작',
    toOf: '{{what}} 끝',
    wrongRange: '시작은 끝보다 앞서야 합니다.',
    apply: '적용',
  },
  {
    anyCode: 'Any error code',
    anySent: 'Any',
    sentY: 'Y · accepted by FCM',
    sentN: 'N · ended without being sent',
    fromOf: '{{what}} from',
    toOf: '{{what}} to',
    wrongRange: 'From must be before to.',
    apply: 'Apply',
  },
);
