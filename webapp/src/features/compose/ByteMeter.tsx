import Box from '@mui/material/Box';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { memo } from 'react';
import { maxBytes } from './job';
import { useComposeText } from './text';

/** How much of what FCM takes a message needs. */
export const ByteMeter = memo(function ByteMeter({ bytes }: { bytes: number }) {
  const t = useComposeText();
  const over = bytes - maxBytes;
  return (
    <Box>
      <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 1, flexWrap: 'wrap', mb: 0.5 }}>
        <Typography variant="body2" component="span">
          {t('bytes')}
        </Typography>
        <Typography
          variant="body2"
          component="span"
          sx={{ fontWeight: 700, color: over > 0 ? 'error.main' : 'text.primary' }}
        >
          {t('bytesOf', { bytes, max: maxBytes })}
          {over > 0 && ` · ${t('bytesOver', { n: over })}`}
        </Typography>
      </Box>
      <LinearProgress
        variant="determinate"
        aria-label={t('bytes')}
        aria-valuetext={t('bytesOf', { bytes, max: maxBytes })}
        color={over > 0 ? 'error' : bytes > maxBytes * 0.9 ? 'warning' : 'primary'}
        value={Math.min(100, (100 * bytes) / maxBytes)}
        sx={{ height: 6, borderRadius: 3 }}
      />
      <Typography variant="caption" component="div" sx={{ color: 'text.secondary', mt: 0.5 }}>
        {t('bytesHint')}
      </Typography>
    </Box>
  );
});
