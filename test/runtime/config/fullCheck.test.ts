/** @file The check with the base's headers, on the embedded base. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { baseShape } from '../../../runtime/config/bases.ts';
import { fullCheck, fullCheckAll } from '../../../runtime/config/fullCheck.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { root } from '../../support/sourceFiles.ts';

const base = join(root, 'media/base/tiny-clerk');
const file = join(root, 'x.adapter.json');
const text = (method: object, more: object = {}): string =>
  JSON.stringify({ base, data: { train: join(root, 'media/data/tickets/train.jsonl') }, method, ...more });

test('what a base offers: its linears with the head last, and every module with weights', () => {
  const opened = openBase(base);
  opened.tensors.close();
  const { linears, modules, head } = baseShape(opened.spec);
  expect(linears.at(-1)?.path).toBe(head);
  expect(linears).toHaveLength(43);
  for (const { path } of linears) expect(modules).toContain(path);
  expect(modules).toContain('model.embed_tokens');
  expect(new Set(modules).size).toBe(modules.length);
});

test('a config that fits has its summary, one that does not has no config', () => {
  const good = fullCheck(text({ rank: 4 }), file);
  expect(good.summary?.matched).toBe(42);
  expect(good.config?.method.rank).toBe(4);
  const bad = fullCheck(text({ targets: ['nothing'] }), file);
  expect(bad.config).toBeUndefined();
  expect(bad.diagnostics.map(({ code }) => code)).toEqual(['target-missing']);
});

test('each variant is checked against the base; what they share is said once', () => {
  const { views, diagnostics } = fullCheckAll(
    text({ rank: 5000 }, { variants: { a: { method: { alpha: 1 } }, b: { method: { rank: 4 } } } }),
    file,
  );
  expect(views.map(({ variant, config }) => [variant, config !== undefined])).toEqual([
    [undefined, false],
    ['a', false],
    ['b', true],
  ]);
  const places = diagnostics.map(({ code, message }) => `${code} ${message}`);
  expect(new Set(places).size).toBe(places.length);
  expect(places.length).toBeGreaterThan(0);
});

test('what stands in the base config and is wrong for variants alone names these', () => {
  const keys = { method: { targets: ['k_proj'] } };
  const config = text({ rank: 128, targets: ['gate_proj'] }, { variants: { a: keys, b: keys, c: {} } });
  const [found] = fullCheckAll(config, file).diagnostics.filter(({ code }) => code === 'rank-too-large');
  expect(config.slice(found!.range!.offset).startsWith('128')).toBe(true);
  expect(
    found!.related?.map(({ message, range }) => [message, config.slice(range.offset, range.offset + 3)]),
  ).toEqual([
    ['In the variant "a"', '"a"'],
    ['In the variant "b"', '"b"'],
  ]);
  const own = text({ rank: 128, targets: ['k_proj'] }, { variants: { a: { training: { seed: 1 } } } });
  expect(fullCheckAll(own, file).diagnostics.map(({ related }) => related)).toEqual([undefined]);
});

test('a hub id that was not downloaded is not opened', () => {
  const { config, diagnostics, summary } = fullCheck(
    text({}).replace(JSON.stringify(base), '"some-owner/some-model"'),
    file,
  );
  expect(config).toBeUndefined();
  expect(diagnostics.map(({ code }) => code)).toEqual(['base-not-downloaded']);
  expect(summary).toBeUndefined();
});

test('a pattern that is no regular expression is said once', () => {
  const { diagnostics } = fullCheck(text({ rankPattern: { '(': 2 } }), file);
  expect(diagnostics.map(({ code }) => code)).toEqual(['pattern-invalid']);
});

test('an adapter that is continued is not checked against targets it has not', () => {
  const { diagnostics, summary } = fullCheck(text({ from: base, targets: ['nothing'] }), file);
  expect(diagnostics.map(({ code }) => code)).toEqual(['option-unused', 'adapter-missing']);
  expect(summary).toBeUndefined();
});
