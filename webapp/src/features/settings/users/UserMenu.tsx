import MoreIcon from '@mui/icons-material/MoreVert';
import IconButton from '@mui/material/IconButton';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import { useState } from 'react';
import { useSettingsText } from '../text';
import type { UserAction } from './rules';
import { useUsersText } from './text';

const words = {
  role: 'changeRole',
  password: 'setPassword',
  disable: 'disable',
  enable: 'enable',
  sessions: 'sessions',
} as const;

type Props = { name: string; actions: UserAction[]; onAction: (action: UserAction) => void };

/** What can be done with a user. */
export function UserMenu({ name, actions, onAction }: Props) {
  const t = useUsersText();
  const settings = useSettingsText();
  const [at, setAt] = useState<HTMLElement | null>(null);
  if (actions.length === 0) return null;
  return (
    <>
      <IconButton
        size="small"
        aria-label={settings('actionsOf', { name })}
        aria-haspopup="menu"
        aria-expanded={at !== null}
        onClick={(e) => setAt(e.currentTarget)}
      >
        <MoreIcon fontSize="small" />
      </IconButton>
      <Menu open={at !== null} anchorEl={at} onClose={() => setAt(null)}>
        {actions.map((action) => (
          <MenuItem
            key={action}
            sx={action === 'disable' ? { color: 'error.main' } : undefined}
            onClick={() => {
              setAt(null);
              onAction(action);
            }}
          >
            {t(words[action])}
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
