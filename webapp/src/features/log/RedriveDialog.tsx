import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormGroup from '@mui/material/FormGroup';
import FormLabel from '@mui/material/FormLabel';
import Typography from '@mui/material/Typography';
import { useId, useState } from 'react';
import { BulkDialog } from '../../jobs/BulkDialog';
import { redrivable, useStatusText } from '../../push/status';
import { type Asked, type Filter, instant } from './filter';
import { useLogText } from './text';

type Props = {
  filter: Filter;
  asked: Asked | null;
  /** The bound of the page that is shown: what came later is not taken. */
  asof: string | null;
  onClose: () => void;
  onOrdered: (job: string) => void;
};

/** Redrives what is filtered, as far as it has ended without being sent: asks in which states. */
export default function RedriveDialog({ filter: { status, ...filter }, asked, asof, onClose, onOrdered }: Props) {
  const t = useLogText();
  const word = useStatusText();
  const label = useId();
  const open = redrivable.filter((s) => !status?.length || status.includes(s));
  // What has expired or was cancelled is not sent by mistake: one has to ask for it.
  const [chosen, setChosen] = useState<readonly (typeof open)[number][]>(status?.length ? open : ['failed']);
  const until = filter.until ?? (asof ? instant(Date.parse(asof) + 1) : undefined);
  return (
    <BulkDialog
      kind="redrive"
      filter={{ ...filter, status: [...chosen], ...(until && { until }) }}
      words={
        filter.search && asked ? { status: [...chosen], column: asked.column, [asked.match]: asked.word } : undefined
      }
      onClose={onClose}
      onOrdered={onOrdered}
    >
      <Box role="group" aria-labelledby={label}>
        <FormLabel id={label}>{t('redriveStates')}</FormLabel>
        <FormGroup row>
          {open.map((s) => (
            <FormControlLabel
              key={s}
              label={word(s)}
              control={
                <Checkbox
                  size="small"
                  checked={chosen.includes(s)}
                  disabled={chosen.length === 1 && chosen[0] === s}
                  onChange={(_, on) => setChosen(open.filter((o) => (o === s ? on : chosen.includes(o))))}
                />
              }
            />
          ))}
        </FormGroup>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {t('redriveNever')}
        </Typography>
      </Box>
    </BulkDialog>
  );
}
