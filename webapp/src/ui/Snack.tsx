import Alert, { type AlertColor } from '@mui/material/Alert';
import Snackbar from '@mui/material/Snackbar';
import type { ReactNode } from 'react';

type Props = { n: number; text: ReactNode; severity: AlertColor; open: boolean; onClose: () => void };

/** The nth toast. */
export default function Snack({ n, text, severity, open, onClose }: Props) {
  return (
    <Snackbar
      key={n}
      open={open}
      autoHideDuration={5_000}
      onClose={(_, why) => why !== 'clickaway' && onClose()}
      anchorOrigin={{ vertical: 'bottom', horizontal: 'center' }}
    >
      <Alert severity={severity} onClose={onClose} variant="outlined" sx={{ bgcolor: 'background.paper' }}>
        {text}
      </Alert>
    </Snackbar>
  );
}
