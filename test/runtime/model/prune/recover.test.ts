/** @file Recovery: exact, linear, reversible, and harmless where units were pruned. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearsOf } from '../../../../runtime/model/adapted.ts';
import { compactAdapter, recoverAdapter } from '../../../../runtime/model/prune/recover.ts';
import type { AdapterTensor } from '../../../../runtime/model/prune/recover.ts';
import { blockSlices, complement, prunedSpec } from '../../../../runtime/model/prune/units.ts';
import type { PrunePlan } from '../../../../runtime/model/prune/units.ts';
import { hashKey, uniform } from '../../../../runtime/train/random.ts';
import { randomNumbers } from '../../../support/evaluate.ts';
import { specOf } from '../../../support/familyCases.ts';

const sizes = {
  vocab_size: 20,
  hidden_size: 8,
  intermediate_size: 10,
  num_hidden_layers: 2,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 2,
  max_position_embeddings: 32,
};
const specs = [
  specOf({ model_type: 'llama', ...sizes }),
  specOf({ model_type: 'phi3', ...sizes, pad_token_id: 0 }),
  specOf({
    model_type: 'gpt2',
    ...{ n_embd: 8, n_head: 4, n_layer: 2, n_inner: 10, vocab_size: 20, n_positions: 32 },
  }),
];
const rank = 3;

/** Units that go of layer 1, as a random subset in random order. */
const pruned = fc.record({
  neurons: fc.shuffledSubarray([...Array(10).keys()], { maxLength: 9 }),
  kvHeads: fc.shuffledSubarray([0, 1, 2, 3], { maxLength: 3 }),
});
const planOf = (gone: { neurons: number[]; kvHeads: number[] }): PrunePlan =>
  new Map([[1, { neurons: complement(gone.neurons, 10), kvHeads: complement(gone.kvHeads, 4) }]]);

/** A random adapter of all linears, head and biases of B included. */
function adapter(spec: (typeof specs)[number], seed = 1): Map<string, AdapterTensor> {
  return new Map(
    linearsOf(spec).flatMap(({ path, inputs, outputs }) => {
      const tensor = (name: string, shape: number[]): [string, AdapterTensor] => {
        const count = shape.reduce((n, size) => n * size, 1);
        return [`${path}.${name}`, { shape, data: randomNumbers(count, `${seed} ${path} ${name}`) }];
      };
      return [
        tensor('lora_A.weight', [rank, inputs]),
        tensor('lora_B.weight', [outputs, rank]),
        tensor('lora_B.bias', [outputs]),
      ];
    }),
  );
}

/** B A of one linear, [outputs][inputs]. */
function delta(tensors: ReadonlyMap<string, AdapterTensor>, path: string): number[][] {
  const { data: A, shape } = tensors.get(`${path}.lora_A.weight`)!;
  const { data: B } = tensors.get(`${path}.lora_B.weight`)!;
  const inputs = shape[1]!;
  return Array.from({ length: B.length / rank }, (_, o) =>
    Array.from({ length: inputs }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += B[o * rank + k]! * A[k * inputs + i]!;
      return sum;
    }),
  );
}

const all = (count: number): number[] => [...Array(count).keys()];
const squared = (matrix: readonly (readonly number[])[]): number =>
  matrix.flat().reduce((sum, x) => sum + x * x, 0);

/** Rank by elimination with full pivoting. */
function rankOf(matrix: readonly (readonly number[])[]): number {
  const rows = matrix.map((row) => [...row]);
  for (let done = 0; ; done++) {
    let [best, r, c] = [1e-6, -1, -1];
    rows.slice(done).forEach((row, i) => {
      row.forEach((x, j) => {
        if (Math.abs(x) > best) [best, r, c] = [Math.abs(x), i + done, j];
      });
    });
    if (r < 0) return done;
    [rows[done], rows[r]] = [rows[r]!, rows[done]!];
    for (const row of rows.slice(done + 1)) {
      const factor = row[c]! / rows[done]![c]!;
      row.forEach((x, j) => (row[j] = x - factor * rows[done]![j]!));
    }
  }
}

