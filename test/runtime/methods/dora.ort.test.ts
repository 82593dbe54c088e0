/** @file DoRA in factored form against the formed weight m V / ||V||, and its gradients with the norm held. */
import { afterAll, describe, expect, it } from 'vitest';
import { backward } from '../../../runtime/autodiff/backward.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { dora } from '../../../runtime/methods/dora.ts';
import { lora } from '../../../runtime/methods/lora.ts';
import { loraScale } from '../../../runtime/methods/parts/lowRank.ts';
import { Device } from '../../../runtime/ort/device.ts';
import {
  applied,
  checkMethod,
  frozen,
  layer,
  outputOf,
  product,
  randomParams,
  tokens,
  withLowRank,
} from '../../support/checkMethod.ts';
import { evaluate, randomNumbers } from '../../support/evaluate.ts';
import { relativeError } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const plain = { rank: 3, alpha: 6, rankStabilized: false, bias: false };
type Values = Record<'A' | 'B' | 'magnitude', Float32Array>;

/** Length of each row of a weight [outputs, inputs]. */
const rowNorms = (V: ArrayLike<number>): number[] =>
  Array.from({ length: layer.outputs }, (_, row) =>
    Math.hypot(...Array.from(V).slice(row * layer.inputs, (row + 1) * layer.inputs)),
  );

describe.each([plain, { ...plain, rank: 4, alpha: 3, rankStabilized: true }])('rank $rank', (options) => {
  const values = randomParams(dora, options) as Values;
  const V = withLowRank(values, options.rank, loraScale(options));
  const norms = rowNorms(V);

  it('obeys the laws of methods, its magnitude beginning at the row norms of the base', async () => {
    await checkMethod(device, dora, options, { detached: ['A', 'B'] });
  });

  it('gives x (m V / ||V||)ᵀ', async () => {
    const formed = V.map((v, at) => {
      const row = Math.floor(at / layer.inputs);
      return (values.magnitude[row]! * v) / norms[row]!;
    });
    expect(relativeError(await outputOf(device, dora, options, values), product(formed))).toBeLessThan(1e-5);
  });

  it('has the gradients of a LoRA whose output is scaled by a constant m / ||V||', async () => {
    const seed = randomNumbers(tokens * layer.outputs, 'dy');
    const gradients = async (scaled: boolean): Promise<number[][]> => {
      const op = new GraphBuilder();
      const inputs = Object.fromEntries(
        Object.entries(dora.params(options, layer)).map(([key, { shape }]) => [
          key,
          op.input(key, 'float32', shape),
        ]),
      );
      const x = op.constant(frozen.x, [tokens, layer.inputs]);
      const weight = op.constant(frozen.weight, [layer.outputs, layer.inputs]);
      const factor = Float32Array.from(norms, (norm, row) => values.magnitude[row]! / norm);
      const y = scaled
        ? op.mul(
            applied(op, lora, options, { x, weight, params: inputs }),
            op.constant(factor, [1, layer.outputs]),
          )
        : applied(op, dora, options, { x, weight, params: inputs });
      const gradient = op.constant(seed, [tokens, layer.outputs]);
      const wanted = [inputs['A']!, inputs['B']!];
      const graph = op.finish(backward(op, [{ value: y, gradient }], wanted));
      return evaluate(device, graph, values);
    };
    const [actual, expected] = [await gradients(false), await gradients(true)];
    for (const [i, gradient] of expected.entries())
      expect(relativeError(actual[i]!, gradient)).toBeLessThan(1e-5);
  });
});

it('has one magnitude an output', () => {
  expect(dora.params(plain, layer)['magnitude']).toMatchObject({
    tensor: 'lora_magnitude_vector',
    shape: [layer.outputs],
  });
});
