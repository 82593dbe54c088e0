/** @file Graphs by which an encoder-decoder writes: which blocks they hold, what they read; their numbers are in targetWriter.ort.test.ts. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBase } from '../../../runtime/model/base.ts';
import { blockSegment } from '../../../runtime/model/segments.ts';
import {
  memoryInputs,
  memorySegment,
  targetBlocks,
  targetSegment,
} from '../../../runtime/model/targetSegments.ts';
import { allLinear } from '../../support/randomModel.ts';

// one block of the encoder, two of the decoder
const base = openBase(resolve(import.meta.dirname, '../../fixtures/documents/t5-far/base'));
const { spec } = base;
const all = { spec, adapted: allLinear(base), first: 0, count: 3 };
const inputs = (segment: { graph: { inputs: readonly { name: string }[] } }): string[] =>
  segment.graph.inputs.map(({ name }) => name);

describe('a group of blocks', () => {
  it('writes with those of the decoder', () => {
    expect(targetBlocks(all)).toEqual([1, 2]);
    expect(targetBlocks({ ...all, count: 1 })).toEqual([]);
    expect(targetBlocks({ ...all, first: 2, count: 1 })).toEqual([2]);
  });

  it('keeps the trained vector of training, whatever it uses of it', () => {
    const training = blockSegment({ ...all, groups: 1, policy: 'low', inputGradient: false });
    for (const segment of [memorySegment(all), targetSegment(all)])
      expect(segment.flat).toEqual(training.flat);
  });
});

describe('the graph of what is kept of sources', () => {
  const segment = memorySegment(all);

  it('hands out keys and values of each block that writes, a tile a source', () => {
    const { outputs } = segment.graph;
    expect(outputs.map(({ name }) => name)).toEqual(
      segment.caches.flatMap(({ keys, values }) => [keys, values]),
    );
    expect(outputs).toHaveLength(4);
    for (const { shape } of outputs)
      expect(shape).toEqual(['tokens', spec.kvHeads, 'memorySlots', spec.headSize]);
  });

  it('reads no weights but those of cross-attention', () => {
    const names = segment.weights.map(({ name }) => name);
    expect(names).toHaveLength(4);
    for (const name of names)
      expect(name).toMatch(/decoder\.block\.\d\.layer\.1\.EncDecAttention\.[kv]\.weight/);
  });
});

describe('the graph of one token', () => {
  const segment = targetSegment(all);

  it('reads what was kept for each of its blocks, and computes none of it anew', () => {
    for (const i of [0, 1])
      expect(inputs(segment)).toEqual(expect.arrayContaining([memoryInputs(i).keys, memoryInputs(i).values]));
    expect(inputs(segment)).not.toContain(memoryInputs(2).keys);
    const names = segment.weights.map(({ name }) => name).join(' ');
    expect(names).not.toMatch(/EncDecAttention\.[kv]\.|encoder\./);
    expect(names).toMatch(/EncDecAttention\.q\./);
  });

  it('adds biases by distance to the scores of the target alone', () => {
    expect(inputs(segment)).toContain('target.buckets');
    expect(inputs(segment)).not.toContain('source.buckets');
  });
});
