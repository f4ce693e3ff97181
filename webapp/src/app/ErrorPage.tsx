import Button from '@mui/material/Button';
import { Empty } from '../ui/Empty';
import { Page } from '../ui/Page';
import { useAppText } from './text';

/** Instead of a page that is broken, or that another version has replaced. */
export function ErrorPage({ error }: { error: unknown }) {
  const t = useAppText();
  const outdated = error instanceof Error && /dynamically imported module|preload/i.test(error.message);
  return (
    <Page title={t(outdated ? 'outdated' : 'broken')}>
      <Empty
        title={t(outdated ? 'outdated' : 'broken')}
        hint={t(outdated ? 'outdatedHint' : 'brokenHint')}
        action={
          <Button variant="contained" onClick={() => location.reload()}>
            {t('reload')}
          </Button>
        }
      />
    </Page>
  );
}
