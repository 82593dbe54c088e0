/** @file Where a turn ends in encoded text. */
import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../../runtime/data/chat.ts';
import type { ChatMessage } from '../../../runtime/data/chat.ts';
import {
  afterThinking,
  commonPrefix,
  contentTexts,
  firstSectionAt,
  turnEnd,
} from '../../../runtime/data/turns.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';

const tokenizer = createByteTokenizer({ special: ['<end>', '<other>'], eos: '<end>' });
const template = new ChatTemplate('', 'x', { specialTokens: {} });
const answer: ChatMessage = { role: 'assistant', content: 'a' };

function endOf(text: string, from: number, limit = text.length, message = answer): number | undefined {
  const sections = tokenizer.encodeSections(text);
  return turnEnd(
    { template, tokenizer, conversation: { messages: [message] }, text, sections },
    message,
    from,
    limit,
  );
}

describe('the end of a turn', () => {
  test('is the first end token from there on', () => {
    expect(endOf('a<end>b<end>', 1)).toBe(6);
    expect(endOf('a<end>b<end>', 2)).toBe(12);
    expect(endOf('a <other> b<end>', 1)).toBe(16);
  });

  test('is another special token when nothing stands before it', () => {
    expect(endOf('a \n<other>b', 1)).toBe(10);
    expect(endOf('a x<other>b', 1)).toBeUndefined();
  });

  test('lies before the limit', () => {
    expect(endOf('a<end>', 1, 5)).toBeUndefined();
    expect(endOf('abc', 1)).toBeUndefined();
  });

  test('is not looked for when arguments hold control tokens', () => {
    const call = (text: string): ChatMessage => ({
      ...answer,
      tool_calls: [{ function: { arguments: text } }],
    });
    expect(() => endOf('a<end>', 1, 6, call('<end>'))).toThrow(
      expect.objectContaining({ code: 'spans-unclear' }) as Error,
    );
    expect(endOf('a[{}]<end>', 1, 10, call('{}'))).toBe(10);
    // A special token inside a call is part of its notation, not its end.
    expect(endOf('a <other>', 1, 9, call('{}'))).toBeUndefined();
  });
});

test('sections by position', () => {
  const sections = tokenizer.encodeSections('ab<end>c');
  expect([0, 1, 2, 6, 7, 8].map((position) => firstSectionAt(sections, position))).toEqual([
    0, 0, 1, 1, 2, 3,
  ]);
});

test('contents, thinking, common beginnings', () => {
  expect(contentTexts({ role: 'user', content: null })).toEqual([]);
  expect(contentTexts({ role: 'user', content: [{ text: 'a' }, { type: 'x' }, { text: 'b' }] })).toEqual([
    'a',
    'b',
  ]);
  expect(afterThinking('<think>a</think>b</think>c')).toBe('c');
  expect([commonPrefix('abc', 'abd'), commonPrefix([1, 2], [1, 2, 3]), commonPrefix('', 'x')]).toEqual([
    2, 2, 0,
  ]);
});
