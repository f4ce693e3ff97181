import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';

/** Nothing is there: why, and what to do. */
export function Empty({ title, hint, action }: { title: string; hint?: ReactNode; action?: ReactNode }) {
  return (
    <Stack role="status" sx={{ alignItems: 'center', textAlign: 'center', gap: 1, py: 6, px: 2 }}>
      <Typography variant="h2" component="p">
        {title}
      </Typography>
      {hint && (
        <Typography component="div" sx={{ color: 'text.secondary', width: '100%', maxWidth: 520 }}>
          {hint}
        </Typography>
      )}
      {action}
    </Stack>
  );
}
