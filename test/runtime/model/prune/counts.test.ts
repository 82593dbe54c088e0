/** @file Counts of LoRAM's paper to the last digit, and rounding where doubles would err. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { linearsOf } from '../../../../runtime/model/adapted.ts';
import type { DecoderSpec } from '../../../../runtime/model/decoder.ts';
import {
  floorShare,
  keptKvHeads,
  keptNeurons,
  nominalStorage,
  parameterCount,
  sparseParameterCount,
} from '../../../../runtime/model/prune/counts.ts';
import { selectUnits } from '../../../../runtime/model/prune/select.ts';
import { prunedSpec } from '../../../../runtime/model/prune/units.ts';
import { specOf } from '../../../support/familyCases.ts';

const llama = (layers: number, hidden: number, heads: number, kv: number, mlp: number, vocab = 32_000) =>
  specOf({
    model_type: 'llama',
    vocab_size: vocab,
    hidden_size: hidden,
    intermediate_size: mlp,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kv,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  });

const bases = {
  '7B': llama(32, 4096, 32, 32, 11_008),
  '8B': llama(32, 4096, 32, 8, 14_336, 128_256),
  '13B': llama(40, 5120, 40, 40, 13_824),
  '70B': llama(80, 8192, 64, 8, 28_672),
  'L3.1-70B': llama(80, 8192, 64, 8, 28_672, 128_256),
};

const made = new Map<string, DecoderSpec>();

/** The first 4 and the last 2 layers stay whole. */
function pruned(spec: DecoderSpec, ratio: number): DecoderSpec {
  const key = `${spec.layers.length} ${spec.vocab} ${ratio}`;
  const known = made.get(key);
  if (known) return known;
  const scores = {
    neurons: new Float64Array(spec.intermediate),
    kvHeads: new Float64Array(spec.kvHeads),
  };
  const range = { ratio, start: 4, end: spec.layers.length - 2 };
  const smaller = prunedSpec(
    spec,
    selectUnits(spec, range, () => scores),
  );
  made.set(key, smaller);
  return smaller;
}

/** Two decimals, as the paper prints them. */
const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);

