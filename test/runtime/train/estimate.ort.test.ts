/** @file The memory estimate: working set of a graph by hand, growth in proportion, order of the policies, counts. */
import { describe, expect, it } from 'vitest';
import type { MemoryPolicy } from '../../../runtime/contract/config.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { unadapted } from '../../../runtime/model/adapted.ts';
import { loraXs } from '../../../runtime/methods/loraXs.ts';
import type { AdapterMethod } from '../../../runtime/methods/method.ts';
import {
  adapterNumbers,
  estimateMemory,
  sizesOf,
  trainableCount,
  workingBytes,
} from '../../../runtime/train/estimate.ts';
import type { EstimateOptions, MemoryEstimate } from '../../../runtime/train/estimate.ts';
import { prepareBatch } from '../../../runtime/train/batch.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';
import { allLinear, randomBase, randomRows, smallLlama } from '../../support/randomModel.ts';

const base = randomBase();
const { spec } = base;
const usual: EstimateOptions = {
  spec,
  adapted: allLinear(base),
  policy: 'balanced',
  lengths: [64, 64],
  headRows: 16,
  stateVectors: 2,
  samples: 0,
};
const estimate = (changes: Partial<EstimateOptions> = {}): MemoryEstimate =>
  estimateMemory({ ...usual, ...changes });

describe('the working set of a graph', () => {
  it('is the largest sum of values alive at once', () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', ['n', 10]);
    // wide [n, 30] lives until narrow [n, 10]; then tanh [n, 10] replaces narrow, and the output isn't counted
    const w = op.input('w', 'float32', [10, 30]);
    const v = op.input('v', 'float32', [30, 10]);
    const wide = op.matmul(x, w);
    const narrow = op.matmul(wide, v);
    const graph = op.finish([op.exp(op.tanh(narrow))]);
    expect(workingBytes(graph, { n: 1 })).toBe(4 * (30 + 10));
    expect(workingBytes(graph, { n: 7 })).toBe(7 * 4 * (30 + 10));
  });

  it('counts what several read until the last of them', () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', ['n']);
    const kept = op.exp(x);
    const middle = op.tanh(op.tanh(op.tanh(kept)));
    const graph = op.finish([op.add(op.mul(middle, middle), kept)]);
    expect(workingBytes(graph, { n: 100 })).toBe(3 * 400);
  });

  it('is nothing where every value is an input or an output', () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', ['n']);
    expect(workingBytes(op.finish([op.exp(x)]), { n: 100 })).toBe(0);
  });
});

