import Button from '@mui/material/Button';
import { Link } from 'react-router';
import { Empty } from '../ui/Empty';
import { Page } from '../ui/Page';
import { useAppText } from './text';

/** An address that is no page, or not for who is logged in. */
export function NotFound() {
  const t = useAppText();
  return (
    <Page title={t('notFound')}>
      <Empty
        title={t('notFound')}
        hint={t('notFoundHint')}
        action={
          <Button variant="contained" component={Link} to="/">
            {t('home')}
          </Button>
        }
      />
    </Page>
  );
}
