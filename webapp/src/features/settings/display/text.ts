import { texts } from '../../../i18n/texts';

export const useDisplayText = texts(
  'settings.display',
  {
    look: '표시',
    lookHint: '이 브라우저에만 저장됩니다.',
    language: '언어',
    languageHint: '화면의 글을 이 언어로 표시합니다.',
    theme: '화면 테마',
    themeHint: '시스템 설정을 선택하면 운영체제의 설정을 따릅니다.',
    density: '표의 행 간격',
    densityHint: '좁을수록 한 화면에 더 많은 행이 보입니다.',
    compact: '좁게',
    standard: '보통',
    comfortable: '넓게',
    zone: '시간대',
    zoneHint:
      '모든 시각은 브라우저의 시간대와 관계없이 회사의 시간대로 표시합니다. 서버 설정 PUSH_ZONE으로 정해집니다.',
    now: '지금 {{time}}',
  },
  {
    look: 'Look',
    lookHint: 'Kept in this browser only.',
    language: 'Language',
    languageHint: 'Language of the dashboard.',
    theme: 'Theme',
    themeHint: 'System follows your operating system.',
    density: 'Row height of tables',
    densityHint: 'Compact rows show more on one screen.',
    compact: 'Compact',
    standard: 'Standard',
    comfortable: 'Comfortable',
    zone: 'Time zone',
    zoneHint: 'All times are shown in the time zone of the firm (server setting PUSH_ZONE), not of the browser.',
    now: 'Now {{time}}',
  },
);
