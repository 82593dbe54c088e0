/** @file The areas fit together: no two register a command, a view or a setting of one name. */
import { expect, test } from 'vitest';
import { commandIds, contributes } from '../../../src/contributions/all.ts';

const twice = (names: readonly string[]): string[] =>
  names.filter((name, index) => names.indexOf(name) !== index);

test('each command and view is one area’s: a second registration would end the activation', () => {
  expect(twice(commandIds)).toEqual([]);
  const views = Object.values(contributes['views'] as Record<string, { id: string }[]>).flat();
  expect(twice(views.map(({ id }) => id))).toEqual([]);
});

test('menus and keys name commands that are there', () => {
  const ours = new Set(commandIds);
  const menus = Object.values(contributes['menus'] as Record<string, { command?: string }[]>).flat();
  const keys = (contributes['keybindings'] ?? []) as { command: string }[];
  const named = [...menus, ...keys].flatMap(({ command }) => command ?? []);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((command) => command.startsWith('adapterWorkbench.') && !ours.has(command))).toEqual(
    [],
  );
});
