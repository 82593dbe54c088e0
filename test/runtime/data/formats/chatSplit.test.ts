/** @file Prompt and completion as messages: only the completion is trained. */
import { expect, test } from 'vitest';
import { chatSplit } from '../../../../runtime/data/formats/chatSplit.ts';

const row = {
  prompt: [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
    { role: 'user', content: 'c' },
  ],
  completion: [{ role: 'assistant', content: 'd' }],
};

test('reads a row', () => {
  expect(chatSplit.fits(row)).toBe(true);
  expect(chatSplit.read({ ...row, tools: [{}] })).toEqual({
    kind: 'chat',
    conversation: { messages: [...row.prompt, ...row.completion], tools: [{}] },
    trainFrom: 3,
  });
});

test('texts are another format, half of each is none', () => {
  expect(chatSplit.fits({ prompt: 'a', completion: 'b' })).toBe(false);
  expect(chatSplit.fits({ ...row, completion: 'b' })).toBe(false);
  expect(() => chatSplit.read({ ...row, completion: 'b' })).toThrow(/"completion" that is a text/);
});
