/** @file Getters of a configuration: what each takes, what it says otherwise. */
import { describe, expect, test } from 'vitest';
import { ConfigReader, isObject } from '../../../runtime/model/configReader.ts';

const reader = (values: Record<string, unknown>): ConfigReader => new ConfigReader(values, 'config.json');
describe('a getter', () => {
  test('gives the value, or the fallback for absent and null', () => {
    const config = reader({ n: 3, x: 0.5, on: true, name: 'a', gone: null, list: [1, 2], kinds: ['a', 'b'] });
    expect([config.count('n', 9), config.count('gone', 9, 4), config.count('none', 9, 5)]).toEqual([3, 4, 5]);
    expect([config.positive('x'), config.positive('gone', 2)]).toEqual([0.5, 2]);
    expect([config.flag('on', false), config.flag('gone', true)]).toEqual([true, true]);
    expect([config.text('name'), config.text('none', 'b')]).toEqual(['a', 'b']);
    expect(config.numbers('list', 2)).toEqual([1, 2]);
    expect([config.choices('kinds', 2, ['a', 'b']), config.choices('none', 2, ['a'])]).toEqual([
      ['a', 'b'],
      undefined,
    ]);
    expect([config.has('n'), config.has('gone'), config.has('none')]).toEqual([true, false, false]);
    expect(config.object('none')).toBeUndefined();
  });

  test.each<[string, unknown, (config: ConfigReader) => unknown]>([
    ['a count', 0, (config) => config.count('k', 9)],
    ['a count', 10, (config) => config.count('k', 9)],
    ['a count', '3', (config) => config.count('k', 9)],
    ['a positive number', -1, (config) => config.positive('k')],
    ['a positive number', '1', (config) => config.positive('k', 1)],
    ['a flag', 1, (config) => config.flag('k', true)],
    ['a text', 5, (config) => config.text('k')],
    ['a list of another length', [1, 2, 3], (config) => config.numbers('k', 2)],
    ['a list with a text', [1, '2'], (config) => config.numbers('k', 2)],
    ['an unknown choice', ['a', 'c'], (config) => config.choices('k', 2, ['a', 'b'])],
    ['an object', [], (config) => config.object('k')],
  ])('%s refuses %j', (_, value, get) => {
    expect(() => get(reader({ k: value }))).toThrow(/^k is .*; .* (was|were) expected\.$/);
  });

  test('refuses deeply nested lists without walking them', () => {
    const deep = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown;
    expect(() => reader({ k: deep }).text('k')).toThrow('k is a list; a text was expected.');
  });

  test('names file and key, nested and in the spelling of the file', () => {
    const config = new ConfigReader({ rope: { factor: 0 } }, 'm.gguf', '', (key) =>
      key.replace('rope.', 'llama.'),
    );
    const nested = config.object('rope')!;
    expect(() => nested.positive('factor')).toThrow(
      expect.objectContaining({
        message: 'llama.factor is 0; a number above 0 was expected.',
        place: { file: 'm.gguf', what: 'llama.factor' },
      }) as Error,
    );
    expect(() => config.derive({ a: 1 }, 'rope.').text('a')).toThrow(/^llama.a is 1/);
  });
});

test('objects are neither lists nor null', () => {
  expect([{}, [], null, 'a', 3].map(isObject)).toEqual([true, false, false, false, false]);
});
