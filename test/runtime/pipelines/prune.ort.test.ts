/** @file A base pruned on request: what is in the folder, what it saves by both ways of counting, what is refused. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { openBase } from '../../../runtime/model/base.ts';
import type { Base } from '../../../runtime/model/decoder.ts';
import { manifestFile } from '../../../runtime/model/prune/manifest.ts';
import type { PruneMethod } from '../../../runtime/model/prune/manifest.ts';
import { blockLinears } from '../../../runtime/model/specTensors.ts';
import { pruneToFolder } from '../../../runtime/pipelines/prune.ts';
import type { PruneOptions } from '../../../runtime/pipelines/prune.ts';
import { openPruned } from '../../../runtime/pipelines/pruneFolder.ts';
import { reference } from '../../support/shared.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
const data = tokenisedRows(join(scratch, 'rows.jsonl'), 6);
const opened: Base[] = [];
afterAll(() => {
  for (const one of opened) one.tensors.close();
});

const usual = { ratio: 0.5, first: 1, last: 1, seed: 3 };
function options(method: PruneMethod, more: Partial<PruneOptions> = {}): PruneOptions {
  const rows = { rows: 4, length: 32 };
  return { base, output: join(scratch, method), request: { method, ...usual }, ...rows, ...more };
}
async function read(folder: string) {
  const pruned = await openPruned(openBase(base), join(folder, manifestFile));
  opened.push(pruned.base);
  return pruned;
}

/** Of `smallLlama`: embedding and head 50 x 32, three layers, a last norm. */
const attention = 32 * 32 + 2 * 16 * 32 + 32 * 32;
const layer = attention + 3 * 32 * 48 + 2 * 32;
const original = 2 * 50 * 32 + 3 * layer + 32;

describe('units', () => {
  test('random and structured: half of the middle layer goes, counted by both rules', async () => {
    const found = [
      await pruneToFolder(options('random')),
      await pruneToFolder(options('structured', { data })),
    ];
    for (const { report } of found)
      expect(report).toEqual({
        parameters: { original, trained: original - (layer - 64) / 2 },
        nominal: {
          reduction: original / (original - (layer - 64) / 2),
          bytes: 2 * (original - (layer - 64) / 2),
        },
        held: { original: 4 * original, trained: 4 * (original - (layer - 64) / 2) },
      });
    for (const method of ['random', 'structured'] as const) {
      const { manifest } = await read(join(scratch, method));
      expect(manifest).toMatchObject({ method, ratio: 0.5, seed: 3, start: 1, end: 2 });
      expect(readdirSync(join(scratch, method))).toEqual([manifestFile]);
    }
    expect(found[0]!.diskBytes).toBe(statSync(join(scratch, 'random', manifestFile)).size);
  });

  it('are chosen by the rows: other rows, other units', async () => {
    const chosen = [];
    for (const [name, count] of [
      ['few', 1],
      ['more', 6],
    ] as const) {
      const output = join(scratch, name);
      await pruneToFolder(options('structured', { data, output, rows: count }));
      chosen.push((await read(output)).manifest.plan);
    }
    expect(chosen[0]).not.toEqual(chosen[1]);
  });

  test('in 4 bits: every parameter counted as a quarter, and the bytes that there really are', async () => {
    const output = join(scratch, 'coded');
    const request = { method: 'random', ...usual, quantization: 'nf4' } as const;
    const { report } = await pruneToFolder(options('random', { output, request }));
    const { parameters, nominal, held } = report;
    expect(nominal.bytes).toBe(parameters.trained / 2);
    // 4 bits a number and 32 bits for 64 of them; embedding, head and norms in single precision
    const coded = parameters.trained - 2 * 50 * 32 - 7 * 32;
    expect(held.trained).toBe(coded / 2 + (4 * coded) / 64 + 4 * (2 * 50 * 32 + 7 * 32));
    expect((await read(output)).manifest.quantization).toBe('nf4');
  });
});

test.each<[PruneMethod, number, number]>([
  ['semi', 0.25, 0.5],
  ['unstructured', 0.25, 0.25],
])('masks, %s: zeros stand in every layer and save nothing here', async (method, ratio, zeros) => {
  const request = { method, ...usual, ratio };
  const { report, diskBytes } = await pruneToFolder(options(method, { data, request }));
  const linears = 3 * (layer - 64);
  expect(report.parameters).toEqual({ original, trained: original - zeros * linears });
  expect(report.held).toEqual({ original: 4 * original, trained: 4 * original });
  expect(diskBytes).toBeGreaterThan(4 * (1 - zeros) * linears);
  const { base: masked, manifest } = await read(join(scratch, method));
  expect(manifest).toMatchObject({ method, ratio: zeros, start: 0, end: 3 });
  for (const index of [0, 1, 2])
    for (const { path, inputs, outputs } of blockLinears(masked.spec, index)) {
      const weight = masked.tensors.readFloat32(`${path}.weight`);
      const gone = weight.reduce((n, x) => n + (x === 0 ? 1 : 0), 0);
      expect(gone).toBe(zeros * inputs * outputs);
    }
});

describe('refused, with nothing written:', () => {
  const output = join(scratch, 'none');
  const with_ = (changes: object) => ({
    output,
    request: { method: 'random' as const, ...usual, ...changes },
  });
  const cases: [string, string, string, () => PruneOptions][] = [
    ['a folder that exists', 'prune-output', 'exists already', () => options('random', { output: base })],
    [
      'no rows to score by',
      'prune-data',
      'structured goes by rows: name a file',
      () => options('structured', { output }),
    ],
    ['no rows for masks', 'prune-data', 'semi goes by rows', () => options('semi', { output })],
    [
      'no layer left',
      'prune-layers',
      'has 3 layers: with the first 4 and the last 2',
      () => options('random', with_({ first: 4, last: 2 })),
    ],
    ['a ratio', 'prune-ratio', 'the pruning ratio is 1', () => options('random', with_({ ratio: 1 }))],
    [
      'a share of all weights',
      'prune-ratio',
      'the pruning ratio is -0.5',
      () => options('unstructured', { data, ...with_({ method: 'unstructured', ratio: -0.5 }) }),
    ],
    ['a head too many', 'prune-empty', 'leaves no neuron', () => options('random', with_({ ratio: 0.99 }))],
    [
      'a base that is none',
      'base-missing',
      'does not exist',
      () => options('random', { output, base: '/none' }),
    ],
  ];
  test.each(cases)('%s', async (_, code, message, asked) => {
    const before = readdirSync(scratch).sort();
    const failure = pruneToFolder(asked());
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code });
    expect(readdirSync(scratch).sort()).toEqual(before);
  });

  const encoder = reference('lm/bert/base');
  test.runIf(encoder !== undefined)('a base that is no decoder', async () => {
    const failure = pruneToFolder(
      options('random', {
        output,
        base: encoder!,
        request: { method: 'random', ...usual, first: 0, last: 0 },
      }),
    );
    await expect(failure).rejects.toThrow('is no decoder');
    expect(existsSync(output)).toBe(false);
  });
});
