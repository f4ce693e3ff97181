import Button from '@mui/material/Button';
import { Link } from 'react-router';
import { texts } from '../i18n/texts';
import { Empty } from './Empty';
import { Page } from './Page';

const useText = texts(
  'notFound',
  {
    title: '페이지를 찾을 수 없습니다',
    hint: '주소가 잘못되었거나 옮겨졌습니다.',
    home: '현황으로 가기',
  },
  {
    title: 'Page not found',
    hint: 'The address is wrong, or the page has moved.',
    home: 'To the overview',
  },
);

/** An address that is no page, or not for who is logged in. */
export function NotFound() {
  const t = useText();
  return (
    <Page title={t('title')}>
      <Empty
        title={t('title')}
        hint={t('hint')}
        action={
          <Button variant="contained" component={Link} to="/">
            {t('home')}
          </Button>
        }
      />
    </Page>
  );
}
