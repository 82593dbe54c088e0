/** @file ShareGPT rows: speakers become roles, calls become tool calls. */
import { expect, test } from 'vitest';
import { sharegpt } from '../../../../runtime/data/formats/sharegpt.ts';
import type { Row } from '../../../../runtime/data/row.ts';

const read = (conversations: unknown, more = {}): Row => sharegpt.read({ conversations, ...more });

test('reads a row', () => {
  const conversations = [
    { from: 'human', value: 'a' },
    { from: 'function_call', value: '{"name":"f","arguments":{"x":1}}' },
    { from: 'observation', value: 'r' },
    { from: 'gpt', value: 'b', weight: 0 },
  ];
  expect(sharegpt.fits({ conversations })).toBe(true);
  expect(read(conversations, { system: 's', tools: '[{"name":"f"}]' })).toEqual({
    kind: 'chat',
    conversation: {
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'a' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ type: 'function', function: { name: 'f', arguments: { x: 1 } } }],
        },
        { role: 'tool', content: 'r' },
        { role: 'assistant', content: 'b', weight: 0 },
      ],
      tools: [{ name: 'f' }],
    },
    trainFrom: 0,
  });
});

test('several calls in one turn', () => {
  expect(read([{ from: 'function_call', value: '[{"name":"f"},{"name":"g"}]' }])).toMatchObject({
    conversation: { messages: [{ tool_calls: [{ function: { name: 'f' } }, { function: { name: 'g' } }] }] },
  });
});

test.each([
  ['x', /a text, not a list/],
  [[], /empty list/],
  [['x'], /conversations\[0\] that is a text/],
  [[{ from: 'constructor', value: 'a' }], /role "constructor"/],
  [[{ from: 'gpt', value: 3 }], /the number 3/],
  [[{ from: 'function_call', value: '{' }], /not JSON/],
  [[{ from: 'function_call', value: '{}' }], /without a name/],
])('%j', (conversations, message) => {
  expect(() => read(conversations)).toThrow(message);
});
