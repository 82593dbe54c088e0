/** @file Tokenizers of bases on disk: ids against transformers' (shared/fixtures/tokenizers), errors that name the file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../../runtime/data/loadTokenizer.ts';
import { shared } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';

interface Reference {
  readonly text: string;
  readonly ids: number[];
}

const smollm = shared('models/smollm2-135m-instruct');
const references = ['smollm2.json', 'smollm2-chat.json'].flatMap((name) => {
  const path = shared(`fixtures/tokenizers/${name}`);
  return path === undefined ? [] : (JSON.parse(readFileSync(path, 'utf8')) as Reference[]);
});
if (smollm === undefined) console.warn('left out: ids of SmolLM2, because shared/models is missing');

describe.runIf(smollm !== undefined)('SmolLM2', () => {
  test.each(['', 'SmolLM2-135M-Instruct.Q4_1.gguf'])('every reference id from %j', (name) => {
    const tokenizer = loadTokenizer(join(smollm!, name));
    expect(references.length).toBeGreaterThan(60);
    for (const { text, ids } of references) expect(tokenizer.encode(text)).toEqual(ids);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId, tokenizer.unkId]).toEqual([1, 2, 2, 0]);
    expect(tokenizer.vocabSize).toBe(49_152);
    expect(tokenizer.chatTemplate).toContain('<|im_start|>');
    expect(tokenizer.endIds).toContain(2);
  });
});

describe('errors name the file and what to do', () => {
  const folder = temporaryFolder();
  const write = (name: string, files: Record<string, unknown>): string => {
    mkdirSync(join(folder, name));
    for (const [file, content] of Object.entries(files))
      writeFileSync(
        join(folder, name, file),
        typeof content === 'string' ? content : JSON.stringify(content),
      );
    return join(folder, name);
  };
  const bpe = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };

  test.each([
    ['no tokenizer', {}, 'tokenizer-missing'],
    ['not JSON', { 'tokenizer.json': '{' }, 'not-json'],
    ['no model', { 'tokenizer.json': {} }, 'tokenizer-damaged'],
    ['a merge of nothing', { 'tokenizer.json': { model: { ...bpe, merges: ['a x'] } } }, 'tokenizer-damaged'],
    ['ids twice', { 'tokenizer.json': { model: { ...bpe, vocab: { a: 0, b: 0 } } } }, 'tokenizer-damaged'],
    ['a huge id', { 'tokenizer.json': { model: { ...bpe, vocab: { a: 4e9 } } } }, 'tokenizer-damaged'],
    [
      'an unknown normalizer',
      { 'tokenizer.json': { model: bpe, normalizer: { type: 'Magic' } } },
      'tokenizer-unsupported',
    ],
    [
      'a pattern that can hang',
      {
        'tokenizer.json': {
          model: bpe,
          pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+b' }, behavior: 'Isolated' },
        },
      },
      'tokenizer-unsupported',
    ],
  ])('%s', (name, files, code) => {
    const path = write(name, files);
    expect(() => loadTokenizer(path)).toThrow(
      expect.objectContaining({
        name: 'UserError',
        code,
        place: expect.objectContaining({ file: expect.stringContaining(path) as string }) as object,
      }) as Error,
    );
  });

  test('a base that is not there', () => {
    expect(() => loadTokenizer(join(folder, 'nothing'))).toThrow(
      expect.objectContaining({ code: 'base-missing' }) as Error,
    );
  });

  test('a list of named templates, tokens as objects, several end ids', () => {
    const path = write('named', {
      'tokenizer.json': { model: bpe, added_tokens: [{ id: 3, content: '<e>', special: true }] },
      'tokenizer_config.json': {
        eos_token: { content: '<e>' },
        chat_template: [
          { name: 'default', template: 'D' },
          { name: 'tool_use', template: 'T' },
        ],
      },
      'generation_config.json': { eos_token_id: [2, 3, 99] },
    });
    const tokenizer = loadTokenizer(path);
    expect([tokenizer.chatTemplate, tokenizer.toolTemplate]).toEqual(['D', 'T']);
    expect(tokenizer.eosId).toBe(3);
    expect([...tokenizer.endIds]).toEqual([2, 3]);
  });
});
