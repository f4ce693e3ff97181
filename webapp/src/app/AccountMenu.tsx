import AccountIcon from '@mui/icons-material/AccountCircleOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { Suspense, useState } from 'react';
import { lazily } from '../api/load';
import { useMe } from '../api/session';
import { useAppText } from './text';

const AccountPanel = lazily(() => import('./AccountPanel'));

/** Who is logged in, and what belongs to them. */
export function AccountMenu() {
  const t = useAppText();
  const me = useMe();
  const [at, setAt] = useState<HTMLElement | null>(null);
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        color="inherit"
        size="small"
        startIcon={<AccountIcon />}
        aria-haspopup="dialog"
        aria-label={`${t('account')}: ${me.name}`}
        onClick={(e) => {
          setOpened(true);
          setAt(e.currentTarget);
        }}
        sx={{ maxWidth: 200 }}
      >
        <Box component="span" sx={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
          {me.name}
        </Box>
      </Button>
      {opened && (
        <Suspense>
          <AccountPanel at={at} onClose={() => setAt(null)} />
        </Suspense>
      )}
    </>
  );
}
