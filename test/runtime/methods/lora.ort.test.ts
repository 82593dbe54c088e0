/** @file LoRA against the formed weight W + s B A, and the laws of every method. */
import { afterAll, describe, expect, it } from 'vitest';
import { lora, loraScale } from '../../../runtime/methods/lora.ts';
import { Device } from '../../../runtime/ort/device.ts';
import {
  checkMethod,
  layer,
  outputOf,
  product,
  randomParams,
  withLowRank,
} from '../../support/checkMethod.ts';
import { relativeError } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const options = { rank: 3, alpha: 6, rankStabilized: false, bias: false };

describe('the scale', () => {
  it('is alpha / r, or alpha / sqrt r where rank-stabilised', () => {
    expect(loraScale({ rank: 16, alpha: 32, rankStabilized: false })).toBe(2);
    expect(loraScale({ rank: 16, alpha: 32, rankStabilized: true })).toBe(8);
    expect(loraScale({ rank: 1, alpha: 3, rankStabilized: true })).toBe(3);
  });
});

describe('parameters', () => {
  it('have the shapes and names of PEFT; only B and its bias begin at zero', () => {
    const specs = lora.params({ ...options, bias: true }, layer);
    expect(
      Object.values(specs).map(({ tensor, shape, init, decays }) => [tensor, shape, init, decays]),
    ).toEqual([
      ['lora_A.weight', [3, 6], 'kaiming-uniform', true],
      ['lora_B.weight', [5, 3], 'zeros', true],
      ['lora_B.bias', [5], 'zeros', false],
    ]);
    expect(Object.keys(lora.params(options, layer))).toEqual(['A', 'B']);
  });
});

describe.each([
  { ...options },
  { ...options, bias: true },
  { ...options, rankStabilized: true, alpha: 5, rank: 4 },
  { ...options, rank: 1 },
  { ...options, rank: 8 },
])('rank $rank, alpha $alpha, rank-stabilised $rankStabilized, bias $bias', (chosen) => {
  it('obeys the laws of methods', async () => {
    await checkMethod(device, lora, chosen);
  });

  it('gives x (W + s B A)ᵀ + s b', async () => {
    const values = randomParams(lora, chosen) as Record<'A' | 'B', Float32Array> & { bias?: Float32Array };
    const scale = loraScale(chosen);
    const expected = product(withLowRank(values, chosen.rank, scale)).map(
      (y, at) => y + scale * (values.bias?.[at % layer.outputs] ?? 0),
    );
    expect(relativeError(await outputOf(device, lora, chosen, values), expected)).toBeLessThan(1e-6);
  });
});
