import i18n from 'i18next';
import { useMemo } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';

export const languages = ['ko', 'en'] as const;
export type Language = (typeof languages)[number];

const stored = 'pushstream.language';

/** The language that was chosen, or else the browser's, or else Korean. */
function firstLanguage(): Language {
  const of = (text: string | null | undefined) => languages.find((l) => text?.toLowerCase().startsWith(l));
  return of(localStorage.getItem(stored)) ?? of(navigator.language) ?? 'ko';
}

void i18n.use(initReactI18next).init({
  lng: firstLanguage(),
  fallbackLng: false,
  supportedLngs: [...languages],
  resources: {},
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false }, // React escapes
  react: { useSuspense: false },
  initAsync: false,
  saveMissing: true,
  missingKeyHandler: (lngs, ns, key) => console.error(`no text: ${ns} ${key} in ${lngs}`),
});
document.documentElement.lang = i18n.language;
i18n.on('languageChanged', (language) => {
  document.documentElement.lang = language;
  localStorage.setItem(stored, language);
});

export function setLanguage(language: Language) {
  void i18n.changeLanguage(language);
}

export function useLanguage(): Language {
  return useTranslation().i18n.language as Language;
}

/** The language of the page, for what is no component; a change of it renders the page again. */
export function currentLanguage(): Language {
  return i18n.language as Language;
}

type Dictionary = Record<string, string>;
type Values = Record<string, string | number>;
/** A key without what i18next adds for the count. */
type Base<K extends string> = K extends `${infer B}_one` ? B : K extends `${infer B}_other` ? B : K;
export type T<K extends string = string> = (key: K, values?: Values) => string;

/** All texts, for the test that compares the languages. */
export const allTexts = new Map<string, Record<Language, Dictionary>>();

/**
 * Declares the texts of a part of the page, and returns the hook that gives them.
 *
 * Keys are flat. Text with a {{count}} has two keys, _one and _other, in either language.
 */
export function texts<const K extends Dictionary>(name: string, ko: K, en: { [key in keyof K]: string }) {
  allTexts.set(name, { ko, en });
  i18n.addResourceBundle('ko', name, ko);
  i18n.addResourceBundle('en', name, en);
  return function useText(): T<Base<keyof K & string>> {
    const { t, i18n: now } = useTranslation(name);
    // biome-ignore lint/correctness/useExhaustiveDependencies: the language changes what t answers
    return useMemo(() => (key, values) => t(key, numbers(values)), [t, now.language]);
  };
}

/** Writes numbers with separators; count stays a number, by which i18next chooses. */
function numbers(values?: Values): Record<string, unknown> {
  if (!values) return {};
  const all = Object.entries(values).map(([k, v]) => [k, typeof v === 'number' && k !== 'count' ? formatNumber(v) : v]);
  const given = Object.fromEntries(all) as Record<string, unknown>;
  if (typeof values.count === 'number') given.n = formatNumber(values.count);
  return given;
}

/** 1234567 → 1,234,567; the same in both languages. */
export function formatNumber(n: number): string {
  return n.toLocaleString('en-US');
}
