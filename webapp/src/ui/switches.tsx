import { useColorScheme } from '@mui/material/styles';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import { type Language, setLanguage, texts, useLanguage } from '../i18n/texts';

const useSwitchText = texts(
  'switches',
  { language: '언어', theme: '화면 테마', light: '밝게', dark: '어둡게', system: '시스템 설정' },
  { language: 'Language', theme: 'Theme', light: 'Light', dark: 'Dark', system: 'System' },
);

/** Korean or English. */
export function LanguageSwitch() {
  const t = useSwitchText();
  const language = useLanguage();
  return (
    <ToggleButtonGroup
      exclusive
      size="small"
      aria-label={t('language')}
      value={language}
      onChange={(_, l: Language | null) => l && setLanguage(l)}
    >
      <ToggleButton value="ko" lang="ko">
        한국어
      </ToggleButton>
      <ToggleButton value="en" lang="en">
        English
      </ToggleButton>
    </ToggleButtonGroup>
  );
}

/** Light, dark, or as the system. */
export function ThemeSwitch() {
  const t = useSwitchText();
  const { mode, setMode } = useColorScheme();
  return (
    <ToggleButtonGroup
      exclusive
      size="small"
      aria-label={t('theme')}
      value={mode ?? 'system'}
      onChange={(_, m: 'light' | 'dark' | 'system' | null) => m && setMode(m)}
    >
      {(['light', 'dark', 'system'] as const).map((m) => (
        <ToggleButton key={m} value={m}>
          {t(m)}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
