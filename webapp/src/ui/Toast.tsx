import type { AlertColor } from '@mui/material/Alert';
import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useState } from 'react';

/** What it looks like; plain, if that can't be loaded because the server is away. */
const Snack = lazy(() => import('./Snack').catch(() => ({ default: Plain })));

function Plain({ text, open }: { text: ReactNode; open: boolean }) {
  return (
    <div role="alert" hidden={!open}>
      {text}
    </div>
  );
}

type Say = (text: ReactNode, severity?: AlertColor) => void;

const Context = createContext<Say>(() => undefined);

/** Short words on what was done. What must not be missed belongs on the page. */
export function Toasts({ children }: { children: ReactNode }) {
  const [toast, setToast] = useState<{ n: number; text: ReactNode; severity: AlertColor } | null>(null);
  const [open, setOpen] = useState(false);
  const say = useCallback<Say>((text, severity = 'success') => {
    setToast((old) => ({ n: (old?.n ?? 0) + 1, text, severity }));
    setOpen(true);
  }, []);
  return (
    <Context.Provider value={say}>
      {children}
      {toast && (
        <Suspense>
          <Snack {...toast} open={open} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </Context.Provider>
  );
}

export function useToast(): Say {
  return useContext(Context);
}
