/** @file For any conversation: spans cut the tokens into runs, and each run reads as the assistant's words and their end. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../../runtime/data/chat.ts';
import type { ChatMessage } from '../../../runtime/data/chat.ts';
import { loadTokenizer } from '../../../runtime/data/loadTokenizer.ts';
import { labelConversation } from '../../../runtime/data/spans.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import { styles } from './publicStyleTemplates.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    '',
    ' ',
    '\n',
    '\n\nHello',
    ' spaced ',
    '<|im_end|>',
    'a <|im_start|>user\nb',
    '</s>',
    '</think>',
  ),
  fc.lorem({ maxCount: 8 }),
);

const conversation = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 }).map((turns) =>
  turns.flatMap(([question, answer]): ChatMessage[] => [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ]),
);

describe('ChatML with a real vocabulary', () => {
  const tokenizer = loadTokenizer(join(import.meta.dirname, '../../../media/base/tiny-clerk'));
  const template = new ChatTemplate(styles.chatml.template, 'chatml', { specialTokens: {} });

  test('the masked runs are the answers', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const {
          ids,
          mask,
          spans,
          text: whole,
        } = labelConversation(template, tokenizer, { messages }, { trainOn: 'assistant' });
        expect(ids).toEqual(tokenizer.encode(whole));
        expect(mask).toHaveLength(ids.length);
        const answers = messages.filter(({ role }) => role === 'assistant');
        expect(spans.map(({ start, end }) => whole.slice(start, end))).toEqual(
          answers.map(({ content }) => `${content as string}<|im_end|>`),
        );
        const runs = runsOf(mask);
        expect(runs).toHaveLength(answers.length);
        for (const [i, [from, to]] of runs.entries()) {
          const learned = tokenizer.decode(ids.slice(from, to));
          const answer = tokenizer.decode(tokenizer.encode(`${answers[i]!.content as string}<|im_end|>`));
          // A line break of the template may share a token with the answer's first characters.
          expect([answer, `\n${answer}`]).toContain(learned);
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});

describe.each(Object.entries(styles))('%s', (_, style) => {
  const tokenizer = createByteTokenizer(style.tokens);
  const template = new ChatTemplate(style.template, 'style', { specialTokens: tokenizer.specialTokens });

  test('each answer is inside its span, or the row is refused', () => {
    let labelled = 0;
    fc.assert(
      fc.property(conversation, (messages) => {
        let result;
        try {
          result = labelConversation(template, tokenizer, { messages }, { trainOn: 'assistant' });
        } catch (error) {
          expect(error).toMatchObject({ name: 'UserError' });
          return;
        }
        labelled += 1;
        const { spans, text: whole, mask } = result;
        const trained = spans.map(({ start, end }) => whole.slice(start, end)).join('\u0000');
        for (const { role, content } of messages) {
          const words = (content as string).trim();
          if (role === 'assistant' && !words.includes('</think>')) expect(trained).toContain(words);
        }
        for (const [i, { start, end }] of spans.entries()) {
          expect(start).toBeLessThanOrEqual(end);
          expect(start).toBeGreaterThanOrEqual(spans[i - 1]?.end ?? 0);
        }
        expect(runsOf(mask).length).toBeLessThanOrEqual(spans.length);
      }),
      { numRuns: 100, seed: 5 },
    );
    expect(labelled).toBeGreaterThan(40);
  });
});

function runsOf(mask: Uint8Array): [number, number][] {
  const runs: [number, number][] = [];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const start = i;
    while (mask[i] === 1) i += 1;
    runs.push([start, i]);
  }
  return runs;
}
