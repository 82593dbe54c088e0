/** @file What a smaller base saves, by the literature's count and by bytes held. */
import { expect, it } from 'vitest';
import { prunedBase } from '../../../../runtime/model/prune/prunedBase.ts';
import { keptShares, storageReport } from '../../../../runtime/model/prune/storage.ts';
import { quantizedBase } from '../../../../runtime/model/quantize/quantizedBase.ts';
import { randomBase, smallLlama } from '../../../support/randomModel.ts';

const base = randomBase({ ...smallLlama, hidden_size: 64, intermediate_size: 128 });
// 2 x 50 x 64 in tables, 7 norms of 64, and a layer's 4 x 64 x 64 less two half projections, 3 x 64 x 128
const outside = 2 * 50 * 64 + 7 * 64;
const linears = 3 * (3 * 64 * 64 + 3 * 64 * 128);

it('is nothing for the base itself', () => {
  expect(storageReport(base.spec, base.spec)).toEqual({
    parameters: { original: outside + linears, trained: outside + linears },
    nominal: { reduction: 1, bytes: 2 * (outside + linears) },
    held: { original: 4 * (outside + linears), trained: 4 * (outside + linears) },
  });
});

it('counts 4 bits a number nominally, and what is held: codes, scales, and the rest as it was', () => {
  const kept = { neurons: Int32Array.from({ length: 64 }, (_, i) => i), kvHeads: Int32Array.of(0) };
  const half = prunedBase(base, new Map([[1, kept]]));
  const gone = (3 * 64 * 64) / 2 + (3 * 64 * 128) / 2;
  const report = storageReport(base.spec, quantizedBase(half, 'nf4').spec);
  const left = outside + linears - gone;
  expect(report.parameters.trained).toBe(left);
  expect(report.nominal).toEqual({ reduction: (outside + linears) / (left / 4), bytes: left / 2 });
  expect(report.held.trained).toBe(4 * outside + ((linears - gone) * 4.5) / 8);
});

it('counts the zeros of a mask nominally alone', () => {
  const report = storageReport(base.spec, base.spec, 0.5);
  expect(report.parameters.trained).toBe(outside + linears / 2);
  expect(report.held.trained).toBe(report.held.original);
});

it('tells by linear what is left, masks among it', () => {
  const kept = { neurons: Int32Array.from({ length: 32 }, (_, i) => i), kvHeads: Int32Array.of(0) };
  const quarter = prunedBase(base, new Map([[1, kept]]));
  const shares = keptShares(base.spec, quarter.spec);
  expect([...shares.keys()]).toHaveLength(3 * 7);
  expect(shares.get('model.layers.0.mlp.up_proj')).toBe(1);
  expect(shares.get('model.layers.1.mlp.down_proj')).toBe(0.25);
  expect(shares.get('model.layers.1.self_attn.k_proj')).toBe(0.5);
  expect(new Set(keptShares(base.spec, base.spec, 0.75).values())).toEqual(new Set([0.25]));
});
