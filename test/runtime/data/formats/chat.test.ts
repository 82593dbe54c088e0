/** @file Chat rows: messages and tools, in whatever shape files have them. */
import { expect, test } from 'vitest';
import { chat } from '../../../../runtime/data/formats/chat.ts';

const messages = [
  { role: 'user', content: 'a' },
  { role: 'assistant', content: 'b', weight: 0 },
];

test('reads a row', () => {
  expect(chat.fits({ messages })).toBe(true);
  expect(chat.read({ messages })).toEqual({ kind: 'chat', conversation: { messages }, trainFrom: 0 });
});

test.each([[[{ name: 'f' }]], ['[{"name":"f"}]']])('tools as %j', (tools) => {
  expect(chat.read({ messages, tools })).toMatchObject({ conversation: { tools: [{ name: 'f' }] } });
});

test.each([null, '', []])('no tools as %j', (tools) => {
  expect(chat.read({ messages, tools })).toEqual(chat.read({ messages }));
});

test('messages of another kind do not fit', () => {
  expect(chat.fits({ messages: [{ from: 'human', value: 'a' }] })).toBe(false);
  expect(chat.fits({ messages: 'x' })).toBe(false);
  expect(() => chat.read({ messages, tools: '{' })).toThrow(/not JSON/);
  expect(() => chat.read({ messages, tools: 3 })).toThrow(/"tools" that are the number 3/);
});
