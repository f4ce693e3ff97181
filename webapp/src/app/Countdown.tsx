import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { logout } from '../api/login';
import { texts } from '../i18n/texts';

const useText = texts(
  'countdown',
  {
    title: '곧 로그아웃됩니다',
    idle: '오래 사용하지 않아 로그아웃됩니다. 화면, 필터, 작성하던 내용은 다시 로그인하면 그대로 있습니다.',
    final:
      '로그인한 지 오래되어 로그아웃되며, 연장할 수 없습니다. 다시 로그인하면 화면, 필터, 작성하던 내용이 그대로 있습니다.',
    left: '{{seconds}}초 남음',
    stay: '계속 사용',
    close: '닫기',
    now: '지금 로그아웃',
  },
  {
    title: 'You will be logged out soon',
    idle: 'This page has not been used for a while. Page, filters and drafts are kept: log in again to continue.',
    final:
      'The session has reached its maximum length and cannot be extended. Log in again to continue where you were.',
    left: '{{seconds}} s left',
    stay: 'Stay logged in',
    close: 'Close',
    now: 'Log out now',
  },
);

type Props = {
  seconds: number;
  /** Whether it ends even if it is used. */
  final: boolean;
  onStay: () => void;
};

/** Counts down until the session ends. */
export default function Countdown({ seconds, final, onStay }: Props): ReactNode {
  const t = useText();
  return (
    <Dialog
      open
      role="alertdialog"
      onClose={onStay}
      aria-labelledby="countdown-title"
      aria-describedby="countdown-text"
      maxWidth="xs"
      fullWidth
    >
      <DialogTitle id="countdown-title">{t('title')}</DialogTitle>
      <DialogContent>
        <Typography id="countdown-text">{t(final ? 'final' : 'idle')}</Typography>
        <Typography variant="h2" component="p" aria-hidden sx={{ mt: 2 }}>
          {t('left', { seconds })}
        </Typography>
        {/* Read out every ten seconds only. */}
        <Box
          role="status"
          sx={{ position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' }}
        >
          {t('left', { seconds: Math.ceil(seconds / 10) * 10 })}
        </Box>
      </DialogContent>
      <DialogActions>
        <Button onClick={() => void logout()}>{t('now')}</Button>
        <Button variant="contained" onClick={onStay} autoFocus>
          {t(final ? 'close' : 'stay')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
