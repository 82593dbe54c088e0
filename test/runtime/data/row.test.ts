/** @file What formats share: messages, texts, errors with their place. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import {
  atPlace,
  describeType,
  listOf,
  malformed,
  optionalText,
  readMessages,
  textField,
} from '../../../runtime/data/row.ts';

describe('messages', () => {
  test('keep what templates may want, drop nulls and empty calls', () => {
    expect(
      readMessages(
        [
          { role: 'system', content: 's', name: null },
          { role: 'assistant', content: null, tool_calls: [{ id: 1 }], thinking: 't' },
          { role: 'tool', content: [{ type: 'text', text: 'r' }], tool_call_id: 1, tool_calls: [] },
        ],
        'messages',
      ),
    ).toEqual([
      { role: 'system', content: 's' },
      { role: 'assistant', content: null, tool_calls: [{ id: 1 }], thinking: 't' },
      { role: 'tool', content: [{ type: 'text', text: 'r' }], tool_call_id: 1 },
    ]);
  });

  test.each([
    [3, /"messages" that is the number 3/],
    [[], /empty list/],
    [['x'], /messages\[0\] that is a text/],
    [[{ content: 'a' }], /role undefined in messages\[0\]/],
    [[{ role: 'model', content: 'a' }], /role "model"/],
    [[{ role: 'user' }], /content that is missing/],
    [[{ role: 'user', content: 3 }], /content that is the number 3/],
    [[{ role: 'user', content: [{ type: 'image_url' }] }], /isn't text/],
    [[{ role: 'assistant', content: 'a', tool_calls: 'x' }], /tool_calls that is a text/],
  ])('%j', (value, message) => {
    expect(() => readMessages(value, 'messages')).toThrow(message);
  });
});

test('errors get a place, and keep the one they have', () => {
  const error = malformed('is odd.', 'Mend it.');
  expect(atPlace(error, { file: 'f', line: 3 })).toMatchObject({
    code: 'row-malformed',
    message: 'is odd.',
    hint: 'Mend it.',
    place: { file: 'f', line: 3 },
  });
  const placed = new UserError('x', 'y', { place: { file: 'template' } });
  expect(atPlace(placed, { file: 'f', line: 3 }).place).toEqual({ file: 'template', line: 3 });
});

test('texts and types', () => {
  expect(textField({ a: 'x' }, 'a')).toBe('x');
  expect([optionalText({ a: '' }, 'a'), optionalText({}, 'a'), optionalText({ a: 'x' }, 'a')]).toEqual([
    undefined,
    undefined,
    'x',
  ]);
  expect([null, undefined, [], {}, '', 3, true].map(describeType)).toEqual([
    'missing',
    'missing',
    'a list',
    'an object',
    'a text',
    'the number 3',
    'the boolean true',
  ]);
  expect([listOf([{ a: 1 }], 'a'), listOf([{ b: 1 }], 'a'), listOf([null], 'a'), listOf('a', 'a')]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
