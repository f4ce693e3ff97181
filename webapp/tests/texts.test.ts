import { describe, expect, it } from 'vitest';
import { allTexts } from '../src/i18n/texts';

// All parts of the page that declare texts.
const parts = import.meta.glob(['../src/**/*.{ts,tsx}', '!../src/**/*.test.*', '!../src/main.tsx'], { eager: true });

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();

// Words that the pages do not use, since another one says the same.
const wrongWords =
  /\b(in hand|resen[dt]\w*|lapsed?|bury|buried|seized?|nobody|somebody|whoever|you may not|looked at|is meant|are meant|stepped back|stays? dead|called dead|tries|dead tokens?)\b/i;
const wrongKorean = /다시 보내|다시 보낼|다시 보낸|전송 한도|전송 권한|손에 든/;
// 'FCM 이' instead of 'FCM이'.
const looseParticle =
  /[A-Za-z0-9)}"'*] (은|는|이|가|을|를|의|에|에서|로|으로|와|과|도|부터|까지|에게|(은|이|을)\([는가를]\))(?=[\s.,:?!'"·]|$)/;
const latinUnit = /[\d}] ?(ms|s|sec|min|m|h|d|bytes?)(?![A-Za-z])/;

describe('texts', () => {
  it('that are wrong would be found', () => {
    for (const text of ['In hand', 'Resent', '{{n}} looked at', 'Nobody runs']) expect(text).toMatch(wrongWords);
    for (const text of ['FCM 이 응답', '{{at}} 까지', "'{{name}}' 을(를) 삭제"]) expect(text).toMatch(looseParticle);
    for (const text of ['1 s 전', '340 ms', '{{ms}} ms']) expect(text).toMatch(latinUnit);
    expect('FCM이 1분 30초 뒤 {{at}}까지').not.toMatch(looseParticle);
  });
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

    it(`of ${name} use the words of the glossary`, () => {
      const all = [...Object.values(ko), ...Object.values(en)];
      expect(all.filter((text) => wrongWords.test(text) || wrongKorean.test(text))).toEqual([]);
    });

    it(`of ${name} have Korean particles and units where they belong`, () => {
      expect(Object.values(ko).filter((text) => looseParticle.test(text) || latinUnit.test(text))).toEqual([]);
    });

    it(`of ${name} have both forms of a count`, () => {
      for (const key of Object.keys(ko)) {
        if (key.endsWith('_one')) expect(ko).toHaveProperty([key.replace(/_one$/, '_other')]);
        if (key.endsWith('_other')) expect(ko).toHaveProperty([key.replace(/_other$/, '_one')]);
      }
    });
  }
});
