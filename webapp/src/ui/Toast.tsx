import Alert, { type AlertColor } from '@mui/material/Alert';
import Snackbar from '@mui/material/Snackbar';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

type Say = (text: ReactNode, severity?: AlertColor) => void;

const Context = createContext<Say>(() => undefined);

/** Short words on what was done. What must not be missed belongs on the page. */
export function Toasts({ children }: { children: ReactNode }) {
  const [toast, setToast] = useState<{ key: number; text: ReactNode; severity: AlertColor } | null>(null);
  const [open, setOpen] = useState(false);
  const say = useCallback<Say>((text, severity = 'success') => {
    setToast((old) => ({ key: (old?.key ?? 0) + 1, text, severity }));
    setOpen(true);
  }, []);
  return (
    <Context.Provider value={say}>
      {children}
      <Snackbar
        key={toast?.key}
        open={open}
        autoHideDuration={5_000}
        onClose={(_, why) => why !== 'clickaway' && setOpen(false)}
        anchorOrigin={{ vertical: 'bottom', horizontal: 'center' }}
      >
        <Alert
          severity={toast?.severity ?? 'success'}
          onClose={() => setOpen(false)}
          variant="outlined"
          sx={{ bgcolor: 'background.paper' }}
        >
          {toast?.text}
        </Alert>
      </Snackbar>
    </Context.Provider>
  );
}

export function useToast(): Say {
  return useContext(Context);
}
