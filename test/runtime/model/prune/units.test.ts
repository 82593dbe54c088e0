/** @file Index sets of LoRAM: expansion to query heads, fused segments, sizes of the pruned description. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { blockLinears, specTensors } from '../../../../runtime/model/specTensors.ts';
import {
  blockSlices,
  complement,
  headDims,
  prunedSpec,
  queryDims,
} from '../../../../runtime/model/prune/units.ts';
import { specOf } from '../../../support/familyCases.ts';

const sizes = {
  vocab_size: 50,
  hidden_size: 16,
  intermediate_size: 6,
  num_hidden_layers: 2,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 2,
  max_position_embeddings: 64,
};
const kept = { neurons: Int32Array.of(1, 4, 5), kvHeads: Int32Array.of(0, 3) };

describe('LORAM-1: from key-value heads to query heads', () => {
  it("LORAM-1: the specification's example", () => {
    expect([...queryDims([4, 5, 0, 1], 2, 2)]).toEqual([8, 9, 10, 11, 0, 1, 2, 3]);
  });

  it('LORAM-1: what stays and what goes are complements after the expansion too', () => {
    const heads = fc.shuffledSubarray([0, 1, 2, 3, 4]);
    fc.assert(
      fc.property(
        heads,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (pruned, size, q) => {
          const gone = headDims(pruned, size);
          const left = headDims(complement(pruned, 5), size);
          expect(complement(gone, 5 * size)).toEqual(left);
          expect(complement(queryDims(gone, size, q), 5 * size * q)).toEqual(queryDims(left, size, q));
        },
      ),
    );
  });
});

it('LORAM-9: units that go may be named in any order', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...Array(12).keys()]), (pruned) => {
      expect(complement(pruned, 12)).toEqual(
        complement(
          [...pruned].sort((a, b) => a - b),
          12,
        ),
      );
    }),
  );
});

it('refuses units that are not there', () => {
  for (const pruned of [[4], [-1], [0.5]]) expect(() => complement(pruned, 4)).toThrow('of 4');
});

describe('rows and columns that stay', () => {
  const query = [0, 1, 2, 3, 12, 13, 14, 15];

  it('single projections', () => {
    const spec = specOf({ model_type: 'qwen2', ...sizes });
    const slices = Object.fromEntries(
      [...blockSlices(spec, 1, kept)].map(([path, { outputs, inputs }]) => [
        path.slice(path.lastIndexOf('.') + 1),
        { ...(outputs && { outputs: [...outputs] }), ...(inputs && { inputs: [...inputs] }) },
      ]),
    );
    expect(slices).toEqual({
      q_proj: { outputs: query },
      k_proj: { outputs: [0, 1, 6, 7] },
      v_proj: { outputs: [0, 1, 6, 7] },
      o_proj: { inputs: query },
      gate_proj: { outputs: [1, 4, 5] },
      up_proj: { outputs: [1, 4, 5] },
      down_proj: { inputs: [1, 4, 5] },
    });
  });

  it('fused projections, each segment with its own', () => {
    const spec = specOf({ model_type: 'phi3', ...sizes, pad_token_id: 0 });
    const slices = blockSlices(spec, 0, kept);
    expect([...slices.get('model.layers.0.self_attn.qkv_proj')!.outputs!]).toEqual([
      ...query,
      ...[16, 17, 22, 23],
      ...[24, 25, 30, 31],
    ]);
    expect([...slices.get('model.layers.0.mlp.gate_up_proj')!.outputs!]).toEqual([1, 4, 5, 7, 10, 11]);
  });
});

test.each([
  ['qwen2', { ...sizes }],
  ['phi3', { ...sizes, pad_token_id: 0 }],
  ['qwen3', { ...sizes, head_dim: 4 }],
  ['gpt2', { n_embd: 16, n_head: 4, n_layer: 2, n_inner: 6, vocab_size: 50, n_positions: 64 }],
] as const)(
  'the pruned description of %s has the sizes of what stays, layer by layer',
  (model_type, config) => {
    const spec = specOf({ model_type, ...config });
    const smaller = prunedSpec(spec, new Map([[1, kept]]));
    const whole = new Map(specTensors(spec).map(({ name, shape }) => [name, shape]));
    const slices = blockSlices(spec, 1, kept);
    const linears = blockLinears(spec, 1);
    for (const { name, shape } of specTensors(smaller)) {
      const path = name.slice(0, name.lastIndexOf('.'));
      const slice = slices.get(path);
      const linear = linears.find((one) => one.path === path);
      const { outputs, inputs } = { ...linear, ...slice };
      const [rows, columns] = [outputs, inputs].map((side) =>
        typeof side === 'object' ? side.length : side,
      );
      const expected =
        linear === undefined
          ? whole.get(name)
          : name.endsWith('bias')
            ? [rows]
            : linear.transposed
              ? [columns, rows]
              : [rows, columns];
      expect(shape, name).toEqual(expected);
    }
    expect(smaller.layers[0]).toEqual(spec.layers[0]);
    expect(smaller.layers[1]).toMatchObject({
      heads: (2 * spec.heads) / spec.kvHeads,
      kvHeads: 2,
      intermediate: 3,
    });
  },
);
