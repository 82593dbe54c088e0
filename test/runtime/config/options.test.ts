/** @file The option list: help for each key, defaults that the check itself accepts. */
import { expect, test } from 'vitest';
import { methodKeys, options } from '../../../runtime/config/options.ts';
import type { Keys, OptionSpec } from '../../../runtime/config/options.ts';
import { locate } from '../../../runtime/config/located.ts';
import type { LocatedObject } from '../../../runtime/config/located.ts';
import { validateSection } from '../../../runtime/config/validate.ts';
import type { Finding } from '../../../runtime/config/finding.ts';

test('each key has one line of help', () => {
  const all: Keys[] = [options.data.keys, options.training.keys, methodKeys(undefined), options];
  for (const keys of all)
    for (const [name, spec] of Object.entries(keys))
      expect([name, spec.doc.length > 9 && !spec.doc.includes('\n')]).toEqual([name, true]);
});

test('each default passes its own check', () => {
  const defaultOf = (spec: OptionSpec): unknown => ('default' in spec ? spec.default : undefined);
  for (const keys of [options.data.keys, options.training.keys, methodKeys('lora')] as Keys[]) {
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
  const kinds = { a: { x: options.device }, b: { y: options.device } };
  expect(Object.keys(methodKeys('a', kinds))).toEqual(['kind', 'x']);
  expect(Object.keys(methodKeys('c', kinds))).toEqual(['kind', 'x', 'y']);
  expect(Object.keys(methodKeys(undefined, kinds))).toEqual(['kind', 'x', 'y']);
});
