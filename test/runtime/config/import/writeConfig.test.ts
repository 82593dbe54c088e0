/** @file The text of an import: our order, comments above what was changed, nothing that a value could break out of. */
import { parse } from 'jsonc-parser';
import { expect, test } from 'vitest';
import { writeConfig } from '../../../../runtime/config/import/writeConfig.ts';

test('keys stand in the order of the options, with their notes above', () => {
  const entries = new Map([
    ['method.rank', { value: 8, note: 'was 8' }],
    ['base', { value: 'b' }],
    ['method.targets', { value: ['q_proj', 'v_proj'] }],
    ['data.train', { value: 'a.jsonl' }],
  ]);
  expect(writeConfig(entries, ['From there.'])).toBe(
    '// From there.\n{\n  "base": "b",\n  "data": {\n    "train": "a.jsonl"\n  },\n  "method": {\n    // was 8\n    "rank": 8,\n    "targets": ["q_proj", "v_proj"]\n  }\n}\n',
  );
});

test('a note with line ends stays a comment', () => {
  const text = writeConfig(new Map([['base', { value: 'b\n"', note: 'x\n}\u2028{ "evil": 1' }]]), ['a\r\n{']);
  expect(parse(text)).toEqual({ base: 'b\n"' });
  expect(text.split('\n')).toHaveLength(6);
});
