import { texts } from '../../i18n/texts';

export const useLoginText = texts(
  'login',
  {
    title: '로그인',
    name: '아이디',
    password: '비밀번호',
    login: '로그인',
    show: '비밀번호 표시',
    hide: '비밀번호 숨기기',
    oidc: '회사 계정으로 로그인',
    or: '또는',
    ended: '세션이 끝났습니다. 다시 로그인하면 보던 화면으로 돌아갑니다.',
    wrong: '아이디 또는 비밀번호가 맞지 않습니다.',
    wait: '로그인 시도가 너무 많습니다. {{seconds}}초 후에 다시 시도하세요.',
    tagline: '푸시 발송과 전송 내역',
  },
  {
    title: 'Log in',
    name: 'Name',
    password: 'Password',
    login: 'Log in',
    show: 'Show the password',
    hide: 'Hide the password',
    oidc: 'Log in with your company account',
    or: 'or',
    ended: 'Your session has ended. Log in again to continue where you were.',
    wrong: 'The name or the password is wrong.',
    wait: 'Too many attempts. Try again in {{seconds}} seconds.',
    tagline: 'Push delivery and its log',
  },
);
