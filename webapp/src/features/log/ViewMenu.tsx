import CheckIcon from '@mui/icons-material/Check';
import ColumnsIcon from '@mui/icons-material/ViewColumnOutlined';
import Button from '@mui/material/Button';
import Divider from '@mui/material/Divider';
import ListSubheader from '@mui/material/ListSubheader';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { memo, useState } from 'react';
import { useFieldText } from '../../push/fields';
import { type Density, densities } from '../../ui/density';
import { type ShownColumn, shownColumns } from './columns';
import { useLogText } from './text';

type Props = {
  hidden: readonly string[];
  density: Density;
  onToggle: (column: ShownColumn) => void;
  onDensity: (density: Density) => void;
};

/** Chooses columns and the height of rows. */
export const ViewMenu = memo(function ViewMenu({ hidden, density, onToggle, onDensity }: Props) {
  const t = useLogText();
  const name = useFieldText();
  const [at, setAt] = useState<HTMLElement | null>(null);
  return (
    <>
      <Button size="small" startIcon={<ColumnsIcon />} aria-haspopup="menu" onClick={(e) => setAt(e.currentTarget)}>
        {t('columns')}
      </Button>
      <Menu open={at !== null} anchorEl={at} onClose={() => setAt(null)} slotProps={{ list: { dense: true } }}>
        {shownColumns.map((c) => (
          <MenuItem
            key={c}
            role="menuitemcheckbox"
            aria-checked={!hidden.includes(c)}
            onClick={() => onToggle(c)}
            sx={{ py: 0.5 }}
          >
            <Mark on={!hidden.includes(c)} />
            {name(c)}
          </MenuItem>
        ))}
        <Divider />
        <ListSubheader role="presentation">{t('density')}</ListSubheader>
        {densities.map((d) => (
          <MenuItem
            key={d}
            role="menuitemradio"
            aria-checked={d === density}
            onClick={() => onDensity(d)}
            sx={{ py: 0.5 }}
          >
            <Mark on={d === density} />
            {t(d)}
          </MenuItem>
        ))}
      </Menu>
    </>
  );
});

/** Whether it is chosen; the item says so to who can't see. */
function Mark({ on }: { on: boolean }) {
  return <CheckIcon fontSize="small" sx={{ mr: 1, visibility: on ? 'visible' : 'hidden' }} />;
}
