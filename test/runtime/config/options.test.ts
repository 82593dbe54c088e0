/** @file The option list: help for each key, defaults that the check itself accepts. */
import { expect, test } from 'vitest';
import { methodKeys, options } from '../../../runtime/config/options.ts';
import type { Keys, OptionSpec } from '../../../runtime/contract/optionSpec.ts';
import { locate } from '../../../runtime/config/located.ts';
import type { LocatedObject } from '../../../runtime/config/located.ts';
import { validateSection } from '../../../runtime/config/validate.ts';
import { methods } from '../../../runtime/methods/index.ts';
import type { Finding } from '../../../runtime/config/finding.ts';

test('each key has one line of help', () => {
  const all: Keys[] = [options.data.keys, options.training.keys, methodKeys(undefined), options];
  for (const keys of all)
    for (const [name, spec] of Object.entries(keys))
      expect([name, spec.doc.length > 9 && !spec.doc.includes('\n')]).toEqual([name, true]);
});

test('each default passes its own check', () => {
  const defaultOf = (spec: OptionSpec): unknown => ('default' in spec ? spec.default : undefined);
  const kinds = methods.map(({ kind }) => methodKeys(kind));
  for (const keys of [options.data.keys, options.training.keys, ...kinds] as Keys[]) {
    const given = Object.entries(keys).filter(([, spec]) => defaultOf(spec) !== undefined);
    const values = Object.fromEntries(given.map(([name, spec]) => [name, defaultOf(spec)]));
    const findings: Finding[] = [];
    validateSection(locate(values, { set: '' }) as LocatedObject, keys, '', (finding) =>
      findings.push(finding),
    );
    expect(findings).toEqual([]);
    expect(given.length).toBeGreaterThan(4);
  }
});

test('an unknown kind has the keys of all kinds, so that only the kind is reported', () => {
  const named = (kind: string, keys: Keys) => ({ kind, title: kind, doc: 'A method.', keys });
  const kinds = [named('a', { x: options.device }), named('b', { y: options.device })];
  const own = (kind: unknown): string[] =>
    Object.keys(methodKeys(kind, kinds)).filter((key) => 'xy'.includes(key));
  expect(own('a')).toEqual(['x']);
  expect(own('c')).toEqual(['x', 'y']);
  expect(own(undefined)).toEqual(['x', 'y']);
  // what all kinds have
  expect(Object.keys(methodKeys('a', kinds))).toEqual(
    expect.arrayContaining(['kind', 'rank', 'targets', 'from']),
  );
});
