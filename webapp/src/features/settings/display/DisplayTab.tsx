import Box from '@mui/material/Box';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useNow } from '../../../live/useNow';
import { useTime } from '../../../time/useTime';
import { type Density, densities, setDensity, useDensity } from '../../../ui/density';
import { LanguageSwitch, ThemeSwitch } from '../../../ui/switches';
import { Section } from '../Section';
import { useDisplayText } from './text';

/** How the dashboard looks in this browser. */
export default function DisplayTab() {
  const t = useDisplayText();
  const density = useDensity();
  const { zone } = useTime();
  return (
    <Section title={t('look')} hint={t('lookHint')}>
      <Choice name={t('language')} hint={t('languageHint')}>
        <LanguageSwitch />
      </Choice>
      <Choice name={t('theme')} hint={t('themeHint')}>
        <ThemeSwitch />
      </Choice>
      <Choice name={t('density')} hint={t('densityHint')}>
        <ToggleButtonGroup
          exclusive
          size="small"
          aria-label={t('density')}
          value={density}
          onChange={(_, d: Density | null) => d && setDensity(d)}
        >
          {densities.map((d) => (
            <ToggleButton key={d} value={d}>
              {t(d)}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </Choice>
      <Choice name={t('zone')} hint={t('zoneHint')}>
        <Box sx={{ textAlign: { sm: 'right' } }}>
          <Typography sx={{ fontWeight: 600 }}>{zone}</Typography>
          <Clock />
        </Box>
      </Choice>
    </Section>
  );
}

function Clock() {
  const t = useDisplayText();
  const now = useNow();
  const { format } = useTime();
  return (
    <Typography variant="body2" sx={{ color: 'text.secondary', whiteSpace: 'nowrap' }}>
      {t('now', { time: format(now) })}
    </Typography>
  );
}

function Choice({ name, hint, children }: { name: string; hint: string; children: ReactNode }) {
  return (
    <Box
      sx={{
        display: 'flex',
        flexDirection: { xs: 'column', sm: 'row' },
        alignItems: { sm: 'center' },
        justifyContent: 'space-between',
        gap: { xs: 1, sm: 3 },
        py: 1.5,
        borderTop: 1,
        borderColor: 'divider',
      }}
    >
      <Box sx={{ maxWidth: 560 }}>
        <Typography sx={{ fontWeight: 600 }}>{name}</Typography>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {hint}
        </Typography>
      </Box>
      <Box sx={{ flexShrink: 0 }}>{children}</Box>
    </Box>
  );
}
