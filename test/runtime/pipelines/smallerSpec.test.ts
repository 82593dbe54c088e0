/** @file The shapes of a smaller base before it is made: those that it will have. */
import { expect, it } from 'vitest';
import { keptNeurons } from '../../../runtime/model/prune/counts.ts';
import { isQuantized } from '../../../runtime/model/quantize/quantizedBase.ts';
import { smallerSpec } from '../../../runtime/pipelines/smallerSpec.ts';
import { randomBase, smallLlama } from '../../support/randomModel.ts';

const base = randomBase();
const request = {
  prune: 'structured',
  ratio: 0.5,
  firstLayers: 1,
  lastLayers: 1,
  scoreRows: 4,
  alignSteps: 0,
  alignRate: 1e-4,
} as const;

it('prunes the layers between those that stay whole', () => {
  const { layers, names } = smallerSpec(base, request);
  expect(layers.map(({ intermediate }) => intermediate)).toEqual([
    undefined,
    keptNeurons(smallLlama.intermediate_size, 0.5),
    undefined,
  ]);
  expect(names.blocks.map(({ down }) => down.inputs)).toEqual([48, 24, 48]);
});

it('keeps shapes under masks, and codes where there are any', () => {
  const masked = smallerSpec(base, { ...request, prune: 'semi', quantization: 'nf4' });
  expect(masked.names.blocks.map(({ down }) => down.inputs)).toEqual([48, 48, 48]);
  expect([isQuantized(masked), isQuantized(smallerSpec(base, request))]).toEqual([true, false]);
});
