import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useCommon } from '../i18n/common';
import { useAppText } from './text';
import { mono } from './theme';

const keys = [
  ['/', 'help.search'],
  ['j k', 'help.rows'],
  ['Enter', 'help.open'],
  ['Esc', 'help.close'],
  ['[ ]', 'help.pages'],
  ['p', 'help.pause'],
  ['?', 'help.help'],
] as const;

/** What the keyboard does. */
export default function Help({ onClose }: { onClose: () => void }) {
  const t = useAppText();
  const common = useCommon();
  return (
    <Dialog open onClose={onClose} aria-labelledby="help-title" maxWidth="xs" fullWidth>
      <DialogTitle id="help-title">{t('help')}</DialogTitle>
      <DialogContent>
        <Box component="dl" sx={{ display: 'grid', gridTemplateColumns: '6rem 1fr', rowGap: 1, m: 0 }}>
          {keys.map(([key, text]) => (
            <Box key={key} sx={{ display: 'contents' }}>
              <Box component="dt" sx={{ display: 'flex', gap: 0.5 }}>
                {key.split(' ').map((k) => (
                  <Box
                    key={k}
                    component="kbd"
                    sx={{
                      fontFamily: mono,
                      px: 0.75,
                      border: 1,
                      borderColor: 'divider',
                      borderRadius: 0.5,
                      fontSize: '0.8rem',
                    }}
                  >
                    {k}
                  </Box>
                ))}
              </Box>
              <Box component="dd" sx={{ m: 0 }}>
                {t(text)}
              </Box>
            </Box>
          ))}
        </Box>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose} autoFocus>
          {common('close')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
