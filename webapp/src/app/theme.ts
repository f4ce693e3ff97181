import { koKR as coreKo } from '@mui/material/locale';
import { createTheme } from '@mui/material/styles';
import type {} from '@mui/material/themeCssVarsAugmentation';
import type {} from '@mui/x-data-grid/themeAugmentation';
import type { Language } from '../i18n/texts';
import type { Status } from '../push/status';

declare module '@mui/material/styles' {
  interface Palette {
    status: Record<Status, string>;
  }
  interface PaletteOptions {
    status?: Record<Status, string>;
  }
}

/** Colours of states, each at least 4.5:1 on paper and on the page. */
const statusLight: Record<Status, string> = {
  scheduled: '#5b3fc4',
  queued: '#0b6285',
  retrying: '#8a5300',
  sent: '#14703a',
  failed: '#bd1c2b',
  expired: '#854067',
  cancelled: '#5a6270',
};
const statusDark: Record<Status, string> = {
  scheduled: '#b4a4ff',
  queued: '#6cc9ee',
  retrying: '#f2b44c',
  sent: '#5fd08d',
  failed: '#ff8b90',
  expired: '#e29cc4',
  cancelled: '#a8b1c0',
};

const fonts =
  "'Pretendard Variable', Pretendard, -apple-system, BlinkMacSystemFont, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Segoe UI', sans-serif";
export const mono =
  "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', 'Pretendard Variable', monospace";

/** The look of everything. The nonce is the page's, for the grid, which writes styles by itself. */
export function themeOf(language: Language, nonce: string) {
  return createTheme(
    {
      cssVariables: { colorSchemeSelector: 'data-scheme' },
      colorSchemes: {
        light: {
          palette: {
            primary: { main: '#2450c8', dark: '#193b99', light: '#e8eefc' },
            error: { main: '#bd1c2b' },
            warning: { main: '#8a5300' },
            success: { main: '#14703a' },
            info: { main: '#0b6285' },
            background: { default: '#f5f6f9', paper: '#ffffff' },
            text: { primary: '#161b26', secondary: '#535c6b' },
            divider: '#e1e5ec',
            status: statusLight,
          },
        },
        dark: {
          palette: {
            primary: { main: '#8fb0ff', dark: '#6d93ee', light: '#1d2a4d', contrastText: '#0b1220' },
            error: { main: '#ff8b90' },
            warning: { main: '#f2b44c' },
            success: { main: '#5fd08d' },
            info: { main: '#6cc9ee' },
            background: { default: '#0e1219', paper: '#161b24' },
            text: { primary: '#e8ebf1', secondary: '#a5aebd' },
            divider: '#2a3240',
            status: statusDark,
          },
        },
      },
      shape: { borderRadius: 8 },
      typography: {
        fontFamily: fonts,
        fontSize: 14,
        h1: { fontSize: '1.375rem', fontWeight: 700, letterSpacing: '-0.01em', lineHeight: 1.35 },
        h2: { fontSize: '1rem', fontWeight: 700, lineHeight: 1.4 },
        h3: { fontSize: '0.875rem', fontWeight: 700, lineHeight: 1.4 },
        button: { textTransform: 'none', fontWeight: 600 },
        overline: { textTransform: 'none', letterSpacing: 0, fontWeight: 600, lineHeight: 1.5 },
      },
      components: {
        MuiCssBaseline: {
          styleOverrides: {
            body: { fontVariantNumeric: 'tabular-nums', wordBreak: 'keep-all', overflowWrap: 'anywhere' },
            'code, pre, .mono': { fontFamily: mono, fontSize: '0.92em' },
            '@media (prefers-reduced-motion: reduce)': {
              '*, *::before, *::after': {
                animationDuration: '0.01ms !important',
                transitionDuration: '0.01ms !important',
              },
            },
          },
        },
        MuiButtonBase: { defaultProps: { disableRipple: true } },
        MuiButton: {
          defaultProps: { disableElevation: true },
          styleOverrides: { root: { '&.Mui-focusVisible': { outline: '2px solid currentColor', outlineOffset: 2 } } },
        },
        MuiIconButton: {
          styleOverrides: { root: { '&.Mui-focusVisible': { outline: '2px solid currentColor', outlineOffset: -2 } } },
        },
        MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
        MuiCard: { defaultProps: { variant: 'outlined' } },
        MuiTooltip: { defaultProps: { enterDelay: 400, disableInteractive: true } },
        MuiTextField: { defaultProps: { size: 'small' } },
        MuiFormControl: { defaultProps: { size: 'small' } },
        MuiAlert: { styleOverrides: { root: { alignItems: 'center' } } },
        MuiDataGrid: { defaultProps: { nonce } },
      },
    },
    language === 'ko' ? coreKo : {},
  );
}
