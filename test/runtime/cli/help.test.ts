/** @file Help texts. */
import { expect, test } from 'vitest';
import type { Command } from '../../../runtime/cli/command.ts';
import { commandHelp, configHelp, generalHelp } from '../../../runtime/cli/help.ts';

const command: Command = {
  name: 'demo',
  summary: 'Does it.',
  usage: 'FILE [--set X]',
  about: 'A first line that is longer than forty columns, and so is broken.\nA second.',
  example: 'adapter-workbench demo x',
  options: { set: { type: 'texts', value: 'X=Y', short: 's', doc: 'Changes a key.' } },
  positionals: [1, 1],
  run: () => 0,
};

test('one command: summary, usage, about, options, example', () => {
  expect(commandHelp(command, 40).split('\n')).toEqual([
    'Does it.',
    '',
    'Usage: adapter-workbench demo FILE [--set X]',
    '',
    'A first line that is longer than forty',
    'columns, and so is broken.',
    'A second.',
    '',
    '  -s, --set X=Y  Changes a key.',
    '  -h, --help     Show this help.',
    '',
    'Example: adapter-workbench demo x',
    '',
  ]);
});

test('the list of commands in its order', () => {
  const text = generalHelp(
    { b: { summary: 'Second.' }, x: { summary: 'None.', internal: true }, aa: { summary: 'First.' } },
    80,
  );
  expect(text).toContain('  b   Second.\n  aa  First.\n');
});

test('the keys of a config with their defaults', () => {
  const text = configHelp(200);
  expect(text).toMatch(/^ {2}rank +Rank of the update B A\. Default 16\.$/m);
  expect(text).toMatch(/^ {2}train +File .* Required\.$/m);
  expect(text).toMatch(/^memory .*One of fast, balanced, low\. Default "balanced"\.$/m);
});
