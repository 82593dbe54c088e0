/** @file Which files a base needs, and repositories that offer none. */
import { describe, expect, test } from 'vitest';
import { chooseFiles, chooseShards } from '../../../runtime/hub/choose.ts';
import type { HubFile, Repository } from '../../../runtime/hub/repository.ts';
import { commit } from '../../support/hubServer.ts';

function repository(...paths: (string | [path: string, bytes: number])[]): Repository {
  const files = paths.map((entry): HubFile => {
    const [path, bytes] = typeof entry === 'string' ? [entry, 10] : entry;
    return { path, bytes, hash: { kind: 'git', hex: commit } };
  });
  return { id: 'o/n', commit, files: new Map(files.map((file) => [file.path, file])) };
}

const chosen = (repo: Repository, named?: string): string[] => {
  const { gguf, config, index, others } = chooseFiles(repo, named);
  return [gguf, config, index, ...others].flatMap((file) => file?.path ?? []);
};
const refusal = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return 'chosen';
};

describe('of a folder', () => {
  const texts = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];

  test('what the readers read, and nothing else', () => {
    const more = ['README.md', 'pytorch_model.bin', 'onnx/model.onnx', 'vocab.json', 'sub/config.json'];
    expect(chosen(repository(...texts, ...more, 'model.safetensors', 'm.gguf'))).toEqual([
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'chat_template.jinja',
      'model.safetensors',
    ]);
  });

  test('the index where the weights are in shards, unless one file has them all', () => {
    const index = 'model.safetensors.index.json';
    expect(chosen(repository('config.json', index, 'model-00001-of-00002.safetensors'))).toEqual([
      'config.json',
      index,
    ]);
    expect(chosen(repository('config.json', index, 'model.safetensors'))).toEqual([
      'config.json',
      'model.safetensors',
    ]);
  });

  test('no text file of absurd size', () => {
    for (const path of ['config.json', 'tokenizer.json', 'model.safetensors.index.json']) {
      const rest = ['config.json', 'model.safetensors.index.json'].filter((name) => name !== path);
      expect(refusal(() => chosen(repository(...rest, [path, 2 ** 28])))).toBe('hub-answer');
    }
  });
});

describe('of .gguf files', () => {
  test('the only one, or the named one', () => {
    expect(chosen(repository('README.md', 'q4.gguf', 'mmproj-f16.gguf'))).toEqual(['q4.gguf']);
    const two = repository('config.json', ['q8.gguf', 8e9], ['Q4/q4.gguf', 4e9]);
    expect(chosen(two, 'Q4/q4.gguf')).toEqual(['Q4/q4.gguf']);
    expect(() => chosen(two)).toThrow('has 2 .gguf files: name one');
    expect(() => chosen(two, 'q5.gguf')).toThrow('has no file q5.gguf');
  });

  test('no part of one', () => {
    const parts = repository('m-00001-of-00002.gguf', 'm-00002-of-00002.gguf');
    expect(refusal(() => chosen(parts))).toBe('gguf-split');
    expect(refusal(() => chosen(parts, 'm-00001-of-00002.gguf'))).toBe('gguf-split');
  });
});

test.each([
  ['pickle-refused', repository('config.json', 'pytorch_model.bin'), undefined],
  ['pickle-refused', repository('model.pt', 'README.md'), undefined],
  ['pickle-refused', repository('config.json', 'pytorch_model.bin'), 'pytorch_model.bin'],
  ['bad-argument', repository('config.json', 'model.safetensors'), 'model.safetensors'],
  ['bad-argument', repository('m.gguf'), '../m.gguf'],
  ['hub-unusable', repository('adapter_config.json', 'adapter_model.safetensors'), undefined],
  ['hub-unusable', repository('README.md'), undefined],
  ['hub-unusable', repository('model.safetensors'), undefined],
  ['hub-unusable', repository(), undefined],
])('%s', (code, repo, named) => {
  expect(refusal(() => chosen(repo, named))).toBe(code);
});

test('shards are those that the index names, each once', () => {
  const repo = repository('a.safetensors', 'b.safetensors', 'c.safetensors');
  const index = { weight_map: { x: 'b.safetensors', y: 'a.safetensors', z: 'b.safetensors' } };
  expect(chooseShards(repo, index).map(({ path }) => path)).toEqual(['b.safetensors', 'a.safetensors']);
});

test.each([
  [undefined],
  [[]],
  [{}],
  [{ x: 1 }],
  [{ x: 'd.safetensors' }],
  [{ x: '../a.safetensors' }],
  [{ x: '/a.safetensors' }],
  [{ x: 'a.bin' }],
  [Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`t${i}`, `${i}.safetensors`]))],
])('an index that leads elsewhere is refused: %o', (map) => {
  expect(refusal(() => chooseShards(repository('a.safetensors', 'a.bin'), { weight_map: map }))).toBe(
    'safetensors-index',
  );
});
