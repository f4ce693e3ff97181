import Box from '@mui/material/Box';
import Divider from '@mui/material/Divider';
import MenuItem from '@mui/material/MenuItem';
import MenuList from '@mui/material/MenuList';
import Popover from '@mui/material/Popover';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { logout } from '../api/login';
import { useMe } from '../api/session';
import { ErrorText } from '../ui/ErrorText';
import { LanguageSwitch, ThemeSwitch } from '../ui/switches';
import { useToast } from '../ui/Toast';
import { useAppText } from './text';

/** Who is logged in; language, theme, log out. */
export default function AccountPanel({ at, onClose: close }: { at: HTMLElement | null; onClose: () => void }) {
  const t = useAppText();
  const me = useMe();
  const go = useNavigate();
  const say = useToast();
  return (
    <Popover
      open={at !== null}
      anchorEl={at}
      onClose={close}
      anchorOrigin={{ vertical: 'bottom', horizontal: 'right' }}
      transformOrigin={{ vertical: 'top', horizontal: 'right' }}
      slotProps={{ paper: { role: 'dialog', 'aria-label': t('account'), sx: { minWidth: 240, pt: 1 } } }}
    >
      <Box sx={{ px: 2, pb: 1 }}>
        <Typography sx={{ fontWeight: 700 }}>{me.name}</Typography>
        {me.role && (
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            {t(me.role)}
          </Typography>
        )}
      </Box>
      <Divider />
      <Row label={t('language')}>
        <LanguageSwitch />
      </Row>
      <Row label={t('theme')}>
        <ThemeSwitch />
      </Row>
      <Divider />
      <MenuList aria-label={t('account')}>
        <MenuItem
          onClick={() => {
            close();
            void go('/settings/account');
          }}
        >
          {t('account')}
        </MenuItem>
        <MenuItem onClick={() => void logout().catch((e: unknown) => say(<ErrorText error={e} />, 'error'))}>
          {t('logout')}
        </MenuItem>
      </MenuList>
    </Popover>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box sx={{ px: 2, py: 0.75, display: 'grid', gap: 0.5 }}>
      <Typography variant="caption" sx={{ color: 'text.secondary' }}>
        {label}
      </Typography>
      {children}
    </Box>
  );
}
