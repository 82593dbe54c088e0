/** @file Turns and segments of a rendered row. */
import { expect, test } from 'vitest';
import { plainTurns, renderTurns } from '../../../runtime/data/renderRow.ts';

test('a turn ends behind the first special token that follows its content', () => {
  const text = '<s>q</s>\n<s>a</s>';
  const turns = renderTurns({
    text,
    trained: [{ start: 12, end: 17 }],
    contents: [
      { role: 'user', turn: 0, start: 3, end: 4 },
      { role: 'assistant', turn: 1, start: 12, end: 13 },
    ],
    special: [
      { start: 0, end: 3 },
      { start: 4, end: 8 },
      { start: 9, end: 12 },
      { start: 13, end: 17 },
    ],
    cutAt: 15,
  });
  expect(turns.map(({ segments }) => segments.map((one) => one.text).join(''))).toEqual([
    '<s>q</s>\n',
    '<s>a</s>',
  ]);
  expect(turns[1]!.segments).toEqual([
    { text: '<s>', state: 'ignored', kind: 'special' },
    { text: 'a', state: 'trained', kind: 'content' },
    { text: '</', state: 'trained', kind: 'special' },
    { text: 's>', state: 'cut', kind: 'special' },
  ]);
});

test('a text without contents is one turn', () => {
  const turns = renderTurns({ text: 'abc', trained: [], contents: [], special: [], cutAt: 3 });
  expect(turns).toEqual([{ role: 'text', segments: [{ text: 'abc', state: 'ignored', kind: 'template' }] }]);
});

test('without a template the turns as they stand there', () => {
  const pair = { kind: 'pair', system: 's', history: [['q', 'a']], prompt: 'p', completion: 'c' } as const;
  expect(plainTurns(pair, 10).map(({ role, segments }) => `${role}: ${segments[0]!.text}`)).toEqual([
    'system: s',
    'user: q',
    'assistant: a',
    'user: p',
    'assistant: c',
  ]);
});
