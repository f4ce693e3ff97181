import type { Permission } from '../../api/session';
import { texts } from '../../i18n/texts';

export const roles = ['viewer', 'operator', 'admin'] as const;

/** All permissions, in the order in which they are shown. */
export const permissions: Permission[] = [
  'read',
  'export',
  'reveal',
  'send',
  'change',
  'control',
  'flush',
  'users',
  'audit',
  'settings',
  'self',
];

/** What an API token may do. */
export const scopes = ['read', 'export', 'change', 'send', 'control', 'audit', 'settings', 'submit'] as const;
export type Scope = (typeof scopes)[number];

/** Roles and permissions in words. */
export const useAccessText = texts(
  'access',
  {
    viewer: '조회',
    operator: '운영',
    admin: '관리자',
    'viewer.does': '로그와 현황을 봅니다. 개인정보는 가려집니다.',
    'operator.does': '조회에 더해 재발송, 취소, 예약 변경, 시험 발송, 프로세스 제어, 내보내기를 합니다.',
    'admin.does': '운영에 더해 로그 비우기, 사용자, API 토큰, 감사 로그, 서버 설정을 관리합니다.',
    password: '비밀번호',
    oidc: '회사 계정(SSO)',
    read: '로그와 현황 조회(개인정보는 가림)',
    export: '파일로 내보내기(개인정보는 가림)',
    reveal: '개인정보 열람(사유를 적고 감사 로그에 남김)',
    send: '시험 발송',
    change: '재발송, 취소, 예약 변경',
    control: '프로세스 켜고 끄기, 발송 보류 해제, 무효 토큰 관리',
    flush: '로그 비우기',
    users: '사용자와 API 토큰 관리',
    audit: '감사 로그 조회',
    settings: '서버 설정 조회',
    self: '자신의 세션과 비밀번호 관리',
    submit: '푸시 접수(업무 시스템용, 이 화면의 API 권한은 없음)',
  },
  {
    viewer: 'Viewer',
    operator: 'Operator',
    admin: 'Administrator',
    'viewer.does': 'Sees the log and the overview. Personal data is masked.',
    'operator.does': 'Also redrives, cancels, moves, sends tests, controls workers, and exports.',
    'admin.does': 'Also flushes the log, and manages users, API tokens, audit and settings.',
    password: 'Password',
    oidc: 'Single sign-on',
    read: 'See the log and the overview, personal data masked',
    export: 'Export files, personal data masked',
    reveal: 'Reveal personal data, with a reason that is audited',
    send: 'Send a test push',
    change: 'Redrive, cancel, move',
    control: 'Switch workers, end holds, forget suppressed tokens',
    flush: 'Flush the log',
    users: 'Manage users and API tokens',
    audit: 'Read the audit log',
    settings: 'Read the server settings',
    self: 'Manage your own sessions and password',
    submit: 'Hand in pushes at a producer; no permission at this API',
  },
);
