import { createParser, parseAsStringLiteral } from 'nuqs';

/** A whole number of at least `least`; anything else in the URL is as if it were not there. */
export const parseAsCount = (least: number, most: number) =>
  createParser({
    parse: (text) => {
      const n = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      return n >= least && n <= most ? n : null;
    },
    serialize: String,
  });

/** An instant as the API has it, RFC 3339 in UTC. */
export const parseAsInstant = createParser({
  parse: (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null,
  serialize: (text: string) => text,
});

/** Some words out of a list, with commas between them; unknown ones are left out. */
export const parseAsWords = <const W extends string>(words: readonly W[]) =>
  createParser<W[]>({
    parse: (text) => {
      const known = words.filter((w) => text.split(',').includes(w));
      return known.length > 0 ? known : null;
    },
    serialize: (all) => all.join(','),
    eq: (a, b) => a.join() === b.join(),
  });

/** One word out of a list. */
export const parseAsWord = parseAsStringLiteral;

/** Text of at most so many characters. */
export const parseAsText = (most: number) =>
  createParser({
    parse: (text) => (text !== '' && text.length <= most ? text : null),
    serialize: (text: string) => text,
  });
