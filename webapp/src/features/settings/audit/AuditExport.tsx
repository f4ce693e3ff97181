import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import Button from '@mui/material/Button';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type Schemas } from '../../../api/client';
import { saveFile } from '../../../api/download';
import { ErrorText } from '../../../ui/ErrorText';
import { useToast } from '../../../ui/Toast';
import { useAuditText } from './text';

const formats = ['csv', 'ndjson'] as const;

/** Saves what the filter selects as a file. queryOf gives the filter at that moment. */
export function AuditExport({ queryOf }: { queryOf: () => Omit<Schemas['AuditExport'], 'format'> }) {
  const t = useAuditText();
  const say = useToast();
  const [at, setAt] = useState<HTMLElement | null>(null);
  const save = useMutation({
    mutationFn: async (format: (typeof formats)[number]) => {
      const { data, response } = await client.POST('/api/v1/audit/export', {
        body: { ...queryOf(), format },
        parseAs: 'blob',
      });
      if (data) saveFile(data, response, `audit.${format}`);
    },
    onSuccess: () => say(t('exported')),
    onError: (error) => say(<ErrorText error={error} />, 'error'),
  });
  return (
    <>
      <Button
        variant="outlined"
        startIcon={<DownloadIcon />}
        loading={save.isPending}
        aria-haspopup="menu"
        aria-expanded={at !== null}
        onClick={(e) => setAt(e.currentTarget)}
      >
        {t(save.isPending ? 'exporting' : 'export')}
      </Button>
      <Menu open={at !== null} anchorEl={at} onClose={() => setAt(null)}>
        {formats.map((format) => (
          <MenuItem
            key={format}
            onClick={() => {
              setAt(null);
              save.mutate(format);
            }}
          >
            {t(format)}
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
