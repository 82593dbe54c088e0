/** @file Configs as data files see them: uses of each variant, and views that follow what they were read from. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DataViews } from '../../../runtime/serve/dataViews.ts';
import { rows, writeDataWorkspace } from '../../support/dataWorkspace.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
writeDataWorkspace(folder);
const config = join(folder, 'chat.adapter.json');

test('each variant uses its files', () => {
  const uses = new DataViews().uses(config);
  expect(
    uses.map(({ label, role, file, length }) => [label, role, file.slice(folder.length + 1), length]),
  ).toEqual([
    ['chat', 'train', 'chat.jsonl', 160],
    ['chat', 'validation', 'valid.jsonl', 160],
    ['chat · rank 64', 'train', 'chat.jsonl', 160],
    ['chat · rank 64', 'validation', 'valid.jsonl', 160],
    ['chat · short', 'train', 'chat.jsonl', 48],
    ['chat · short', 'validation', 'valid.jsonl', 48],
  ]);
});

test('a config that is being typed, or is none, uses nothing and throws nothing', () => {
  const broken = join(folder, 'broken.adapter.json');
  for (const text of [
    '',
    '{',
    '[]',
    '{"data": 3}',
    '{"data": {"train": 5}}',
    '{"data": {"train": "a", "exclude": 7}}',
  ]) {
    writeFileSync(broken, text);
    expect(Array.isArray(new DataViews().uses(broken))).toBe(true);
  }
  expect(new DataViews().uses(join(folder, 'absent.adapter.json'))).toEqual([]);
});

test('a view is kept until its config changes', () => {
  const views = new DataViews();
  const first = views.view({ config });
  expect(views.view({ config })).toBe(first);
  const short = views.view({ config, variant: 'short' });
  expect([first.options.length, short.options.length]).toEqual([160, 48]);
  writeFileSync(config, readFileSync(config, 'utf8').replace('"length": 160', '"length": 100'));
  const next = views.view({ config });
  expect(next.options.length).toBe(100);
  expect(next.stamp).not.toBe(first.stamp);
  expect(next.previewer.preview(rows[0]!)?.supervised).toBeGreaterThan(0);
});

test('a base that is missing is said', () => {
  const path = join(folder, 'missing.adapter.json');
  writeFileSync(path, '{"base": "nowhere", "data": {"train": "chat.jsonl"}}');
  expect(() => new DataViews().view({ config: path })).toThrow(/does not exist/);
});
