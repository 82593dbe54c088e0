/** @file 2,000 mutated configs, half of them changed in structure: each gets diagnostics or a right reading, never a crash. */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkAllVariants } from '../../../runtime/config/check.ts';
import { checkAgainstBase } from '../../../runtime/config/checkBase.ts';
import { hasErrors } from '../../../runtime/contract/diagnostic.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const file = join(folder, 'x.adapter.json');
const good = {
  base: 'owner/name',
  data: { train: file, validation: 0.1, length: 64, columns: { prompt: 'q' }, template: 'none' },
  method: {
    kind: 'lora',
    rank: 4,
    targets: ['q_proj'],
    layers: [0],
    rankPattern: { q_proj: 2 },
    modulesToSave: ['norm'],
  },
  training: { steps: 3, betas: [0.9, 0.99], warmup: 2, seed: 1 },
  memory: 'low',
  variants: { wide: { method: { rank: 8, targets: '.*' } }, other: { training: { optimizer: 'sgd' } } },
};
const text = JSON.stringify(good, null, 1);
const base = {
  linears: [{ path: 'model.layers.0.q_proj', inputs: 8, outputs: 8 }],
  modules: ['model.norm'],
  sizes: new Map<string, number>(),
  head: 'lm_head',
  positions: 2048,
};

function checkOne(mutated: string): void {
  const checked = checkAllVariants(mutated, file);
  for (const { range, code, message } of checked.diagnostics) {
    expect(message.length).toBeGreaterThan(5);
    expect(code).toMatch(/^[a-z-]+$/);
    expect(range!.offset).toBeGreaterThanOrEqual(0);
    expect(range!.offset).toBeLessThanOrEqual(mutated.length);
  }
  if (checked.config === undefined) {
    expect(hasErrors(checked.diagnostics)).toBe(true);
    return;
  }
  for (const finding of checkAgainstBase(checked.config, base, checked).findings) checked.diagnose(finding);
}

const strange = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    0.5,
    1e308,
    '',
    'x',
    '(',
    '.*',
    [],
    {},
    [null],
    { a: null },
    '\0',
    '__proto__',
    'all-linear',
    'lora',
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Every place in the config, as a path. */
function paths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => paths(inner, [...path, name]))];
}

function replaced(value: unknown, path: readonly string[], by: unknown, rename: string | undefined): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return by;
  if (Array.isArray(value))
    return value.map((item: unknown, i) => (String(i) === name ? replaced(item, rest, by, rename) : item));
  const entries = Object.entries(value as object).map(([key, inner]: [string, unknown]) => {
    if (key !== name) return [key, inner] as const;
    if (rest.length === 0 && rename !== undefined) return [rename, inner] as const;
    return [key, replaced(inner, rest, by, rename)] as const;
  });
  return Object.fromEntries(entries);
}

test('bytes changed, cut, doubled', () => {
  const edit = fc.record({
    at: fc.nat(text.length - 1),
    drop: fc.nat(20),
    insert: fc.string({ maxLength: 6 }),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let mutated = text;
      for (const { at, drop, insert } of edits)
        mutated = mutated.slice(0, at) + insert + mutated.slice(at + drop);
      checkOne(mutated);
    }),
    { seed: 5, numRuns: 1000 },
  );
});

test('values of other types, keys of other names', () => {
  const rename = fc.option(
    fc.constantFrom('__proto__', 'constructor', '', 'rank', 'kind', 'variants', 'x'.repeat(300)),
    { nil: undefined },
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths(good)), strange, rename, (path, value, name) => {
      checkOne(JSON.stringify(replaced(good, path, value, name)));
    }),
    { seed: 6, numRuns: 1000 },
  );
});
