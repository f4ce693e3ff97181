import Box from '@mui/material/Box';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { type ReactNode, useEffect } from 'react';

/** A page: its title, which is the tab's too, what can be done, and what it is about. */
export function Page({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · pushstream`;
  }, [title]);
  return (
    <Box component="main" id="main" tabIndex={-1} sx={{ p: { xs: 1.5, sm: 3 }, minWidth: 0, outline: 'none' }}>
      <Stack
        direction="row"
        sx={{ alignItems: 'center', justifyContent: 'space-between', flexWrap: 'wrap', gap: 1, mb: 2, minHeight: 40 }}
      >
        <Typography variant="h1">{title}</Typography>
        {actions && (
          <Stack direction="row" sx={{ gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
            {actions}
          </Stack>
        )}
      </Stack>
      {children}
    </Box>
  );
}
