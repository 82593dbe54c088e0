/** @file What keys cost here, on the embedded base: in the file and in a variant. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bases } from '../../../runtime/config/bases.ts';
import { freshKnowledge, fullCheckAll } from '../../../runtime/config/fullCheck.ts';
import { hoverAt } from '../../../runtime/config/hover.ts';
import type { Speeds } from '../../../runtime/config/stepTime.ts';
import { methodOf } from '../../../runtime/methods/index.ts';
import type { RunSpeed } from '../../../runtime/contract/run.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { usualMethod } from '../../support/usualOptions.ts';
import { root } from '../../support/sourceFiles.ts';

const path = join(root, 'media/base/tiny-clerk');
const text = JSON.stringify(
  {
    base: path,
    data: { train: join(root, 'media/data/tickets/train.jsonl'), length: 128 },
    method: {
      rank: 8,
      alpha: 16,
      targets: ['q_proj', 'v_proj'],
      modulesToSave: ['lm_head'],
      rankPattern: { v_proj: 4 },
    },
    training: { learningRate: 0.001, steps: 200, warmup: 0.1 },
    memory: 'low',
    variants: { small: { method: { rank: 2 } } },
  },
  null,
  2,
);
const file = join(root, 'x.adapter.json');
const base = new Bases().open(path);
if (base instanceof UserError) throw base;
const facts = { rows: 400, exact: true, longest: 120, percentile95: 100, lengths: [120] };
const known = freshKnowledge(() => facts);
const { views } = fullCheckAll(text, file, known);
const at = (needle: string, more = 1, rate?: number): readonly string[] | undefined =>
  hoverAt(text, text.indexOf(needle) + more, views, () => base, rate)?.lines;

test('rank: what the adapter comes to, and what one more costs', () => {
  const perRank = 6 * (192 + 192);
  expect(at('"rank": 8')).toEqual([
    // q of rank 8, v of rank 4
    expect.stringMatching(/^Adapts 12 of 43 linears: 24,576 numbers, and 393,216 of modules trained whole/),
    expect.stringMatching(/^Each rank more: [\d,]+ numbers/),
  ]);
  expect(perRank * 8 + 6 * 4 * (192 + 64)).toBe(24_576);
});

test('numbers and the next rank are those of the method, frozen ones said', () => {
  const other = text.replace('"rank": 8,', '"kind": "lora-sb", "rank": 8,').replace('"alpha": 16,', '');
  const found = fullCheckAll(other, file, known).views;
  const line = (needle: string): readonly string[] | undefined =>
    hoverAt(other, other.indexOf(needle) + 1, found, () => base, undefined)?.lines;
  expect(line('"rank": 8')).toEqual([
    // q of rank 8, v of rank 4
    expect.stringMatching(/^Adapts 12 of 43 linears: 480 numbers beside 24,576 frozen ones, and 393,216 /),
    expect.stringMatching(/^Each rank more: 156 numbers/),
  ]);
  expect(6 * (9 * 9 - 8 * 8) + 6 * (5 * 5 - 4 * 4)).toBe(156);
  expect(line('"q_proj"')).toEqual(['Matches 6 linears: 384 numbers.']);
  expect(line('"v_proj": 4')).toEqual(['Matches 6 of 12 targets: 96 numbers.']);
});

test('a name in a list, a pattern, a module that is trained whole', () => {
  expect(at('"q_proj"')).toEqual(['Matches 6 linears: 18,432 numbers.']);
  expect(at('"v_proj": 4')).toEqual(['Matches 6 of 12 targets: 6,144 numbers.']);
  expect(at('"lm_head"')).toEqual(["Trained whole: 393,216 numbers, 1.6 MB in the adapter's file."]);
});

test('base, rows, steps and memory', () => {
  expect(at('"base"')?.[0]).toBe(
    'llama: 6 blocks, 43 linears, 2,984,256 numbers.'.replace('2,984,256', sizes()),
  );
  expect(at('"train"')).toEqual(['400 rows; 95 of 100 have at most 100 tokens, the longest has 120.']);
  expect(at('"steps"')).toEqual(['The run has 200 steps.']);
  expect(at('"warmup"')).toEqual(['20 of 200 steps.']);
  expect(at('"memory"')?.[0]).toMatch(/^The run needs about /);
  expect(at('"length"')?.[1]).toMatch(/^Activations of the largest micro-batch take /);
  expect(at('"learningRate"', 1, 0.003)).toEqual([
    'The learning-rate finder suggests 0.00300 for this file.',
  ]);
});

const sizes = (): string =>
  [...base.shape.sizes.values()].reduce((sum, size) => sum + size, 0).toLocaleString('en-US');

test('a variant speaks of itself; what has nothing to add is silent', () => {
  expect(at('"rank": 2')?.[0]).toContain(`${(6 * 2 * 384 + 6 * 4 * 256).toLocaleString('en-US')} numbers`);
  expect(at('"variants"')).toBeUndefined();
  expect(hoverAt('x'.repeat(5), 2, views, () => base, undefined)).toBeUndefined();
});

test('seconds a step, with what says them; else how to learn them', () => {
  const means = { ...facts, meanLength: 100, rowTokens: 110, labelled: 0.3 };
  const run: RunSpeed = {
    run: 'r',
    base: path,
    device: 'cpu',
    memory: 'low',
    method: usualMethod(methodOf('lora')),
    adapter: 24_576,
    frozen: 0,
    secondsPerToken: 0.001,
    tokens: 800,
    labelled: 0.3,
    rowTokens: 110,
  };
  const lines = (needle: string, speeds?: Speeds): string[] => {
    const { views: found } = fullCheckAll(text, file, {
      ...freshKnowledge(() => means),
      ...(speeds && { speeds }),
    });
    return [...hoverAt(text, text.indexOf(needle) + 1, found, () => base, undefined)!.lines];
  };
  for (const key of ['"rank": 8', '"length"', '"memory"']) {
    expect(lines(key, { runs: [run] }).at(-1)).toMatch(
      /^About 0[.]\d+ s a step of about 400 tokens, as in run r[.]$/,
    );
    expect(lines(key, { runs: [], gigaflops: 92 }).at(-1)).toMatch(
      /^About 0[.]\d+ s a step of about 400 tokens, by this device's measured 92[.]0 GFLOP\/s[.]$/,
    );
    expect(lines(key, { runs: [] }).at(-1)).toMatch(/^Measure the device in Devices/);
  }
  expect(lines('"steps"', { runs: [run] })[1]).toMatch(/^About \d+ \w+ in all, 0[.]\d+ s a step[.]$/);
  expect(lines('"steps"', { runs: [] })).toHaveLength(1);
});
