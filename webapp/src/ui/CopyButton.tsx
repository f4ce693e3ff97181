import ContentCopyIcon from '@mui/icons-material/ContentCopyOutlined';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { useCommon } from '../i18n/common';
import { useToast } from './Toast';

/** Copies a text; what is its name, for who can't see. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const t = useCommon();
  const say = useToast();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(t('copied'));
    } catch {
      say(t('copyFailed'), 'error');
    }
  };
  return (
    <Tooltip title={t('copy')}>
      <IconButton size="small" aria-label={`${t('copy')}: ${what}`} onClick={() => void copy()}>
        <ContentCopyIcon sx={{ fontSize: '1rem' }} />
      </IconButton>
    </Tooltip>
  );
}
