/** @file LoRA-SB as the engine runs it: y = x (W + B R A)ᵀ, its start from a gradient, R's gradient, and its form as plain LoRA. */
import { afterAll, describe, expect, it } from 'vitest';
import { loraSb } from '../../../runtime/methods/loraSb.ts';
import { matrix } from '../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../runtime/methods/parts/products.ts';
import { matrixOf } from '../../../runtime/methods/parts/storedMatrix.ts';
import type { GradientEstimate } from '../../../runtime/methods/method.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { uniform } from '../../../runtime/train/random.ts';
import { layer, outputOf, randomParams, storedForm } from '../../support/checkMethod.ts';
import { randomNumbers } from '../../support/evaluate.ts';
import { methodGradients } from '../../support/methodGradients.ts';
import { relativeError } from '../../support/randomModel.ts';
import { lora } from '../../../runtime/methods/lora.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const options = { rank: 3, alpha: 3, initR: 'svd' } as const;
const { inputs, outputs } = layer;
const M = (key: string, rows: number, columns: number) =>
  matrix(rows, columns, Float64Array.from(randomNumbers(rows * columns, key)));

function start(estimate: GradientEstimate, changes: object = {}) {
  return loraSb.start!({ ...options, ...changes })!.compute({
    layer,
    weight: () => M('W', outputs, inputs),
    gradient: () => estimate,
    sources: { multiply: product, random: uniform(1) },
    optimizer: 'adamw',
    firstStepRate: 1e-3,
  });
}
const G = M('G', outputs, inputs);
const full: GradientEstimate = { kind: 'full', G, batches: 1 };

describe('the start', () => {
  it('is the best rank-r part of a first step at the schedule’s own first rate, or at one that is given', async () => {
    const { tensors, facts } = await start(full);
    const first = product(tensors['B']!, product(tensors['R']!, tensors['A']!));
    const step = G.data.map((g) => -1e-3 * Math.sign(g));
    const left = first.data.reduce((sum, x, i) => sum + (x - step[i]!) ** 2, 0);
    const all = step.reduce((sum, x) => sum + x * x, 0);
    expect(1 - left / all).toBeCloseTo(facts!['captured']!, 9);
    const faster = await start(full, { firstStepRate: 1e-2 });
    expect(
      relativeError(
        faster.tensors['R']!.data,
        tensors['R']!.data.map((r) => 10 * r),
      ),
    ).toBeLessThan(1e-9);
  });

  it('of a zero R leaves the base as it is, with the same A and B', async () => {
    const [svd, zero] = [await start(full), await start(full, { initR: 'zero' })];
    expect(Math.max(...zero.tensors['R']!.data.map(Math.abs))).toBe(0);
    for (const key of ['A', 'B']) expect(zero.tensors[key]!.data).toEqual(svd.tensors[key]!.data);
    expect(loraSb.start!({ ...options, initR: 'zero' })!.fresh).toBe('equal');
  });

  it('needs the whole gradient: signs of a sketch are no signs', async () => {
    const sketch = { Y: M('Y', outputs, 2), Z: M('Z', 2, inputs) };
    const basis = { Omega: M('O', inputs, 2), Psi: M('P', outputs, 2) };
    await expect(start({ kind: 'sketch', sketch, basis })).rejects.toThrow('whole gradient');
  });

  it('needs the rank within the smaller side', () => {
    expect(loraSb.refuse!({ ...options, rank: 6 }, layer)).toContain('LoRA-SB needs the rank, 6');
    expect(loraSb.refuse!(options, layer)).toBeUndefined();
  });
});

describe('training', () => {
  it('gives R the gradient Bᵀ G Aᵀ, and A and B none', async () => {
    const scene = {
      inputs,
      outputs,
      lead: [4],
      weight: randomNumbers(outputs * inputs, 'W'),
      x: randomNumbers(4 * inputs, 'x'),
      dy: randomNumbers(4 * outputs, 'dy'),
    };
    const values = randomParams(loraSb, options);
    const found = await methodGradients(device, loraSb, options, scene, values);
    expect(Object.keys(found)).toEqual(['y', 'R', 'x']);
    const slope = product(
      matrix(4, outputs, Float64Array.from(scene.dy)),
      matrix(4, inputs, Float64Array.from(scene.x)),
      { a: true },
    );
    const B = matrix(outputs, 3, Float64Array.from(values['B']!));
    const A = matrix(3, inputs, Float64Array.from(values['A']!));
    const expected = product(product(B, slope, { a: true }), A, { b: true });
    expect(relativeError(found['R']!, expected.data)).toBeLessThan(1e-9);
  });
});

it('SB-9: as plain LoRA (A, B R, alpha = r) it computes the same', async () => {
  const values = randomParams(loraSb, options);
  const { tensors, rank, alpha, rankStabilized } = storedForm(loraSb, options, values);
  expect([rank, alpha, rankStabilized]).toEqual([3, 3, false]);
  const plain = { rank, alpha, rankStabilized, bias: false };
  const given = { A: tensors['lora_A.weight']!.data, B: tensors['lora_B.weight']!.data };
  const [inner, folded] = [
    await outputOf(device, loraSb, options, values),
    await outputOf(device, lora, plain, given),
  ];
  expect(relativeError(folded, inner)).toBeLessThan(1e-6);
  const BR = product(
    matrix(outputs, 3, Float64Array.from(values['B']!)),
    matrix(3, 3, Float64Array.from(values['R']!)),
  );
  expect(relativeError(matrixOf(tensors['lora_B.weight']!).data, BR.data)).toBeLessThan(1e-7);
});
