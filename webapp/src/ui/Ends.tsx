import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useTime } from '../time/useTime';
import { InstantField } from './InstantField';
import { usePeriodText } from './periodText';

type Times = { since: string | null; until: string | null };

/** From and to. */
export function Ends({ since, until, onApply }: Times & { onApply: (ends: Times) => void }) {
  const t = usePeriodText();
  const { zone } = useTime();
  const [from, setFrom] = useState(since);
  const [to, setTo] = useState(until);
  const wrong = from !== null && to !== null && from >= to;
  return (
    <Stack
      component="form"
      onSubmit={(e) => {
        e.preventDefault();
        if (!wrong) onApply({ since: from, until: to });
      }}
      sx={{ p: 2, gap: 2, width: 280 }}
    >
      <InstantField label={t('from')} value={from} onChange={setFrom} />
      <InstantField label={t('to')} value={to} onChange={setTo} />
      <Typography variant="caption" sx={{ color: 'text.secondary' }}>
        {zone}
      </Typography>
      <Button type="submit" variant="contained" disabled={wrong}>
        {t('apply')}
      </Button>
    </Stack>
  );
}
