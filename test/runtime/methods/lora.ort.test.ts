/** @file LoRA against the formed weight W + s B A, and the laws of every method. */
import { afterAll, describe, expect, it } from 'vitest';
import { lora } from '../../../runtime/methods/lora.ts';
import { loraScale } from '../../../runtime/methods/parts/lowRank.ts';
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

it('frozen A and a rate of B are values of the parameters', () => {
  const specs = lora.params({ ...options, loraPlus: 16, frozenA: true }, layer);
  expect(specs).toMatchObject({ A: { frozen: true }, B: { rate: 16 } });
  const given = { kind: 'lora', loraPlus: 4, frozenA: true, rankStabilized: true } as never;
  expect(lora.layerOptions(given, { rank: 2, alpha: 4 }, { optimizer: 'adamw' })).toEqual({
    rank: 2,
    alpha: 4,
    rankStabilized: true,
    bias: false,
    loraPlus: 4,
    frozenA: true,
  });
});

describe.each([
  { ...options },
  { ...options, frozenA: true, loraPlus: 8 },
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
