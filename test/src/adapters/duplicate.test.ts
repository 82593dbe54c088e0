/** @file A variant copied in a config's text. */
import { parse } from 'jsonc-parser';
import { expect, test } from 'vitest';
import { duplicateVariant, freeName } from '../../../src/adapters/duplicate.ts';

const text = `{
  // my base
  "base": "b",
  "variants": {
    "rank 4": { "method": { "rank": 4 /* small */ } }
  }
}
`;

test('overrides come over with their comments, and all else stays', () => {
  const changed = duplicateVariant(text, 'rank 4', 'rank 4 copy')!;
  expect(changed.text.slice(changed.offset, changed.offset + changed.length)).toBe(
    '{ "method": { "rank": 4 /* small */ } }',
  );
  expect(changed.text).toContain('// my base');
  const { variants } = parse(changed.text) as { variants: Record<string, unknown> };
  expect(variants).toEqual({ 'rank 4': { method: { rank: 4 } }, 'rank 4 copy': { method: { rank: 4 } } });
});

test('the file as it is becomes a variant without overrides, also where there were none', () => {
  const changed = duplicateVariant('{\r\n\t"base": "b"\r\n}', undefined, 'new')!;
  expect(parse(changed.text)).toEqual({ base: 'b', variants: { new: {} } });
  expect(changed.text).not.toMatch(/(?<!\r)\n/);
});

test('a text that is no config, or lacks the variant, is left alone', () => {
  expect(duplicateVariant('[1]', undefined, 'x')).toBeUndefined();
  expect(duplicateVariant('', undefined, 'x')).toBeUndefined();
  expect(duplicateVariant(text, 'rank 8', 'x')).toBeUndefined();
});

test('a name that is taken is counted up', () => {
  expect(freeName('a', [])).toBe('a');
  expect(freeName('a', ['a', 'a 2'])).toBe('a 3');
});
