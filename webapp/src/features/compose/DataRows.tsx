import AddIcon from '@mui/icons-material/Add';
import RemoveIcon from '@mui/icons-material/DeleteOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import FormHelperText from '@mui/material/FormHelperText';
import IconButton from '@mui/material/IconButton';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import type { Row } from './job';
import { useComposeText } from './text';

type Props = { rows: Row[]; fault: string; onChange: (rows: Row[]) => void };

/** The data of a push: keys and values, a row each. */
export function DataRows({ rows, fault, onChange }: Props) {
  const t = useComposeText();
  const set = (id: number, patch: Partial<Row>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...patch } : row)));
  const next = Math.max(0, ...rows.map((row) => row.id)) + 1;
  return (
    <Box role="group" aria-label={t('data')} sx={{ display: 'grid', gap: 1 }}>
      <Typography variant="h3" component="div">
        {t('data')}
      </Typography>
      {rows.map((row, i) => (
        <Box key={row.id} sx={{ display: 'grid', gap: 1, gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 3fr) auto' }}>
          <TextField
            label={t('key')}
            value={row.key}
            autoComplete="off"
            error={fault !== ''}
            onChange={(e) => set(row.id, { key: e.target.value })}
            slotProps={{ htmlInput: { 'aria-label': t('keyN', { n: i + 1 }), className: 'mono', spellCheck: false } }}
          />
          <TextField
            label={t('value')}
            value={row.value}
            autoComplete="off"
            onChange={(e) => set(row.id, { value: e.target.value })}
            slotProps={{ htmlInput: { 'aria-label': t('valueN', { n: i + 1 }), spellCheck: false } }}
          />
          <IconButton
            aria-label={t('removeRow', { n: i + 1 })}
            onClick={() => onChange(rows.filter((r) => r.id !== row.id))}
          >
            <RemoveIcon fontSize="small" />
          </IconButton>
        </Box>
      ))}
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.5, flexWrap: 'wrap' }}>
        <Button
          size="small"
          startIcon={<AddIcon />}
          onClick={() => onChange([...rows, { id: next, key: '', value: '' }])}
        >
          {t('addRow')}
        </Button>
        <FormHelperText error={fault !== ''} sx={{ mt: 0 }}>
          {fault || t('dataHint')}
        </FormHelperText>
      </Box>
    </Box>
  );
}
