import KeyboardIcon from '@mui/icons-material/KeyboardOutlined';
import MenuIcon from '@mui/icons-material/Menu';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import { Suspense, useEffect, useState } from 'react';
import { Outlet } from 'react-router';
import { lazily } from '../api/load';
import { useLiveState } from '../live/LiveProvider';
import { useKeys } from '../ui/keys';
import { Waiting } from '../ui/Waiting';
import { AccountMenu } from './AccountMenu';
import { loadAhead } from './ahead';
import { LiveButton } from './LiveButton';
import { Menu, menuLook, menuWidth } from './Menu';
import { Notices } from './Notices';
import { SessionWatch } from './SessionWatch';
import { useAppText } from './text';

const Help = lazily(() => import('./Help'));

const MobileMenu = lazily(() => import('./MobileMenu'));

/** What is around every page: menu, state of the connection, account, notices. */
export default function Shell() {
  const t = useAppText();
  const [menu, setMenu] = useState(false);
  const [opened, setOpened] = useState(false); // the menu of narrow screens, once
  const [help, setHelp] = useState(false);
  const { paused, setPaused } = useLiveState();
  useEffect(loadAhead, []);
  useKeys({ '?': () => setHelp(true), p: () => setPaused(!paused) });
  return (
    <Box sx={{ display: 'flex', minHeight: '100vh' }}>
      <Box
        component="a"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          document.getElementById('main')?.focus();
        }}
        sx={{
          position: 'fixed',
          left: 8,
          top: -60,
          zIndex: 2000,
          p: 1,
          bgcolor: 'background.paper',
          color: 'text.primary',
          borderRadius: 1,
          '&:focus': { top: 8 },
        }}
      >
        {t('skip')}
      </Box>
      <Box sx={{ display: { xs: 'none', md: 'block' }, width: menuWidth, flexShrink: 0 }}>
        <Box sx={{ position: 'fixed', height: '100vh', overflowY: 'auto', ...menuLook }}>
          <Menu />
        </Box>
      </Box>
      {opened && (
        <Suspense>
          <MobileMenu open={menu} onClose={() => setMenu(false)} />
        </Suspense>
      )}
      <Box sx={{ flex: 1, minWidth: 0, display: 'flex', flexDirection: 'column' }}>
        <Box
          component="header"
          sx={{
            position: 'sticky',
            top: 0,
            zIndex: 'appBar',
            display: 'flex',
            alignItems: 'center',
            gap: 0.5,
            minHeight: 52,
            px: { xs: 1, sm: 2 },
            borderBottom: 1,
            borderColor: 'divider',
            bgcolor: 'background.paper',
          }}
        >
          <IconButton
            aria-label={t('menu')}
            onClick={() => {
              setOpened(true);
              setMenu(true);
            }}
            sx={{ display: { md: 'none' } }}
          >
            <MenuIcon />
          </IconButton>
          <Box sx={{ flex: 1 }} />
          <LiveButton />
          <IconButton
            title={`${t('help')} (?)`}
            aria-label={t('help')}
            onClick={() => setHelp(true)}
            sx={{ display: { xs: 'none', sm: 'inline-flex' } }}
          >
            <KeyboardIcon fontSize="small" />
          </IconButton>
          <AccountMenu />
        </Box>
        <Notices />
        <Suspense fallback={<Waiting />}>
          <Outlet />
        </Suspense>
      </Box>
      <SessionWatch />
      {help && (
        <Suspense>
          <Help onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </Box>
  );
}
