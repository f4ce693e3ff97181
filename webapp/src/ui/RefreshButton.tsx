import RefreshIcon from '@mui/icons-material/Refresh';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useCommon } from '../i18n/common';

type Props = {
  /** What has changed since the list was read; empty if nothing has. */
  news: string;
  onRefresh: () => void;
};

/**
 * Says that a list is not what it was any more, and reads it anew when the reader wants it. It
 * stands in a row of its own height: nothing moves when it has something to say.
 */
export function RefreshButton({ news, onRefresh }: Props) {
  const t = useCommon();
  return (
    <>
      <Box
        component="span"
        role="status"
        sx={{ position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' }}
      >
        {news}
      </Box>
      <Button
        size="small"
        variant={news ? 'contained' : 'text'}
        color={news ? 'primary' : 'inherit'}
        startIcon={<RefreshIcon />}
        onClick={onRefresh}
        title={news || undefined}
        sx={{ minWidth: 0, flexShrink: 1 }}
      >
        <Box component="span" sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
          {news ? `${news} · ${t('refresh')}` : t('refresh')}
        </Box>
      </Button>
    </>
  );
}
