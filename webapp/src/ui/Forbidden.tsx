import Button from '@mui/material/Button';
import { Link } from 'react-router';
import type { Permission } from '../api/session';
import { texts } from '../i18n/texts';
import { Empty } from './Empty';
import { Page } from './Page';

const useText = texts(
  'forbidden',
  {
    title: '이 페이지를 볼 권한이 없습니다',
    hint: "이 페이지를 보려면 '{{name}}' 권한({{may}})이 필요합니다. 관리자에게 요청하세요.",
    home: '현황으로 가기',
    read: '로그 조회',
    send: '시험 발송',
    flush: '로그 비우기',
    users: '사용자 관리',
    audit: '감사 로그 조회',
    settings: '서버 설정 조회',
    self: '내 계정',
  },
  {
    title: 'You have no permission for this page',
    hint: 'This page requires the permission {{may}} ({{name}}). Ask an administrator for it.',
    home: 'To the overview',
    read: 'read the log',
    send: 'send test pushes',
    flush: 'flush the log',
    users: 'manage users and tokens',
    audit: 'read the audit log',
    settings: 'read the settings',
    self: 'manage your own account',
  },
);

type Named = Exclude<Permission, 'export' | 'change' | 'control' | 'reveal'>;

/** In place of a page that there is, for those with a permission. */
export default function Forbidden({ may }: { may: Named }) {
  const t = useText();
  return (
    <Page title={t('title')}>
      <Empty
        title={t('title')}
        hint={t('hint', { may, name: t(may) })}
        action={
          <Button variant="contained" component={Link} to="/">
            {t('home')}
          </Button>
        }
      />
    </Page>
  );
}
