/** @file GGUF metadata: typed access, lists that stay in the file, and lies about lengths. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { readGgufMetadata } from '../../../runtime/formats/gguf.ts';
import type { GgufMetadata } from '../../../runtime/formats/ggufMetadata.ts';
import { ggufBytes, text, u32, u64, valueType } from '../../support/ggufFile.ts';
import type { GgufValue } from '../../support/ggufFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const path = join(temporaryFolder(), 'a.gguf');

function read(content: Readonly<Record<string, GgufValue>> | Buffer): GgufMetadata {
  writeFileSync(path, Buffer.isBuffer(content) ? content : ggufBytes({ metadata: content }));
  return readGgufMetadata(path);
}

/** A file with one key of this name and these bytes behind it. */
const raw = (key: Buffer, ...rest: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(1), key, ...rest, Buffer.alloc(32)]);

describe('typed access', () => {
  const metadata = (): GgufMetadata =>
    read({
      u8: ['u8', 200],
      i8: ['i8', -3],
      u16: ['u16', 60_000],
      i16: ['i16', -30_000],
      u32: ['u32', 4e9],
      i32: ['i32', -2e9],
      u64: ['u64', 2 ** 53],
      i64: ['i64', -(2 ** 40)],
      f32: ['f32', 0.5],
      f64: ['f64', 0.1],
      yes: ['bool', true],
      no: ['bool', false],
      name: ['text', 'é🙂\0'],
      none: ['text', ''],
      tokens: ['array', 'text', ['a', '', 'Ġé']],
      types: ['array', 'i32', [3, -1]],
      scores: ['array', 'f32', [-0.5]],
      wide: ['array', 'u64', [2 ** 40]],
      flags: ['array', 'bool', [true, false]],
      empty: ['array', 'text', []],
    });

  test('numbers, flags, texts', () => {
    const m = metadata();
    expect(
      ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64'].map((key) => m.number(key)),
    ).toEqual([200, -3, 60_000, -30_000, 4e9, -2e9, 2 ** 53, -(2 ** 40), 0.5, 0.1]);
    expect([m.flag('yes'), m.flag('no'), m.flag('absent')]).toEqual([true, false, undefined]);
    expect([m.text('name'), m.text('none'), m.text('absent'), m.number('absent')]).toEqual([
      'é🙂\0',
      '',
      undefined,
      undefined,
    ]);
    expect([...m.keys()].slice(0, 3)).toEqual(['u8', 'i8', 'u16']);
  });

  test('lists, read when asked for', () => {
    const m = metadata();
    expect(m.texts('tokens')).toEqual(['a', '', 'Ġé']);
    expect(m.texts('empty')).toEqual([]);
    expect(['types', 'scores', 'wide', 'flags'].map((key) => [...m.numbers(key)!])).toEqual([
      [3, -1],
      [-0.5],
      [2 ** 40],
      [1, 0],
    ]);
    expect([m.isArray('types'), m.isArray('u8'), m.isArray('absent')]).toEqual([true, false, false]);
    expect([m.texts('absent'), m.numbers('absent')]).toEqual([undefined, undefined]);
  });

  test('the wrong type is named, with key and file', () => {
    const m = metadata();
    const wrong: [() => unknown, string][] = [
      [() => m.text('u8'), 'the value of u8 is a number; a text was expected.'],
      [() => m.number('name'), 'the value of name is a string; a number was expected.'],
      [() => m.flag('u8'), 'the value of u8 is a number; true or false was expected.'],
      [() => m.number('types'), 'the value of types is a list of i32; a number was expected.'],
      [() => m.texts('types'), 'the value of types is a list of i32; a list of texts was expected.'],
      [() => m.numbers('tokens'), 'the value of tokens is a list of text; a list of numbers was expected.'],
      [() => m.numbers('yes'), 'the value of yes is a boolean; a list of numbers was expected.'],
    ];
    for (const [get, message] of wrong) {
      expect(get).toThrow(message);
      expect(get).toThrow(expect.objectContaining({ code: 'gguf-metadata' }) as Error);
    }
  });

  test('a list of 50,000 texts costs nothing until it is read', () => {
    const tokens = Array.from({ length: 50_000 }, (_, i) => `token ${i}`);
    const m = read({ tokens: ['array', 'text', tokens], after: ['u8', 1] });
    expect(m.number('after')).toBe(1);
    expect(m.texts('tokens')).toEqual(tokens);
  });
});

describe('a lie is refused', () => {
  const key = text('k');
  test.each<[string, Buffer, RegExp]>([
    ['a name longer than the file', raw(u64(2000)), /ends inside the name of key 1 of 1/],
    [
      'an enormous name',
      raw(u64(2n ** 60n)),
      /key 1 of 1 announces a text of 11529.* bytes, which is too long/,
    ],
    ['a name that is not UTF-8', raw(u64(1), Buffer.of(0xff)), /the name of key 1 of 1 is not UTF-8/],
    ['an unknown type', raw(key, u32(13)), /the type of k is 13/],
    ['a text longer than the file', raw(key, u32(valueType.text), u64(500)), /ends inside k/],
    ['an enormous text', raw(key, u32(valueType.text), u64(2n ** 40n)), /k announces a text/],
    [
      'a text that is not UTF-8',
      raw(key, u32(valueType.text), u64(1), Buffer.of(0xc3)),
      /the text of k is not UTF-8/,
    ],
    ['a list of an unknown type', raw(key, u32(valueType.array), u32(99)), /the type of k is 99/],
    ['a list of lists', raw(key, u32(valueType.array), u32(valueType.array), u64(1)), /k is a list of lists/],
    [
      'a list longer than the file',
      raw(key, u32(valueType.array), u32(valueType.u32), u64(1000)),
      /ends inside k: 4000 bytes/,
    ],
    [
      'an enormous list',
      raw(key, u32(valueType.array), u32(valueType.u8), u64(2n ** 50n)),
      /k announces .* items/,
    ],
    [
      'a list with a text longer than the file',
      raw(key, u32(valueType.array), u32(valueType.text), u64(1), u64(999)),
      /ends inside k/,
    ],
    ['one key too many', ggufBytes({ metadata: { a: ['u8', 1] }, keyCount: 2n }), /key 2 of 2 has no name/],
  ])('%s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
    expect(() => read(bytes)).toThrow(UserError);
  });

  test('a key that stands there twice', () => {
    const pair = Buffer.concat([text('k'), u32(valueType.u8), Buffer.of(1)]);
    const bytes = Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(2), pair, pair]);
    expect(() => read(bytes)).toThrow(/the key k stands there twice/);
  });

  test('a text in a list that is not UTF-8, when it is read', () => {
    const bytes = raw(text('k'), u32(valueType.array), u32(valueType.text), u64(1), u64(1), Buffer.of(0xff));
    const metadata = read(bytes);
    expect(() => metadata.texts('k')).toThrow(/the text of k\[0\] is not UTF-8/);
  });
});
