import { texts } from '../i18n/texts';

export const usePeriodText = texts(
  'period',
  {
    period: '기간',
    all: '전체',
    '15m': '15분',
    '1h': '1시간',
    '6h': '6시간',
    '24h': '24시간',
    '7d': '7일',
    '30d': '30일',
    custom: '직접 지정',
    from: '시작',
    to: '끝',
    apply: '적용',
  },
  {
    period: 'Period',
    all: 'All',
    '15m': '15 min',
    '1h': '1 h',
    '6h': '6 h',
    '24h': '24 h',
    '7d': '7 d',
    '30d': '30 d',
    custom: 'Custom',
    from: 'From',
    to: 'To',
    apply: 'Apply',
  },
);
