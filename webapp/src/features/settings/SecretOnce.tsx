import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Typography from '@mui/material/Typography';
import { type ReactNode, useId } from 'react';
import { CopyButton } from '../../ui/CopyButton';
import { useSettingsText } from './text';

type Props = { title: string; what: string; secret: string; children?: ReactNode; onClose: () => void };

/** Shows a secret this once. It is closed by its button only: a stray click must not lose it. */
export function SecretOnce({ title, what, secret, children, onClose }: Props) {
  const t = useSettingsText();
  const id = useId();
  return (
    <Dialog open aria-labelledby={id} fullWidth maxWidth="sm">
      <DialogTitle id={id}>{title}</DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2 }}>
        <Alert severity="warning">
          <AlertTitle>{t('once')}</AlertTitle>
          {t('onceText')}
        </Alert>
        <div>
          <Typography variant="caption" sx={{ color: 'text.secondary' }}>
            {what}
          </Typography>
          <Box
            sx={{
              display: 'flex',
              alignItems: 'center',
              gap: 1,
              p: 1.5,
              border: 1,
              borderColor: 'divider',
              borderRadius: 1,
              bgcolor: 'background.default',
            }}
          >
            <Box component="code" data-secret sx={{ flex: 1, wordBreak: 'break-all', userSelect: 'all' }}>
              {secret}
            </Box>
            <CopyButton text={secret} what={what} />
          </Box>
        </div>
        {children}
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={onClose}>
          {t('stored')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
