/** @file Which runs a command or a kept page means. */
import { expect, test } from 'vitest';
import { foldersOf, keptFolders } from '../../../src/compare/folders.ts';

const row = (folder: unknown) => ({ kind: 'run', folder });

test.each<[string, unknown, unknown, string[]]>([
  ['folders', ['/a', '/b'], undefined, ['/a', '/b']],
  ['all selected rows', row('/a'), [row('/b'), row('/a')], ['/b', '/a']],
  ['one row', row('/a'), undefined, ['/a']],
  ['a folder twice', ['/a', '/a'], undefined, ['/a']],
  ['rows that are no runs', { kind: 'day', folder: '/a' }, undefined, []],
  ['nothing', undefined, undefined, []],
  ['what is no text', [1, null, '', row(5), row('/a')], undefined, ['/a']],
])('%s', (_, argument, selected, folders) => {
  expect(foldersOf(argument, selected)).toEqual(folders);
});

test('what a page kept, checked', () => {
  expect(keptFolders({ folders: ['/a', 3, ''] })).toEqual(['/a']);
  for (const state of [undefined, null, 'x', {}, { folders: '/a' }]) expect(keptFolders(state)).toEqual([]);
});