describe('LORAM-1: counts', () => {
  test.each([
    ['13B', 0.65, 13_015_864_320, 6_005_662_720, '2.17', '11.19', 0, '', ''],
    ['70B', 0.65, 68_976_648_192, 28_099_436_544, '2.45', '52.34', 7_024_859_136, '9.82', '13.08'],
    ['70B', 0.75, 68_976_648_192, 21_488_738_304, '3.21', '40.03', 5_372_184_576, '12.84', '10.01'],
    ['70B', 0.85, 68_976_648_192, 16_272_924_672, '4.24', '30.31', 4_068_231_168, '16.95', '7.58'],
    ['70B', 0.95, 68_976_648_192, 9_662_226_432, '7.14', '18.00', 2_415_556_608, '28.56', '4.50'],
    ['L3.1-70B', 0.85, 70_553_706_496, 17_849_982_976, '3.95', '33.25', 4_462_495_744, '15.81', '8.31'],
  ] as const)(
    'LORAM-1: storage of %s at %d',
    (name, ratio, original, left, times, gib, quarter, times4, gib4) => {
      const spec = bases[name];
      expect(parameterCount(spec)).toBe(original);
      expect(parameterCount(pruned(spec, ratio))).toBe(left);
      const { loram, qloram } = nominalStorage(original, left);
      expect([loram.reduction.toFixed(2), gibibytes(loram.bytes)]).toEqual([times, gib]);
      if (quarter === 0) return;
      expect(qloram.parameters).toBe(quarter);
      expect([qloram.reduction.toFixed(2), gibibytes(qloram.bytes)]).toEqual([times4, gib4]);
    },
  );

  it('LORAM-1: reductions between whole bases, and of masked ones', () => {
    const counts = Object.fromEntries(
      Object.entries(bases).map(([name, spec]) => [name, parameterCount(spec)]),
    );
    const times = (a: string, b: string): string => (counts[a]! / counts[b]!).toFixed(2);
    expect([times('13B', '7B'), times('70B', '13B'), times('L3.1-70B', '8B')]).toEqual([
      '1.93',
      '5.30',
      '8.79',
    ]);
    expect(sparseParameterCount(bases['13B'], 0.5)).toBe(6_671_979_520);
    expect((counts['13B']! / 6_671_979_520).toFixed(3)).toBe('1.951');
    expect(sparseParameterCount(bases['13B'], 0.55)).toBe(6_037_591_040);
  });

  test.each([
    ['13B', 0.65, 20_636_960, 31_590_400],
    ['70B', 0.75, 57_493_504, 103_868_416],
    ['70B', 0.85, 52_399_936, 103_868_416],
    ['L3.1-70B', 0.85, 53_169_984, 104_638_464],
  ] as const)(
    'LORAM-1: numbers of a rank-8 adapter on %s at %d, head included',
    (name, ratio, compact, full) => {
      const count = (spec: DecoderSpec): number =>
        linearsOf(spec).reduce((sum, { inputs, outputs }) => sum + 8 * (inputs + outputs), 0);
      expect(count(pruned(bases[name], ratio))).toBe(compact);
      expect(count(bases[name])).toBe(full);
    },
  );

  it.each([
    ['L3.1-70B', '11.48', '11.4'],
    ['70B', '8.54', '15.0'],
  ] as const)('LORAM-1: real 4-bit storage of %s at 0.85 is not the nominal one', (name, gib, times) => {
    // double quantisation: 4 bits, 8 for each 64 numbers, 32 for each 64 x 256; everything else in 16 bits
    const bits = 4 + 8 / 64 + 32 / (64 * 256);
    const spec = pruned(bases[name], 0.85);
    const linears = linearsOf(spec)
      .slice(0, -1)
      .reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
    const bytes = (linears * bits) / 8 + 2 * (parameterCount(spec) - linears);
    expect(gibibytes(bytes)).toBe(gib);
    expect(((2 * parameterCount(bases[name])) / bytes).toFixed(1)).toBe(times);
  });

  it('LORAM-1: roundings at their edges', () => {
    expect(28_672 - keptNeurons(28_672, 0.85)).toBe(24_372);
    expect(28_672 - keptNeurons(28_672, 0.75)).toBe(21_504);
    expect(13_824 - keptNeurons(13_824, 0.65)).toBe(8986);
    const gone = (ratio: number): number => 8 - keptKvHeads(bases['70B'], ratio);
    expect([0.65, 0.75, 0.85, 0.95].map(gone)).toEqual([5, 6, 6, 7]);
    expect(keptKvHeads(bases['13B'], 0.65)).toBe(14);
    expect(keptNeurons(28_672, 0)).toBe(28_672);
  });
});

it('takes a ratio by its decimal digits, where the product of doubles is beside it', () => {
  // 0.29 * 100 is 28.999999999999996 in doubles, and 0.07 * 100 is 7.000000000000001
  expect(floorShare(100, 0.29)).toBe(29);
  expect(keptNeurons(100, 0.07)).toBe(93);
  expect(floorShare(10_000_000, 1e-7)).toBe(1);
  fc.assert(
    fc.property(fc.nat(9999), fc.integer({ min: 1, max: 100_000 }), (digits, count) => {
      const ratio = Number(`0.${String(digits).padStart(4, '0')}`);
      expect(floorShare(count, ratio)).toBe(Math.floor((count * digits) / 10_000));
      expect(keptNeurons(count, ratio)).toBe(count - Math.ceil((count * digits) / 10_000));
    }),
  );
});

test.each([-0.1, 1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the ratio %d', (ratio) => {
  expect(() => floorShare(8, ratio)).toThrow(`the pruning ratio is ${ratio}`);
});
