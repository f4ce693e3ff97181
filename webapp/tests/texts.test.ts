import { describe, expect, it } from 'vitest';
import { allTexts } from '../src/i18n/texts';

// All parts of the page that declare texts.
const parts = import.meta.glob(['../src/**/*.{ts,tsx}', '!../src/**/*.test.*', '!../src/main.tsx'], { eager: true });

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();

describe('texts', () => {
  it('are found', () => {
    expect(Object.keys(parts).length).toBeGreaterThan(20);
    expect(allTexts.size).toBeGreaterThan(5);
  });

  for (const [name, { ko, en }] of allTexts) {
    it(`of ${name} are there in both languages, with the same values`, () => {
      expect(Object.keys(en).sort()).toEqual(Object.keys(ko).sort());
      for (const [key, text] of Object.entries(ko)) {
        expect(text.trim(), key).not.toBe('');
        expect(en[key]?.trim(), key).not.toBe('');
        if (!/_(one|other)$/.test(key)) expect(placeholders(en[key] ?? ''), key).toEqual(placeholders(text));
      }
    });

    it(`of ${name} are Korean and English`, () => {
      expect(Object.values(en).filter((text) => /[가-힣]/.test(text))).toEqual([]);
    });

    it(`of ${name} have both forms of a count`, () => {
      for (const key of Object.keys(ko)) {
        if (key.endsWith('_one')) expect(ko).toHaveProperty([key.replace(/_one$/, '_other')]);
        if (key.endsWith('_other')) expect(ko).toHaveProperty([key.replace(/_other$/, '_one')]);
      }
    });
  }
});
