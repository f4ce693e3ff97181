import Drawer from '@mui/material/Drawer';
import { Menu, menuLook } from './Menu';
import { useAppText } from './text';

/** The menu where there is no room beside the page. */
export default function MobileMenu({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useAppText();
  return (
    <Drawer
      open={open}
      onClose={onClose}
      sx={{ display: { md: 'none' } }}
      slotProps={{ paper: { sx: menuLook, 'aria-label': t('mainMenu') } }}
    >
      <Menu onGo={onClose} />
    </Drawer>
  );
}
