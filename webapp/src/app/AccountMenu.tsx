import AccountIcon from '@mui/icons-material/AccountCircleOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Divider from '@mui/material/Divider';
import MuiMenu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import Typography from '@mui/material/Typography';
import { type ReactNode, useState } from 'react';
import { useNavigate } from 'react-router';
import { logout } from '../api/login';
import { useMe } from '../api/session';
import { ErrorText } from '../ui/ErrorNotice';
import { LanguageSwitch, ThemeSwitch } from '../ui/switches';
import { useToast } from '../ui/Toast';
import { useAppText } from './text';

/** Who is logged in; language, theme, log out. */
export function AccountMenu() {
  const t = useAppText();
  const me = useMe();
  const go = useNavigate();
  const say = useToast();
  const [at, setAt] = useState<HTMLElement | null>(null);
  const close = () => setAt(null);
  return (
    <>
      <Button
        color="inherit"
        size="small"
        startIcon={<AccountIcon />}
        aria-haspopup="true"
        aria-label={`${t('account')}: ${me.name}`}
        onClick={(e) => setAt(e.currentTarget)}
        sx={{ maxWidth: 200 }}
      >
        <Box component="span" sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
          {me.name}
        </Box>
      </Button>
      <MuiMenu open={at !== null} anchorEl={at} onClose={close} slotProps={{ paper: { sx: { minWidth: 240 } } }}>
        <Box component="li" role="none" sx={{ px: 2, py: 1 }}>
          <Typography sx={{ fontWeight: 700 }}>{me.name}</Typography>
          {me.role && (
            <Typography variant="body2" sx={{ color: 'text.secondary' }}>
              {t(me.role)}
            </Typography>
          )}
        </Box>
        <Divider component="li" role="none" />
        <Row label={t('language')}>
          <LanguageSwitch />
        </Row>
        <Row label={t('theme')}>
          <ThemeSwitch />
        </Row>
        <Divider component="li" role="none" />
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
      </MuiMenu>
    </>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box component="li" role="none" sx={{ px: 2, py: 0.75, display: 'grid', gap: 0.5 }}>
      <Typography variant="caption" sx={{ color: 'text.secondary' }}>
        {label}
      </Typography>
      {children}
    </Box>
  );
}
