/** @file Turns found by markers in place of the contents, on their own and against finding them by rendering. */
import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../../runtime/data/chat.ts';
import type { ChatMessage } from '../../../runtime/data/chat.ts';
import { findByMarkers } from '../../../runtime/data/markers.ts';
import { labelConversation } from '../../../runtime/data/spans.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import { styles } from './publicStyleTemplates.ts';

const turn = (role: string, content: string): ChatMessage => ({ role, content });
const messages = [
  turn('user', 'Hi'),
  turn('assistant', ' Hello! '),
  turn('user', '2+2?'),
  turn('assistant', 'It is 4.'),
];

function find(
  template: string,
  tokens: Parameters<typeof createByteTokenizer>[0],
  given: readonly ChatMessage[],
  wanted: number[],
): string[] {
  const tokenizer = createByteTokenizer(tokens);
  const chat = new ChatTemplate(template, 'x', { specialTokens: tokenizer.specialTokens });
  const text = chat.render({ messages: given }, false);
  const finder = {
    template: chat,
    tokenizer,
    conversation: { messages: given },
    text,
    sections: tokenizer.encodeSections(text),
  };
  return [...findByMarkers(finder, wanted).values()].map(({ start, end }) => text.slice(start, end));
}

// These render earlier turns as they were, so that both ways must agree.
test.each(['chatml', 'noNewlineAfterEnd', 'llama3', 'gemma', 'zephyr', 'qwen2', 'phi3'] as const)(
  '%s: the same as by rendering',
  (name) => {
    const { template, tokens } = styles[name];
    const tokenizer = createByteTokenizer(tokens);
    const chat = new ChatTemplate(template, 'x', { specialTokens: tokenizer.specialTokens });
    const { text, spans } = labelConversation(chat, tokenizer, { messages }, { trainOn: 'assistant' });
    expect(find(template, tokens, messages, [1, 3])).toEqual(
      spans.map(({ start, end }) => text.slice(start, end)),
    );
  },
);

describe('refused', () => {
  const { tokens } = styles.chatml;
  const loop = (body: string): string => `{% for message in messages %}${body}{% endfor %}`;
  const refused = (template: string, given: readonly ChatMessage[], reason: RegExp): void => {
    expect(() => find(template, tokens, given, [1])).toThrow(
      expect.objectContaining({
        code: 'spans-unclear',
        message: expect.stringMatching(reason) as string,
      }) as Error,
    );
  };

  test('a turn without content', () => {
    refused(styles.chatml.template, [turn('user', 'a'), turn('assistant', ' ')], /no content to find it by/);
  });

  test('contents that are changed, or counted', () => {
    refused(loop('{{ message.content | upper }}'), messages, /changes the contents|differently/);
    refused(loop('{{ message.content | length }}{{ message.content }}'), messages, /differently/);
  });

  test('a template that fails on markers', () => {
    refused(
      loop("{{ message.content if message.content in ['Hi', 'x'] else raise_exception('no') }}"),
      [turn('user', 'Hi'), turn('assistant', 'x')],
      /fails on markers/,
    );
  });

  test('a text with the marker in it', () => {
    refused(styles.chatml.template, [turn('user', '\uE0000\uE001'), turn('assistant', 'x')], /U\+E000/);
  });
});
