/** @file Any slip in a good config: each diagnostic has a place in the text, and each fix mends what it stands at without breaking more. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { applyEdits, modify } from 'jsonc-parser';
import { beforeAll, expect, test } from 'vitest';
import { freshKnowledge, fullCheckAll, knowData } from '../../../runtime/config/fullCheck.ts';
import { methodKeys, options } from '../../../runtime/config/options.ts';
import { methods } from '../../../runtime/methods/index.ts';
import { initialisers } from '../../../runtime/methods/inits/index.ts';
import type { Keys } from '../../../runtime/contract/optionSpec.ts';
import type { Diagnostic } from '../../../runtime/contract/diagnostic.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const file = join(folder, 'x.adapter.json');
beforeAll(() => {
  cpSync(join(root, 'media/base/tiny-clerk'), join(folder, 'base'), { recursive: true });
  cpSync(join(root, 'media/data/tickets'), join(folder, 'tickets'), { recursive: true });
});

/** A good config with this method, and two variants: a smaller one, and one of another method. */
const withMethod = (method: string, small: string): string => `{
  // what is trained
  "base": "base",
  "data": { "train": "tickets/train.jsonl", "validation": "tickets/valid.jsonl", "length": 256 },
  "method": ${method},
  "training": {
    "epochs": 4, "batch": 8, "learningRate": 3e-3, "schedule": "cosine", "warmup": 0.05, "clip": 1.0, "seed": 0,
    "evaluateEvery": 50, "checkpointEvery": 50
  },
  "output": "runs",
  "variants": { "rank 4": { "method": ${small} }, "other": { "method": { "kind": "lora-xs", "dropout": 0 } } }
}
`;
const good = withMethod(
  '{ "kind": "lora", "rank": 16, "alpha": 32, "targets": "all-linear" }',
  '{ "rank": 4, "alpha": 8 }',
);

/** One of each kind, and of each initialiser. */
const ofKinds = Object.fromEntries<string>([
  ...methods.map(({ kind, keys }): [string, string] => {
    // the base has six blocks
    const own = Object.hasOwn(keys, 'firstLayers') ? ', "firstLayers": 1' : '';
    return [
      kind,
      withMethod(`{ "kind": "${kind}", "rank": 8, "targets": ["q_proj", "v_proj"]${own} }`, '{ "rank": 4 }'),
    ];
  }),
  ...Object.keys(initialisers).map((init): [string, string] => [
    init,
    withMethod(`{ "init": "${init}", "rankStabilized": true, "mutateBase": true }`, '{ "rank": 4 }'),
  ]),
]);

const known = freshKnowledge();
async function check(text: string): Promise<readonly Diagnostic[]> {
  const { views } = fullCheckAll(text, file, known);
  return fullCheckAll(text, file, await knowData(views, known)).diagnostics;
}

const count = (all: readonly Diagnostic[], { code, message }: Diagnostic): number =>
  all.filter((one) => one.code === code && one.message === message).length;
const errors = (all: readonly Diagnostic[]): number =>
  all.filter(({ severity }) => severity === 'error').length;

async function expectSound(text: string): Promise<void> {
  const before = await check(text);
  for (const diagnostic of before) {
    const { offset, length, line, column } = diagnostic.range!;
    expect(offset + length).toBeLessThanOrEqual(Math.max(1, text.length));
    const lines = text.slice(0, offset).split('\n');
    expect([line, column]).toEqual([lines.length, lines.at(-1)!.length + 1]);
    for (const { title, edits } of diagnostic.fixes ?? []) {
      const mended = edits.reduce(
        (now, edit) => now.slice(0, edit.offset) + edit.text + now.slice(edit.offset + edit.length),
        text,
      );
      const after = await check(mended);
      expect(count(after, diagnostic), `${title}: ${diagnostic.message}`).toBeLessThan(
        count(before, diagnostic),
      );
      expect(errors(after), title).toBeLessThanOrEqual(errors(before));
    }
  }
}

/** Every key that a config can have, also in a variant. */
function paths(keys: Keys, above: readonly string[] = []): string[][] {
  return Object.entries(keys).flatMap(([name, spec]) => {
    const path = [...above, name];
    return [path, ...(spec.type === 'section' ? paths(spec.keys, path) : [])];
  });
}
const inVariantToo = (all: readonly string[][]): string[][] => [
  ...all,
  ...all.map((path) => ['variants', 'rank 4', ...path]),
];
const everywhere = inVariantToo(
  paths({ ...options, method: { ...options.method, keys: methodKeys('lora') } }),
);
/** Keys of all kinds, most of which are not those of the kind at hand. */
const ofMethods = inVariantToo(paths(methodKeys(undefined), ['method']));
const values = [
  ...[null, true, '', 'x', '16', '../..', 'tickets', '<b>$(x)', 'a'.repeat(300)],
  ...[-1, 0, 0.5, 1.5, 1e9, 1e300],
  ...[[], ['x'], [0, 99], {}, { a: 1 }, { q_proj: 'x' }, { '(': 4 }],
];

const seldom = { numRuns: 150 };

test('a value of another kind, at any key', async () => {
  const slips = fc.tuple(fc.constantFrom(...everywhere), fc.constantFrom(...values));
  await fc.assert(
    fc.asyncProperty(slips, async ([path, value]) => {
      await expectSound(applyEdits(good, modify(good, path, value, {})));
    }),
    seldom,
  );
});

test('a value of another kind, at any key of a method, with each kind', async () => {
  const slips = fc.tuple(
    fc.constantFrom(...Object.values(ofKinds)),
    fc.constantFrom(...ofMethods),
    fc.constantFrom(...values, 'lora', 'dora', 'lora-sb', 'pissa', 'lora-ga'),
  );
  await fc.assert(
    fc.asyncProperty(slips, async ([text, path, value]) => {
      await expectSound(applyEdits(text, modify(text, path, value, {})));
    }),
    { numRuns: 60 },
  );
});

test('each kind is good as it stands', async () => {
  for (const [name, text] of Object.entries(ofKinds)) {
    const found = (await check(text)).filter(({ severity }) => severity === 'error');
    expect(found, name).toEqual([]);
  }
});

const place = fc.nat(good.length - 1);

test('a text that breaks off', async () => {
  await fc.assert(
    fc.asyncProperty(place, (end) => expectSound(good.slice(0, end))),
    seldom,
  );
});

test('a character too few, or one too many', async () => {
  const typed = fc.constantFrom('', '"', '{', '}', '[', ',', ':', '\\', '0', '/', '\0', '\u202e');
  await fc.assert(
    fc.asyncProperty(place, typed, (at, character) =>
      expectSound(good.slice(0, at) + character + good.slice(character === '' ? at + 1 : at)),
    ),
    seldom,
  );
});
