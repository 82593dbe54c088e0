/** @file Values against options of the test's own: what each type takes, and what is left for further checks. */
import { describe, expect, test } from 'vitest';
import { locate, plainValue } from '../../../runtime/config/located.ts';
import type { LocatedObject } from '../../../runtime/config/located.ts';
import type { Keys } from '../../../runtime/contract/optionSpec.ts';
import { requireKeys, soundPart, validateSection } from '../../../runtime/config/validate.ts';
import type { Finding } from '../../../runtime/config/finding.ts';

const keys: Keys = {
  count: { type: 'integer', minimum: 1, below: 5, doc: 'A count.' },
  share: { type: 'number', above: 0, maximum: 1, doc: 'A share.' },
  word: { type: 'string', oneOf: ['one', 'two'], required: true, doc: 'A word.' },
  pair: { type: 'list', length: 2, of: { type: 'number', doc: 'x' }, doc: 'A pair.' },
  named: { type: 'map', of: { type: 'integer', doc: 'x' }, doc: 'Names.' },
  either: {
    type: 'either',
    of: [
      { type: 'string', oneOf: ['none'], doc: 'x' },
      { type: 'path', doc: 'x' },
    ],
    doc: 'x',
  },
  inner: { type: 'section', keys: { flag: { type: 'boolean', doc: 'A flag.' } }, doc: 'Inside.' },
};
const at = { set: 'x' };
const section = (value: object): LocatedObject => locate(value, at) as LocatedObject;
const messages = (value: object): string[] => {
  const found: string[] = [];
  validateSection(section(value), keys, '', ({ message, hint }) =>
    found.push(`${message} ${hint ?? ''}`.trim()),
  );
  return found;
};

describe('findings', () => {
  const cases: [object, string[]][] = [
    [
      {
        count: 4,
        share: 1,
        word: 'one',
        pair: [1, 2],
        named: { a: 1, b: null },
        either: 'none',
        inner: { flag: true },
      },
      [],
    ],
    [{ count: null, inner: null }, []],
    [{ either: 'any/path' }, []],
    [{ count: 5 }, ['"count" is a whole number at least 1 and below 5; here it is 5.']],
    [{ count: 2 ** 60 }, [`"count" is a whole number at least 1 and below 5; here it is ${2 ** 60}.`]],
    [
      { share: 1e-300 },
      [
        '"share" is a number above 0 and at most 1; here it is 1e-300. Single precision holds 1.2e-38 to 3.4e38.',
      ],
    ],
    [{ share: 0 }, ['"share" is a number above 0 and at most 1; here it is 0.']],
    [
      { share: '0.5' },
      ['"share" is a number above 0 and at most 1; "0.5" is a string. Write 0.5 without quotes.'],
    ],
    [{ word: 'tow' }, ['"word" has no value "tow": it is one of "one", "two". Did you mean "two"?']],
    [{ pair: [1] }, ['"pair" is a list of 2; here it has 1.']],
    [{ pair: [1, '2'] }, ['"pair[1]" is a number; "2" is a string. Write 2 without quotes.']],
    [{ named: { a: 1.5 } }, ['"named.a" is a whole number; here it is 1.5.']],
    [{ named: [] }, ['"named" is an object; [] is a list.']],
    [{ either: 1 }, ['"either" is "none" or a path; 1 is a number.']],
    [{ either: 'a\0b' }, ['"either" holds a zero character.']],
    [{ inner: { flga: true } }, ['"inner" has no key "flga". Did you mean "flag"?']],
    [
      { zzzzz: 1 },
      ['The config has no key "zzzzz". Its keys are count, share, word, pair, named, either, inner.'],
    ],
    [
      { inner: { flag: 'x'.repeat(99) } },
      [`"inner.flag" is true or false; "${'x'.repeat(56)}... is a string.`],
    ],
  ];
  test.each(cases)('%j', (value, expected) => {
    expect(messages(value)).toEqual(expected);
  });
});

test('a required key that is absent or null is asked for in its own words', () => {
  const found: Finding[] = [];
  requireKeys(section({ word: null }), keys, at, (finding) => found.push(finding));
  expect(found.map(({ message }) => message)).toEqual(['"word" is missing: a word.']);
});

test('the sound part leaves out what is wrong, at every level', () => {
  const value = section({ count: 9, share: 0.5, zzz: 1, inner: { flag: 1 }, pair: [1, 2] });
  expect(JSON.stringify(plainValue(soundPart(value, keys)))).toBe('{"share":0.5,"inner":{},"pair":[1,2]}');
});
