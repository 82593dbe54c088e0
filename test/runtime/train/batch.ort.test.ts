/** @file Micro-batches as graphs take them: what is labelled and by which row, keys for dropout, shapes, tables of angles. */
import { describe, expect, it } from 'vitest';
import { names } from '../../../runtime/model/segmentBuilder.ts';
import type { Tensor } from '../../../runtime/ort/session.ts';
import { prepareBatch, ropeTables } from '../../../runtime/train/batch.ts';
import type { TokenRow } from '../../../runtime/train/batch.ts';
import { causalMask } from '../../../runtime/train/layout.ts';
import { randomBase, randomRows, smallLlama } from '../../support/randomModel.ts';

const { spec } = randomBase();
const rowOf = (ids: readonly number[], mask: readonly number[], key?: number): TokenRow => ({
  ids: Uint32Array.from(ids),
  mask: Uint8Array.from(mask),
  ...(key !== undefined && { key }),
});
const ints = (tensor: Tensor | undefined): number[] =>
  Array.from(tensor!.data as BigInt64Array | Int32Array, Number);

describe('labelled tokens', () => {
  it('are predicted from the token before, each with the row it belongs to', () => {
    const rows = [rowOf([5, 6, 7], [1, 1, 0]), rowOf([8], [1]), rowOf([9, 10, 11, 12], [0, 0, 1, 1])];
    const { labelled, outputs } = prepareBatch(rows, spec);
    expect(Array.from(outputs, Number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(Array.from(labelled.tokens, Number)).toEqual([0, 5, 6]);
    expect(Array.from(labelled.labels, Number)).toEqual([6, 11, 12]);
    expect([...labelled.rows]).toEqual([0, 2, 2]);
  });

  it('are none where nothing is marked', () => {
    expect(prepareBatch([rowOf([1, 2], [1, 0])], spec).labelled.tokens.length).toBe(0);
  });
});

describe('feeds', () => {
  it('hold ids and positions of all rows and one token that pads', () => {
    const { feeds, sizes } = prepareBatch([rowOf([5, 6, 7], [0, 1, 1]), rowOf([8, 9], [0, 1])], spec);
    expect(sizes['tokens']).toBe(6);
    expect(ints(feeds['ids'])).toEqual([5, 6, 7, 8, 9, 0]);
    expect(ints(feeds['positions'])).toEqual([0, 1, 2, 0, 1, 0]);
  });

  it('have the shapes that their sizes name, whatever the number of groups', () => {
    const rows = randomRows([30, 7, 19], spec.vocab);
    for (const count of [1, 2, 3]) {
      const plan = { chunk: count === 1 ? 32 : 32 / count, count };
      const { feeds, sizes, layout } = prepareBatch(rows, spec, { ...plan, chunk: Math.ceil(plan.chunk) });
      expect(layout.groups.length).toBe(count);
      for (const tensor of Object.values(feeds))
        expect((tensor.data as Int32Array).length).toBe(tensor.dims.reduce((n, size) => n * size, 1));
      for (let g = 0; g < count; g++) {
        const [tiles, queries, keys] = [sizes[`tiles${g}`]!, sizes[`queries${g}`]!, sizes[`keys${g}`]!];
        expect(feeds[`group${g}.queries`]!.dims).toEqual([tiles, spec.heads, queries]);
        expect(feeds[`group${g}.keys`]!.dims).toEqual([tiles, spec.kvHeads, keys]);
        expect(feeds[`group${g}.mask`]!.dims).toEqual([1, 1, queries, keys]);
        // one group alone reads every row, and needs no word on which are valid
        expect(`group${g}.queryValid` in feeds).toBe(count > 1);
      }
    }
  });

  it('have a mask for each window of the model', () => {
    const { spec: windowed } = randomBase({ ...smallLlama, model_type: 'mistral', sliding_window: 6 });
    const { feeds, layout } = prepareBatch(randomRows([20], windowed.vocab), windowed);
    expect(feeds['group0.mask']).toBeUndefined();
    expect(feeds['group0.mask6']!.data).toEqual(causalMask(layout.groups[0]!, 6));
  });
});

describe('keys for dropout', () => {
  const keysOf = (rows: readonly TokenRow[]): number[] =>
    ints(prepareBatch(rows, spec).feeds[names.tokenKeys]);
  const [a, b] = [rowOf([1, 2, 3], [0, 1, 1], 77), rowOf([4, 5], [0, 1], 78)];

  it('follow the row’s key and the position, not the place in the batch or the ids', () => {
    const [first, second] = [keysOf([a, b]), keysOf([b, a])];
    expect(first.slice(0, 3)).toEqual(second.slice(2, 5));
    expect(first.slice(3, 5)).toEqual(second.slice(0, 2));
    expect(keysOf([rowOf([9, 9, 9], [0, 0, 1], 77)]).slice(0, 3)).toEqual(first.slice(0, 3));
    // padding at the end changes nothing before it
    expect(keysOf([rowOf([1, 2, 3, 0, 0], [0, 1, 1, 0, 0], 77)]).slice(0, 3)).toEqual(first.slice(0, 3));
  });

  it('differ from token to token and from row to row', () => {
    const rows = Array.from({ length: 50 }, (_, key) => rowOf(new Array<number>(40).fill(1), [], key));
    const keys = keysOf(rows).slice(0, 2000);
    expect(new Set(keys).size).toBe(2000);
  });
});

it('tables of angles are cos and sin of position times frequency, in rows of positions', () => {
  const [table] = ropeTables(spec, 40);
  const { inverseFrequencies, rotated } = spec.ropes[0]!;
  const half = rotated / 2;
  expect(table!.cos.dims).toEqual([40, half]);
  const [cos, sin] = [table!.cos.data as Float32Array, table!.sin.data as Float32Array];
  for (const p of [0, 1, 39])
    for (let i = 0; i < half; i++) {
      // single precision in the angle: 39 rounds by up to 2e-6
      expect(Math.abs(cos[p * half + i]! - Math.cos(p * inverseFrequencies[i]!))).toBeLessThan(4e-6);
      expect(Math.abs(sin[p * half + i]! - Math.sin(p * inverseFrequencies[i]!))).toBeLessThan(4e-6);
    }
});