describe('the estimate', () => {
  it('adds its parts', () => {
    const { total, ...parts } = estimate();
    expect(total).toBe(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0));
    for (const bytes of Object.values(parts)) expect(bytes).toBeGreaterThan(0);
  });

  it('grows in proportion to the tokens', () => {
    const at = (rows: number): number => estimate({ lengths: new Array<number>(rows).fill(64) }).activations;
    const step = at(4) - at(2);
    expect(Math.abs((at(10) - at(8)) / step - 1)).toBeLessThan(0.01);
    expect(at(20)).toBeGreaterThan(4 * at(4));
    expect(at(20)).toBeLessThan(6 * at(4));
  });

  it('asks for more from low over balanced to fast', () => {
    for (const depth of [2, 8, 24]) {
      const model = randomBase({ ...smallLlama, num_hidden_layers: depth });
      const bytes = (['low', 'balanced', 'fast'] as const).map((policy: MemoryPolicy) =>
        estimate({ spec: model.spec, adapted: allLinear(model), policy, lengths: [100, 100, 100] }),
      );
      const [low, balanced, fast] = bytes.map(({ activations }) => activations);
      expect(low).toBeLessThan(balanced!);
      expect(balanced).toBeLessThan(fast!);
      // computing a block again needs more at once, which only several blocks win back
      if (depth < 24) continue;
      expect(bytes[0]!.total).toBeLessThan(bytes[1]!.total);
      expect(bytes[1]!.total).toBeLessThan(bytes[2]!.total);
    }
  });

  it('holds values, gradient and state twice', () => {
    const trained = trainableCount(spec, usual.adapted);
    expect(estimate().adapter).toBe(4 * 2 * (2 + 2) * trained);
    expect(estimate({ stateVectors: 1 }).adapter).toBe(4 * 2 * (2 + 1) * trained);
  });

  it('holds twice what is frozen of the adapter, without gradient and state', () => {
    const [q] = [...usual.adapted.linears.keys()];
    const method: AdapterMethod = loraXs;
    const adapted = { ...unadapted, linears: new Map([[q!, { method, options: { rank: 4, alpha: 4 } }]]) };
    const { trained, frozen, stored } = adapterNumbers(spec, adapted);
    expect([trained, stored]).toEqual([16, frozen]);
    expect(estimate({ adapted }).adapter).toBe(4 * 2 * (4 * trained + frozen));
  });

  it('holds the caches of sampled answers, keys and values of a row and its answer twice, up to a limit', () => {
    const { kvHeads, headSize, layers } = spec;
    const one = 2 * 64 * (2 * kvHeads * headSize * 4 * layers.length) * 2;
    expect(estimate({ samples: 3 }).working - estimate().working).toBe(3 * one);
    expect(estimate({ samples: 1e9 }).working - estimate().working).toBe(256e6);
  });

  it('holds all weights as float32, under `low` one block’s at a time', () => {
    const floats = [...base.tensors.names].reduce(
      (sum, name) => sum + base.tensors.shape(name).reduce((n, size) => n * size, 1),
      0,
    );
    expect(estimate().weights).toBe(4 * floats);
    expect(estimate({ policy: 'low' }).weights).toBeLessThan(4 * floats);
  });

  it('keeps nothing for a backward pass below the lowest block that learns', () => {
    const learning = (...blocks: readonly number[]): number => {
      const linears = [...usual.adapted.linears].filter(([path]) =>
        blocks.some((i) => path.includes(`layers.${i}.`)),
      );
      return estimate({ adapted: { linears: new Map(linears), saved: new Set() } }).activations;
    };
    const [none, top, lower, all] = [learning(), learning(2), learning(0), learning(0, 1, 2)];
    expect(none).toBe(estimate({ adapted: unadapted }).activations);
    // the residual stream after the embedding and each block, for all tokens and the one that pads
    expect(none).toBe(4 * (64 + 64 + 1) * spec.hidden * (1 + spec.layers.length));
    expect(top - none).toBeGreaterThan(0);
    expect(top - none).toBeLessThan((all - none) / 2);
    expect(lower).toBeGreaterThan(top);
    expect(lower).toBeLessThan(all);
  });
});

it('sizes are those of the batch that will run', () => {
  for (const lengths of [[20], [5, 64, 33], [300, 40, 40, 200]]) {
    const { sizes, groups } = sizesOf(spec, lengths, 16);
    const batch = prepareBatch(randomRows(lengths, spec.vocab), spec);
    expect(groups).toBe(batch.layout.groups.length);
    expect(sizes).toMatchObject(batch.sizes);
  }
});

describe('bases that read whole documents', () => {
  it.each(['bert', 't5'])('%s: every part is counted, a longer row needs more', (family) => {
    const other = specOf(casesOf(family)[0]!.config);
    const given = { ...usual, spec: other, adapted: unadapted, labelled: 0.25 };
    const [short, long] = [8, 64].map((n) => estimateMemory({ ...given, lengths: [n, n] }));
    expect(long!.activations).toBeGreaterThan(4 * short!.activations);
    expect(long!.weights).toBe(short!.weights);
    expect(long!.working).toBeGreaterThan(short!.working);
  });

  it('t5: the share that is trained is the target', () => {
    const other = specOf(casesOf('t5')[0]!.config);
    expect(sizesOf(other, [40], 16, 0.25).sizes).toMatchObject({
      sourceTokens: 31,
      targetTokens: 11,
      tokens: 41,
    });
  });
});

describe('trained numbers', () => {
  it('are rank times the sides of each linear, and whole tensors that are saved', () => {
    const { hidden, intermediate, headSize, kvHeads, heads, vocab } = spec;
    const kv = kvHeads * headSize;
    // q and o, k and v, gate and up, down
    const sides =
      2 * (hidden + heads * headSize) +
      2 * (hidden + kv) +
      2 * (hidden + intermediate) +
      intermediate +
      hidden;
    expect(trainableCount(spec, allLinear(base))).toBe(3 * 4 * sides);
    expect(trainableCount(spec, allLinear(base, { rank: 1 }))).toBe(3 * sides);
    expect(trainableCount(spec, unadapted)).toBe(0);
    const saved = new Set(['model.embed_tokens.weight', 'model.norm.weight']);
    expect(trainableCount(spec, { ...unadapted, saved })).toBe(vocab * hidden + hidden);
  });
});
