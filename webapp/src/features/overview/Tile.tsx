import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { memo } from 'react';
import { Link } from '../../ui/Link';

type Props = {
  name: string;
  /** Undefined while it is not known. */
  value?: string;
  note?: string;
  /** Where the pushes are that it counts. */
  to: string;
  tone?: 'failed' | 'warning';
};

const colors = { failed: 'status.failed', warning: 'warning.main' } as const;

/** A number that matters, which leads to what it counts. */
export const Tile = memo(function Tile({ name, value, note, to, tone }: Props) {
  return (
    <Paper
      component="li"
      variant="outlined"
      sx={{ position: 'relative', p: 2, minWidth: 0, '&:hover, &:focus-within': { borderColor: 'primary.main' } }}
    >
      <Link
        to={to}
        underline="none"
        sx={{
          color: 'inherit',
          display: 'block',
          // The whole tile is the link.
          '&::after': { content: '""', position: 'absolute', inset: 0, borderRadius: 1 },
          '&:focus-visible': { outline: 'none' },
          '&:focus-visible::after': { outline: '2px solid', outlineColor: 'primary.main' },
        }}
      >
        <Typography component="span" sx={{ display: 'block', fontSize: '0.8125rem', color: 'text.secondary' }}>
          {name}
        </Typography>
        <Box
          component="span"
          data-tone={tone}
          sx={{
            display: 'block',
            fontSize: '1.625rem',
            fontWeight: 700,
            lineHeight: 1.35,
            letterSpacing: '-0.02em',
            color: tone && colors[tone],
          }}
        >
          {value ?? <Skeleton width={90} />}
        </Box>
      </Link>
      <Typography component="div" variant="caption" sx={{ color: 'text.secondary', minHeight: 20 }}>
        {value === undefined ? <Skeleton width={120} /> : note}
      </Typography>
    </Paper>
  );
});
