/** @file Arguments: what is read, and what each wrong one is told. */
import { describe, expect, test } from 'vitest';
import { readArguments } from '../../../runtime/cli/command.ts';
import type { Command } from '../../../runtime/cli/command.ts';
import { UserError } from '../../../runtime/contract/errors.ts';

const command: Command = {
  name: 'demo',
  summary: '',
  usage: 'FILE [--set X]',
  example: '',
  options: {
    set: { type: 'texts', doc: '' },
    json: { type: 'flag', doc: '' },
    temperature: { type: 'text', short: 't', doc: '' },
  },
  positionals: [1, 1],
  run: () => 0,
};

test('flags, texts, repeated texts, numbers and words', () => {
  const args = readArguments(command, ['--set', 'a=1', 'file', '--set=b=--c', '--json', '-t', '0.5']);
  expect(args.positionals).toEqual(['file']);
  expect(args.texts('set')).toEqual(['a=1', 'b=--c']);
  expect([args.flag('json'), args.flag('help'), args.text('nothing')]).toEqual([true, false, undefined]);
  expect(args.number('temperature')).toBe(0.5);
  expect(readArguments(command, ['x']).texts('set')).toEqual([]);
  expect(readArguments(command, ['x']).number('temperature')).toBeUndefined();
  expect(readArguments(command, ['--', '--json']).positionals).toEqual(['--json']);
});

describe('wrong ones', () => {
  const cases: [string[], string][] = [
    [[], 'demo needs FILE. Usage: adapter-workbench demo FILE [--set X]'],
    [['a', 'b'], '"b" is one argument too many. Usage: adapter-workbench demo FILE [--set X]'],
    [['a', '--jsn'], 'demo has no option --jsn. Did you mean "--json"?'],
    [['a', '--zzzzzz'], 'demo has no option --zzzzzz. See: adapter-workbench demo --help'],
    [['a', '--json=yes'], '--json takes no value. See: adapter-workbench demo --help'],
    [['a', '--set'], '--set needs a value. See: adapter-workbench demo --help'],
  ];
  test.each(cases)('%j', (words, expected) => {
    try {
      readArguments(command, words);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect(`${(error as UserError).message} ${(error as UserError).hint!}`).toBe(expected);
      return;
    }
    throw new Error('accepted');
  });

  test('a number that is none', () => {
    expect(() => readArguments(command, ['a', '-t', 'hot']).number('temperature')).toThrow('"hot" is none');
    expect(() => readArguments(command, ['a', '-t', '']).number('temperature')).toThrow(/is a number/);
  });

  test('help needs nothing else', () => {
    expect(readArguments(command, ['--help']).flag('help')).toBe(true);
  });
});
