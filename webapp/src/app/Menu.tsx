import Box from '@mui/material/Box';
import List from '@mui/material/List';
import ListItemButton from '@mui/material/ListItemButton';
import ListItemIcon from '@mui/material/ListItemIcon';
import ListItemText from '@mui/material/ListItemText';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { NavLink, useLocation } from 'react-router';
import { useMe } from '../api/session';
import { Mark } from '../ui/Mark';
import { pages } from './pages';
import { useAppText } from './text';

/** How wide the menu is, and how it looks. */
export const menuWidth = 224;
export const menuLook = {
  width: menuWidth,
  boxSizing: 'border-box',
  borderRight: 1,
  borderColor: 'divider',
  bgcolor: 'background.paper',
} as const;

/** The menu: the pages that who is logged in may see. */
export function Menu({ onGo }: { onGo?: () => void }) {
  const t = useAppText();
  const me = useMe();
  const { pathname } = useLocation();
  return (
    <Box component="nav" aria-label={t('mainMenu')} sx={{ p: 1.5 }}>
      <Stack direction="row" sx={{ alignItems: 'center', gap: 1, px: 1, pt: 0.5, pb: 2 }}>
        <Mark />
        <Typography sx={{ fontWeight: 750, fontSize: '1.05rem', letterSpacing: '-0.02em' }}>pushstream</Typography>
      </Stack>
      <List disablePadding sx={{ display: 'grid', gap: 0.25 }}>
        {pages
          .filter((p) => me.permissions.includes(p.may))
          .map(({ path, name, icon: Icon }) => {
            const to = path.replace(/\/:.*$/, '');
            const here = to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);
            return (
              <li key={name}>
                <ListItemButton
                  component={NavLink}
                  to={to}
                  selected={here}
                  aria-current={here ? 'page' : undefined}
                  onClick={onGo}
                  sx={{
                    borderRadius: 1,
                    py: 0.75,
                    color: here ? 'primary.main' : 'text.primary',
                    '&.Mui-selected': { bgcolor: 'primary.light' },
                    '&.Mui-selected:hover': { bgcolor: 'primary.light' },
                  }}
                >
                  <ListItemIcon sx={{ minWidth: 34, color: here ? 'primary.main' : 'text.secondary' }}>
                    <Icon fontSize="small" />
                  </ListItemIcon>
                  <ListItemText
                    primary={t(name)}
                    slotProps={{ primary: { sx: { fontWeight: here ? 700 : 500, fontSize: '0.9rem' } } }}
                  />
                </ListItemButton>
              </li>
            );
          })}
      </List>
    </Box>
  );
}
