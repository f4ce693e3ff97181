import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import Typography from '@mui/material/Typography';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { client, type Schemas } from '../../api/client';
import { saveFile } from '../../api/download';
import { useMay } from '../../api/session';
import { formatNumber, useLanguage } from '../../i18n/texts';
import { serverNow } from '../../time/clock';
import { useTime } from '../../time/useTime';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { useToast } from '../../ui/Toast';
import { useExportText } from './exportText';
import { type Filter, instant } from './filter';

const kinds = ['excel', 'csv', 'ndjson'] as const;
/** For whom a file is: people with Excel, or programs. */
type Kind = (typeof kinds)[number];

export type Exported = { filter: Filter; order: 'newest' | 'oldest'; total: number; exact: boolean };

type Props = Exported & { open: boolean; onClose: () => void };

/** Exports what is filtered, as a file. */
export default function ExportDialog({ filter, order, total, exact, open, onClose }: Props) {
  const t = useExportText();
  const mayReveal = useMay('reveal');
  const say = useToast();
  const language = useLanguage();
  const { zone } = useTime();
  const [kind, setKind] = useState<Kind>('excel');
  const format = kind === 'ndjson' ? 'ndjson' : 'csv';
  const [reveal, setReveal] = useState(false);
  const running = useRef<AbortController | null>(null);
  const made = useMutation({
    mutationFn: async (reason: string) => {
      running.current = new AbortController();
      const { data, response } = await client.POST('/api/v1/pushes/export', {
        body: {
          ...filter,
          order,
          format,
          reveal,
          ...(reason && { reason }),
          ...(kind === 'excel' && { for: 'excel', lang: language }),
        } as Schemas['Export'],
        parseAs: 'blob',
        signal: running.current.signal,
      });
      if (data) saveFile(data, response, `pushes-${instant(serverNow()).slice(0, 19).replace(/\D/g, '')}.${format}`);
    },
    onSuccess: () => {
      onClose();
      say(t('exportDone'));
    },
  });
  const close = () => {
    running.current?.abort();
    made.reset();
    onClose();
  };
  const verb = t('exportVerb', { format: format.toUpperCase() });
  return (
    <ConfirmDialog
      open={open}
      title={t('exportTitle')}
      verb={verb}
      reason={reveal ? 'required' : 'optional'}
      busy={made.isPending}
      stoppable
      error={made.error}
      onConfirm={(reason) => made.mutate(reason)}
      onClose={close}
    >
      <Typography>{t('exportCount', { total: formatNumber(total) + (exact ? '' : '+') })}</Typography>
      <ToggleButtonGroup
        exclusive
        size="small"
        aria-label={t('format')}
        value={kind}
        onChange={(_, to: Kind | null) => to && setKind(to)}
      >
        {kinds.map((k) => (
          <ToggleButton key={k} value={k}>
            {t(`export.${k}`)}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <Typography variant="body2">{t(`export.${kind}Hint`, { zone })}</Typography>
      {mayReveal ? (
        <FormControlLabel
          control={<Checkbox checked={reveal} onChange={(e) => setReveal(e.target.checked)} />}
          label={t('exportReveal')}
        />
      ) : (
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {t('exportMasked')}
        </Typography>
      )}
      {made.isPending && <Typography role="status">{t('exportRunning')}</Typography>}
    </ConfirmDialog>
  );
}