describe.each(specs.map((spec) => [spec.modelType, spec] as const))('%s', (_, spec) => {
  it('LORAM-2: compact undoes recover, which is linear and keeps norm and rank', () => {
    fc.assert(
      fc.property(pruned, (gone) => {
        const plan = planOf(gone);
        const small = adapter(prunedSpec(spec, plan));
        const full = recoverAdapter(small, spec, plan);
        const back = compactAdapter(full, spec, plan);
        expect(back).toEqual({ tensors: small, lost: 0 });
        // R(2 a + b) = 2 R(a) + R(b): powers of two and a sum of the same numbers are exact
        const other = adapter(prunedSpec(spec, plan), 2);
        const combined = new Map(
          [...small].map(([name, { shape, data }]) => [
            name,
            { shape, data: data.map((x, i) => 2 * x + other.get(name)!.data[i]!) },
          ]),
        );
        const fullOther = recoverAdapter(other, spec, plan);
        for (const [name, { data }] of recoverAdapter(combined, spec, plan))
          expect(data).toEqual(full.get(name)!.data.map((x, i) => 2 * x + fullOther.get(name)!.data[i]!));
        for (const { path } of linearsOf(spec)) {
          const [before, after] = [delta(small, path), delta(full, path)];
          expect(Math.abs(squared(after) / squared(before) - 1)).toBeLessThan(1e-12);
          expect(rankOf(after)).toBe(rankOf(before));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('LORAM-3: the update is zero at pruned units and the trained one elsewhere, exactly', () => {
    fc.assert(
      fc.property(pruned, (gone) => {
        const plan = planOf(gone);
        const small = adapter(prunedSpec(spec, plan));
        const full = recoverAdapter(small, spec, plan);
        const slices = blockSlices(spec, 1, plan.get(1)!);
        for (const { path, inputs, outputs } of linearsOf(spec)) {
          const slice = slices.get(path);
          const rows = [...(slice?.outputs ?? all(outputs))];
          const columns = [...(slice?.inputs ?? all(inputs))];
          const [before, after] = [delta(small, path), delta(full, path)];
          for (let o = 0; o < outputs; o++)
            for (let i = 0; i < inputs; i++) {
              const [row, column] = [rows.indexOf(o), columns.indexOf(i)];
              expect(Math.abs(after[o]![i]!)).toBe(
                row < 0 || column < 0 ? 0 : Math.abs(before[row]![column]!),
              );
            }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('LORAM-4: merged weights equal the original at pruned rows and columns', () => {
    const plan = planOf({ neurons: [7, 2, 3], kvHeads: [1] });
    const full = recoverAdapter(adapter(prunedSpec(spec, plan)), spec, plan);
    for (const [path, { outputs, inputs }] of blockSlices(spec, 1, plan.get(1)!)) {
      const change = delta(full, path);
      const W0 = change.map((row, o) => [...randomNumbers(row.length, `${path} ${o}`)]);
      W0.forEach((row, o) => {
        row.forEach((w, i) => {
          const merged = w + 2 * change[o]![i]!;
          const gone = (outputs && !outputs.includes(o)) || (inputs && !inputs.includes(i));
          // -0 + 0 is +0: equal as numbers
          if (gone) expect(merged === w).toBe(true);
        });
      });
      const changed = change.flat().filter((x) => x !== 0).length;
      expect(changed).toBe(
        (outputs ?? all(change.length)).length * (inputs ?? all(change[0]!.length)).length,
      );
    }
  });

  it('LORAM-9: units named in another order are recovered the same', () => {
    fc.assert(
      fc.property(pruned, (gone) => {
        const sorted = {
          neurons: [...gone.neurons].sort((a, b) => a - b),
          kvHeads: [...gone.kvHeads].sort((a, b) => a - b),
        };
        const small = adapter(prunedSpec(spec, planOf(gone)));
        expect(recoverAdapter(small, spec, planOf(gone))).toEqual(
          recoverAdapter(small, spec, planOf(sorted)),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('LORAM-10: with noise in A, rows of pruned outputs stay zero and columns of pruned inputs do not', () => {
    const plan = planOf({ neurons: [0, 9], kvHeads: [2] });
    const small = adapter(prunedSpec(spec, plan));
    const random = uniform(hashKey('noise'));
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const full = recoverAdapter(small, spec, plan, normal);
    for (const [path, { outputs, inputs }] of blockSlices(spec, 1, plan.get(1)!)) {
      const change = delta(full, path);
      if (outputs)
        complement([...outputs], change.length).forEach((o) => {
          expect(change[o]!.every((x) => x === 0)).toBe(true);
        });
      if (inputs)
        complement([...inputs], change[0]!.length).forEach((i) => {
          expect(change.every((row) => row[i] !== 0)).toBe(true);
        });
    }
    expect(compactAdapter(full, spec, plan).tensors).toEqual(small);
    expect(compactAdapter(full, spec, plan).lost).toBeGreaterThan(0);
  });
});

it('LORAM-10: the noise has a deviation of 1 / rank', () => {
  const spec = specOf({ ...sizes, model_type: 'llama', intermediate_size: 4000 });
  const plan = new Map([[0, { neurons: Int32Array.of(0), kvHeads: Int32Array.of(0, 1, 2, 3) }]]);
  const random = uniform(hashKey('deviation'));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const full = recoverAdapter(adapter(prunedSpec(spec, plan)), spec, plan, normal);
  const { data } = full.get('model.layers.0.mlp.down_proj.lora_A.weight')!;
  const variance = data.reduce((sum, x) => sum + x * x, 0) / data.length;
  expect(Math.abs(Math.sqrt(variance) * rank - 1)).toBeLessThan(0.03);
});

describe('refuses', () => {
  const spec = specs[0]!;
  const plan = planOf({ neurons: [1], kvHeads: [] });
  const small = adapter(prunedSpec(spec, plan));

  it('an adapter of other sizes', () => {
    expect(() => recoverAdapter(adapter(spec), spec, plan)).toThrow(
      'model.layers.1.mlp.gate_proj.lora_B.weight has shape [10, 3]; 9 was expected at axis 0.',
    );
    expect(() => compactAdapter(small, spec, plan)).toThrow('10 was expected at axis');
  });

  it('tensors that have no recovered form', () => {
    const dora = new Map([
      ...small,
      ['model.layers.1.mlp.up_proj.lora_magnitude_vector', { shape: [9], data: new Float32Array(9) }],
    ]);
    expect(() => recoverAdapter(dora, spec, plan)).toThrow('lora_magnitude_vector has no recovered form');
  });
});
