import CheckedIcon from '@mui/icons-material/CheckBox';
import UncheckedIcon from '@mui/icons-material/CheckBoxOutlineBlank';
import ListSubheader from '@mui/material/ListSubheader';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { type Action, actionGroups, actions } from './filter';
import { useActionText, useAuditText } from './text';

type Props = { value: Action[] | null; onChange: (value: Action[] | null) => void };

/** Some actions, by groups. */
export function ActionSelect({ value, onChange }: Props) {
  const t = useAuditText();
  const action = useActionText();
  const chosen = value ?? [];
  const [only] = chosen;
  return (
    <TextField
      select
      label={t('action')}
      value={chosen}
      onChange={(e) => {
        const typed: unknown = e.target.value;
        const now = actions.filter((a) => Array.isArray(typed) && typed.includes(a));
        onChange(now.length > 0 ? now : null);
      }}
      slotProps={{
        inputLabel: { shrink: true },
        select: {
          multiple: true,
          displayEmpty: true,
          renderValue: () => {
            if (!only) return t('anyAction');
            return chosen.length === 1 ? action(only) : t('chosen', { count: chosen.length });
          },
          MenuProps: { slotProps: { paper: { sx: { maxHeight: 420 } } } },
        },
      }}
    >
      {actionGroups.flatMap(([group, some]) => [
        <ListSubheader key={group} sx={{ lineHeight: '32px' }}>
          {t(`group.${group}`)}
        </ListSubheader>,
        ...some.map((a) => (
          <MenuItem key={a} value={a} dense>
            {chosen.includes(a) ? (
              <CheckedIcon color="primary" fontSize="small" sx={{ mr: 1 }} />
            ) : (
              <UncheckedIcon fontSize="small" sx={{ mr: 1, color: 'text.secondary' }} />
            )}
            {action(a)}
          </MenuItem>
        )),
      ])}
    </TextField>
  );
}
