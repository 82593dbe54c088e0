/** @file Another method for a config: every choice leaves a config without errors, in the file and as a variant. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshKnowledge, fullCheckAll } from '../../../runtime/config/fullCheck.ts';
import { freeName, otherMethods } from '../../../runtime/config/otherMethods.ts';
import type { Fix } from '../../../runtime/contract/diagnostic.ts';
import { initialisers } from '../../../runtime/methods/inits/index.ts';
import { methods } from '../../../runtime/methods/index.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
cpSync(join(root, 'media/base/tiny-clerk'), join(folder, 'base'), { recursive: true });
cpSync(join(root, 'media/data/tickets/train.jsonl'), join(folder, 'train.jsonl'));
const file = join(folder, 'x.adapter.json');

const withMethod = (method: string): string => `{
  // kept
  "base": "base", "data": { "train": "train.jsonl" },
  "method": ${method},
  "variants": {
    "small": { "method": { "rank": 4, "alpha": 8 } },
    "other": { "method": { "kind": "dora", "alpha": 8 } }
  }
}`;
const texts = {
  lora: withMethod('{ "rank": 8, "alpha": 16, "loraPlus": 4 }'),
  'lora-ga': withMethod(
    '{ "kind": "lora", "rank": 8, "init": "lora-ga", "gamma": 8, "rankStabilized": true }',
  ),
  loramoe: withMethod('{ "kind": "loramoe", "rank": 8, "experts": 4, "balance": 0 }').replace(
    ', "alpha": 8 } },',
    ' } },',
  ),
};

const check = (text: string) => fullCheckAll(text, file, freshKnowledge());
const applied = (text: string, { edits }: Fix): string =>
  edits.reduce(
    (now, { offset, length, text: by }) => now.slice(0, offset) + by + now.slice(offset + length),
    text,
  );
/** But for what a base of six blocks is told about pruning, which has a fix of its own. */
const errorsOf = (text: string): string[] =>
  check(text).diagnostics.flatMap(({ severity, code, message }) =>
    severity === 'error' && code !== 'prune-layers' ? [message] : [],
  );

test.each(Object.entries(texts))('from %s to each other method, and a variant of each', (name, text) => {
  expect(errorsOf(text)).toEqual([]);
  const choices = otherMethods(text, check(text).views[0]);
  expect(choices.map((choice) => choice.name).sort()).toEqual(
    [...methods.map(({ kind }) => kind), ...Object.keys(initialisers)].sort(),
  );
  expect(choices.filter(({ isCurrent }) => isCurrent).map((choice) => choice.name)).toEqual([name]);
  for (const { name: other, change, variant } of choices) {
    const changed = applied(text, change!);
    expect(changed).toContain('// kept');
    expect(errorsOf(changed), other).toEqual([]);
    const { method } = check(changed).views[0]!.draft!;
    expect([method.kind, method['init']]).toContain(other);
    expect(method.rank).toBe(8);
    const added = applied(text, variant!);
    expect(errorsOf(added), other).toEqual([]);
    const { draft: config } = check(added).views.find((view) => view.variant === other)!;
    expect([config?.method.kind, config?.method['init']]).toContain(other);
  }
});

test('going back to plain LoRA takes the start values out', () => {
  const text = texts['lora-ga'];
  const [plain] = otherMethods(text, check(text).views[0]).filter(({ name }) => name === 'lora');
  expect(applied(text, plain!.change!)).not.toMatch(/init|gamma/);
});

test('nothing for a text that is no object; names that are free', () => {
  expect(otherMethods('[', check('[').views[0])).toEqual([]);
  const [choice] = otherMethods('{ "method": 3 }', check('{ "method": 3 }').views[0]);
  expect(choice?.change).toBeUndefined();
  expect(freeName(['a', 'a (2)'], 'a')).toBe('a (3)');
});
