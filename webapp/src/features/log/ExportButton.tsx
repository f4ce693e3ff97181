import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import Button from '@mui/material/Button';
import { Suspense, useState } from 'react';
import { lazily } from '../../api/load';
import type { Exported } from './ExportDialog';
import { useLogText } from './text';

const ExportDialog = lazily(() => import('./ExportDialog'));

/** Opens the export of what is filtered. */
export function ExportButton(exported: Exported) {
  const t = useLogText();
  const [open, setOpen] = useState(false);
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        size="small"
        startIcon={<DownloadIcon />}
        aria-haspopup="dialog"
        onClick={() => {
          setOpened(true);
          setOpen(true);
        }}
      >
        {t('exportAs')}
      </Button>
      {opened && (
        <Suspense>
          <ExportDialog {...exported} open={open} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
