import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { codes } from '../../push/codes';
import { useFieldText } from '../../push/fields';
import { useTime } from '../../time/useTime';
import { InstantField } from '../../ui/InstantField';
import type { LogChange, LogState } from '../../url/log';
import { type MoreState, ranges } from './filter';
import { useMoreText } from './moreText';

type Props = { state: MoreState; onApply: (part: LogChange) => void };

/** Service, group, error code, whether and when FCM accepted it, and for when it was reserved. */
export default function MoreFilters({ state, onApply }: Props) {
  const t = useMoreText();
  const name = useFieldText();
  const { zone } = useTime();
  const [now, setNow] = useState<LogChange>(state);
  const set = (part: LogChange) => setNow((old) => ({ ...old, ...part }));
  const isWrong = ([from, to]: (typeof ranges)[number]['ends']) => !!now[from] && !!now[to] && now[from] >= now[to];
  const wrong = ranges.some(({ ends }) => isWrong(ends));
  return (
    <Stack
      component="form"
      onSubmit={(e) => {
        e.preventDefault();
        if (wrong) return;
        onApply({ ...now, service: now.service?.trim() || null, group: now.group?.trim() || null });
      }}
      sx={{ p: 2, gap: 2, width: { xs: 300, sm: 440 }, maxWidth: '100%' }}
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { sm: '1fr 1fr' } }}>
        <TextField
          label={name('D_servicename')}
          value={now.service ?? ''}
          onChange={(e) => set({ service: e.target.value })}
          autoFocus
          slotProps={{ htmlInput: { maxLength: 128 } }}
        />
        <TextField
          label={name('push_grp_id')}
          value={now.group ?? ''}
          onChange={(e) => set({ group: e.target.value })}
          slotProps={{ htmlInput: { maxLength: 128 } }}
        />
        <TextField
          select
          label={name('error_code')}
          value={now.code ?? ''}
          onChange={(e) => set({ code: (e.target.value || null) as LogState['code'] })}
          slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
        >
          <MenuItem value="">{t('anyCode')}</MenuItem>
          {codes.map((c) => (
            <MenuItem key={c} value={c}>
              {c}
            </MenuItem>
          ))}
        </TextField>
        <TextField
          select
          label={name('fcm_send_yn')}
          value={now.sent ?? ''}
          onChange={(e) => set({ sent: (e.target.value || null) as LogState['sent'] })}
          slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
        >
          <MenuItem value="">{t('anySent')}</MenuItem>
          <MenuItem value="Y">{t('sentY')}</MenuItem>
          <MenuItem value="N">{t('sentN')}</MenuItem>
        </TextField>
        {ranges.map(({ column, ends }) =>
          ends.map((end, i) => (
            <InstantField
              key={end}
              label={t(i === 0 ? 'fromOf' : 'toOf', { what: name(column) })}
              value={now[end] ?? null}
              error={isWrong(ends)}
              onChange={(at) => set({ [end]: at })}
            />
          )),
        )}
      </Box>
      <Typography variant="caption" sx={{ color: wrong ? 'error.main' : 'text.secondary' }}>
        {wrong ? t('wrongRange') : zone}
      </Typography>
      <Button type="submit" variant="contained" disabled={wrong}>
        {t('apply')}
      </Button>
    </Stack>
  );
}
