import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import { type ReactNode, useId } from 'react';

type Props = { title: string; hint?: ReactNode; actions?: ReactNode; plain?: boolean; children: ReactNode };

/** A part of a tab, with its heading. plain: without a frame, for tables that have their own. */
export function Section({ title, hint, actions, plain, children }: Props) {
  const id = useId();
  const head = (
    <Box sx={{ display: 'flex', alignItems: 'flex-start', gap: 2, flexWrap: 'wrap', mb: 1.5 }}>
      <Box sx={{ flex: '1 1 240px' }}>
        <Typography variant="h2" id={id}>
          {title}
        </Typography>
        {hint && (
          <Typography component="div" variant="body2" sx={{ color: 'text.secondary', mt: 0.25, maxWidth: 760 }}>
            {hint}
          </Typography>
        )}
      </Box>
      {actions && <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>{actions}</Box>}
    </Box>
  );
  return plain ? (
    <Box component="section" aria-labelledby={id} sx={{ mb: 3 }}>
      {head}
      {children}
    </Box>
  ) : (
    <Paper variant="outlined" component="section" aria-labelledby={id} sx={{ p: { xs: 2, sm: 2.5 }, mb: 2 }}>
      {head}
      {children}
    </Paper>
  );
}
