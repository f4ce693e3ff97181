import Button from '@mui/material/Button';
import { Empty } from '../../ui/Empty';
import { useLogText } from './text';

/** Why there are no rows: none at all, none for this filter, none on this page, or a search that is gone. */
export function Nothing({ kind, onClear }: { kind: 'all' | 'filter' | 'page' | 'search'; onClear: () => void }) {
  const t = useLogText();
  const button = (text: string) => (
    <Button variant="outlined" onClick={onClear}>
      {text}
    </Button>
  );
  switch (kind) {
    case 'all':
      return <Empty title={t('emptyTitle')} hint={t('emptyHint')} />;
    case 'filter':
      return <Empty title={t('noneTitle')} hint={t('noneHint')} action={button(t('clear'))} />;
    case 'page':
      return <Empty title={t('pastEnd')} action={button(t('toFirst'))} />;
    case 'search':
      return <Empty title={t('searchGone')} hint={t('noneHint')} action={button(t('clear'))} />;
  }
}
