/** @file One row to ids and mask: through the template, as joined text, as given. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RowEncoder } from '../../../runtime/data/encodeRow.ts';
import type { EncodedRow, RowEncoderOptions } from '../../../runtime/data/encodeRow.ts';
import type { Row } from '../../../runtime/data/row.ts';
import type { Tokenizer } from '../../../runtime/data/tokenizer.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import { chatml, folder, plain } from './dataFiles.ts';
import { styles } from './publicStyleTemplates.ts';

const encode = (
  row: Row,
  tokenizer: Tokenizer | undefined,
  more: Partial<RowEncoderOptions> = {},
): EncodedRow => new RowEncoder(tokenizer, { trainOn: 'assistant', ...more }).encode(row);
const learned = ({ ids, mask }: EncodedRow, tokenizer: Tokenizer): string =>
  tokenizer.decode(ids.filter((_, i) => mask[i] === 1));
const pair = (more: Partial<Row & { kind: 'pair' }> = {}): Row => ({
  kind: 'pair',
  system: undefined,
  history: [],
  prompt: 'Q ',
  completion: 'A',
  ...more,
});

describe('pairs', () => {
  test('through the template of the base', () => {
    const row = encode(pair({ system: 's', history: [['q', 'r']] }), chatml);
    expect(row.text).toBe(
      '<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nr<|im_end|>\n<|im_start|>user\nQ <|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n',
    );
    expect(learned(row, chatml)).toBe('r<|im_end|>A<|im_end|>');
    expect(learned(encode(pair({ history: [['q', 'r']] }), chatml, { trainOn: 'last' }), chatml)).toBe(
      'A<|im_end|>',
    );
  });

  test('joined, with what the tokenizer puts in front and the end token', () => {
    const row = encode(pair(), plain);
    expect(plain.decode(row.ids)).toBe('<s>Q A</s>');
    expect(learned(row, plain)).toBe('A</s>');
    expect(learned(encode(pair(), plain, { trainOn: 'all' }), plain)).toBe('Q A</s>');
    expect(row.spans.map(({ start, end }) => row.text!.slice(start, end))).toEqual(['A</s>']);
    expect(plain.decode(encode(pair({ system: 's' }), plain).ids)).toBe('<s>s\nQ A</s>');
  });

  test('earlier turns need a template', () => {
    expect(() => encode(pair({ history: [['q', 'r']] }), plain)).toThrow(
      expect.objectContaining({ code: 'chat-template-missing' }) as Error,
    );
  });

  test('a token across the border belongs to the answer', () => {
    const merged = createByteTokenizer({ special: ['</s>'], eos: '</s>', merges: [['Ġ', 'A']] });
    expect(learned(encode(pair(), merged), merged)).toBe(' A</s>');
  });
});

test('the end token is written once', () => {
  const { ids } = encode({ kind: 'text', text: 'a</s>' }, plain);
  expect(plain.decode(ids)).toBe('<s>a</s>');
});

test('tokens stay as they are, but the first is no target', () => {
  const row = encode({ kind: 'tokens', ids: [1, 2], mask: Uint8Array.of(1, 1) }, undefined);
  expect(row).toEqual({
    kind: 'tokens',
    ids: [1, 2],
    mask: Uint8Array.of(0, 1),
    lints: [],
    text: undefined,
    spans: [],
  });
});

describe('templates', () => {
  const conversation: Row = {
    kind: 'chat',
    conversation: {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    },
    trainFrom: 0,
  };

  test('a file of its own, or the one for tools', () => {
    const template = join(folder, 'zephyr.jinja');
    writeFileSync(template, styles.zephyr.template);
    expect(learned(encode(conversation, plain, { template }), plain)).toBe('b</s>');
    const tools = { ...conversation, conversation: { ...conversation.conversation, tools: [{}] } };
    expect(encode(tools, chatml).text).toBe(encode(conversation, chatml).text);
  });

  test('the key holds all that decides the text', () => {
    const key = (tokenizer: Tokenizer, template?: string): string =>
      JSON.stringify(new RowEncoder(tokenizer, { trainOn: 'all', template }).templateKey);
    expect(new Set([key(chatml), key(plain), key(chatml, 'none')]).size).toBe(3);
  });

  test('missing or broken', () => {
    for (const [template, code] of [
      [join(folder, 'no.jinja'), 'template-missing'],
      [undefined, 'template-syntax'],
    ] as const)
      expect(
        () => new RowEncoder(createByteTokenizer({ chatTemplate: '{% if %}' }), { trainOn: 'all', template }),
      ).toThrow(expect.objectContaining({ code }) as Error);
    expect(() => encode(conversation, chatml, { template: 'none' })).toThrow(/"none"/);
    expect(() => encode(conversation, undefined)).toThrow(
      expect.objectContaining({ code: 'tokenizer-missing' }) as Error,
    );
  });
});

describe('the base’s task', () => {
  const tokenizer = createByteTokenizer({
    special: ['<end>'],
    eos: '<end>',
    chatTemplate: styles.chatml.template,
  });

  test('has source and target in the place of a conversation', () => {
    const { ids, mask, second } = encode(pair(), tokenizer, { task: 'seq2seq' });
    expect(tokenizer.decode(ids)).toBe('Q <end>A<end>');
    expect([...mask]).toEqual([0, 0, 0, 1, 1]);
    expect(second).toEqual(mask);
  });

  test('gives rows a class, by name or number, known to the base or not', () => {
    const row = { kind: 'classified', text: 'Q', pair: undefined, label: 'yes' } as const;
    const task = 'classification';
    expect(encode(row, tokenizer, { task, labels: ['no', 'yes'] })).toMatchObject({ label: 1 });
    // a preview of rows whose classes nobody has counted yet
    expect(encode(row, tokenizer, { task })).toMatchObject({ label: 0 });
    const given = { kind: 'tokens', ids: [1, 2], mask: new Uint8Array(2), label: 2 } as const;
    expect(encode(given, undefined, { task, labels: ['a', 'b', 'c'] })).toMatchObject({
      ids: [1, 2],
      label: 2,
    });
    expect(() => encode(given, undefined, { task, labels: ['a', 'b'] })).toThrow('has the label 2');
  });

  test('cuts tokenised texts each by itself', () => {
    const second = Uint8Array.of(0, 0, 0, 1, 1);
    const given = { kind: 'tokens', ids: [1, 2, 3, 4, 5], mask: second, second } as const;
    expect(encode(given, undefined, { task: 'seq2seq', length: 2 }).ids).toEqual([1, 2, 4, 5]);
  });
});
