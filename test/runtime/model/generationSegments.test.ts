/** @file Graphs for generation: what they read and hand out; their numbers are in generator.ort.test.ts. */
import { describe, expect, it } from 'vitest';
import { cacheInputs, decodeSegment, prefillSegment } from '../../../runtime/model/generationSegments.ts';
import { blockSegment } from '../../../runtime/model/segments.ts';
import { allLinear, randomBase } from '../../support/randomModel.ts';

const base = randomBase();
const { spec } = base;
const options = { spec, adapted: allLinear(base), first: 1, count: 2 };
const training = blockSegment({ ...options, groups: 1, policy: 'low', inputGradient: false });

describe.each([
  ['prompts', prefillSegment(options), ['tiles0', spec.kvHeads, 'keys0', spec.headSize]],
  ['single tokens', decodeSegment(options), ['tokens', spec.kvHeads, 'slots', spec.headSize]],
] as const)('the graph for %s', (_, segment, shape) => {
  it('hands out the residual stream, then keys and values of each block', () => {
    const { outputs } = segment.graph;
    expect(outputs.map(({ name }) => name)).toEqual([
      segment.output,
      ...segment.caches.flatMap(({ keys, values }) => [keys, values]),
    ]);
    expect(new Set(outputs).size).toBe(1 + 2 * options.count);
    expect(outputs[0]!.shape).toEqual(['tokens', spec.hidden]);
    for (const cache of outputs.slice(1)) expect(cache.shape).toEqual(shape);
  });

  it('reads the weights and the trained vector of training, in the same order', () => {
    expect(segment.weights).toEqual(training.weights);
    expect(segment.flat).toEqual(training.flat);
  });
});

describe('a decoding graph', () => {
  const { graph } = decodeSegment(options);

  it('reads the cache of each of its blocks, shaped as it is handed out', () => {
    for (let i = 0; i < options.count; i++) {
      const { keys, values } = cacheInputs(i);
      for (const name of [keys, values])
        expect(graph.inputs.find((input) => input.name === name)?.shape).toEqual(graph.outputs[1]!.shape);
    }
    expect(graph.inputs.some(({ name }) => name === cacheInputs(options.count).keys)).toBe(false);
  });

  it('moves no token about: one a row needs no tables of tiles', () => {
    expect(graph.nodes.some(({ op }) => op === 'Permute' || op === 'PackRows')).toBe(false);
  });

  it('has a mask for each window of the layers it holds', () => {
    const layers = [{ window: 8 }, {}, { window: 8 }];
    const mixed = decodeSegment({ ...options, spec: { ...spec, layers } }).graph.inputs;
    const masks = mixed.map(({ name }) => name).filter((name) => name.startsWith('mask'));
    expect(masks.sort()).toEqual(['mask', 'mask8']);
  });
});

it('prefill leaves zeros where there is no token', () => {
  const { graph } = prefillSegment(options);
  expect(graph.inputs.find(({ name }) => name === 'filled')?.shape).toEqual(['tiles0', 1, 'keys0', 1]);
  for (const cache of graph.outputs.slice(1)) expect(cache.producer!.op).toBe('Mul');
});
