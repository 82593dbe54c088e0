/** @file LoRAMoE against its definition expert by expert, and where it becomes plain LoRA; the properties by number. */
import { afterAll, describe, expect, it } from 'vitest';
import { backward } from '../../../runtime/autodiff/backward.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { lora } from '../../../runtime/methods/lora.ts';
import { joinExperts, loramoe } from '../../../runtime/methods/loramoe.ts';
import type { LoramoeOptions } from '../../../runtime/methods/loramoe.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { sideOf } from '../../support/balance.ts';
import { checkMethod, layer, randomParams, storedForm } from '../../support/checkMethod.ts';
import { evaluate, randomNumbers } from '../../support/evaluate.ts';
import { methodGradients } from '../../support/methodGradients.ts';
import type { Scene } from '../../support/methodGradients.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const [inputs, outputs, tokens] = [5, 4, 6];
const scene: Scene = {
  inputs,
  outputs,
  lead: [tokens],
  weight: randomNumbers(outputs * inputs, 'W'),
  x: randomNumbers(tokens * inputs, 'x'),
  dy: randomNumbers(tokens * outputs, 'dy'),
};
const options = (experts: number, rank: number, changes: Partial<LoramoeOptions> = {}): LoramoeOptions => ({
  rank,
  alpha: 8,
  experts,
  balance: 0.1,
  split: 0.1,
  countPadding: false,
  ...changes,
});
type Values = Record<'gate' | 'A' | 'B', Float32Array>;
const random = (experts: number, rank: number): Values => ({
  gate: randomNumbers(experts * inputs, 'gate'),
  A: randomNumbers(experts * rank * inputs, 'A'),
  B: randomNumbers(outputs * experts * rank, 'B'),
});

const run = (chosen: LoramoeOptions, values: Values, at = scene) =>
  methodGradients(device, loramoe, chosen, at, values);
const asLora = (
  rank: number,
  alpha: number,
  values: Readonly<Record<'A' | 'B', ArrayLike<number>>>,
  at = scene,
) => methodGradients(device, lora, { rank, alpha, rankStabilized: false, bias: false }, at, values);
const base = async (at = scene): Promise<number[]> =>
  (await asLora(1, 1, { A: new Float32Array(inputs), B: new Float32Array(outputs) }, at))['y']!;

const worst = (actual: readonly number[], expected: readonly number[]): number =>
  Math.max(...actual.map((x, i) => Math.abs(x - expected[i]!)));

/** y + s Σ_k p_k (x A_kᵀ B_kᵀ), token by token and expert by expert. */
function byDefinition(
  { experts, rank, alpha }: LoramoeOptions,
  { gate, A, B }: Values,
  y: readonly number[],
): number[] {
  const x = (t: number, i: number): number => scene.x[t * inputs + i]!;
  return Array.from({ length: tokens }, (_, t) => {
    const logits = Array.from({ length: experts }, (_k, k) =>
      Array.from({ length: inputs }, (_i, i) => gate[k * inputs + i]! * x(t, i)).reduce(
        (sum, z) => sum + z,
        0,
      ),
    );
    const powers = logits.map(Math.exp);
    const total = powers.reduce((sum, z) => sum + z, 0);
    return Array.from({ length: outputs }, (_o, o) => {
      let sum = y[t * outputs + o]!;
      for (let k = 0; k < experts; k++)
        for (let r = 0; r < rank; r++) {
          const at = k * rank + r;
          const u = Array.from({ length: inputs }, (_i, i) => A[at * inputs + i]! * x(t, i)).reduce(
            (n, z) => n + z,
            0,
          );
          sum += (alpha / rank) * (powers[k]! / total) * u * B[o * experts * rank + at]!;
        }
      return sum;
    });
  }).flat();
}

describe('the output', () => {
  it('LORAMOE-11: in fused form is that of the experts one by one', async () => {
    for (const [experts, rank] of [
      [1, 2],
      [3, 2],
      [6, 4],
    ] as const) {
      const chosen = options(experts, rank);
      const values = random(experts, rank);
      const found = (await run(chosen, values))['y']!;
      expect(worst(found, byDefinition(chosen, values, await base()))).toBeLessThan(1e-9);
    }
  });

  it('LORAMOE-9: of one expert is that of plain LoRA', async () => {
    const values = random(1, 3);
    const [found, plain] = [await run(options(1, 3), values), await asLora(3, 8, values)];
    for (const key of ['y', 'A', 'B', 'x']) expect(worst(found[key]!, plain[key]!)).toBeLessThan(1e-9);
  });

  it('LORAMOE-10: of equal experts is that of plain LoRA, whatever the router says', async () => {
    const [experts, rank] = [4, 2];
    const one = random(1, rank);
    const A = Float32Array.from({ length: experts * rank * inputs }, (_, at) => one.A[at % (rank * inputs)]!);
    const B = Float32Array.from({ length: outputs * experts * rank }, (_, at) => {
      const o = Math.floor(at / (experts * rank));
      return one.B[o * rank + (at % rank)]!;
    });
    const { gate } = random(experts, rank);
    const found = await run(options(experts, rank), { gate, A, B });
    expect(worst(found['y']!, (await asLora(rank, 8, one))['y']!)).toBeLessThan(1e-9);
  });

  it('LORAMOE-12: of a router of zeros is that of plain LoRA of rank N r with B / N', async () => {
    const [experts, rank] = [3, 2];
    const values = { ...random(experts, rank), gate: new Float32Array(experts * inputs) };
    const B = Float64Array.from(values.B, (b) => b / experts);
    const plain = await asLora(experts * rank, 8 * experts, { A: values.A, B });
    expect(worst((await run(options(experts, rank), values))['y']!, plain['y']!)).toBeLessThan(1e-9);
  });

  it('LORAMOE-13: is not linear in the input, so that no merged weight exists', async () => {
    const values = random(3, 2);
    const change = async (x: ArrayLike<number>): Promise<number[]> => {
      const at = { ...scene, lead: [1], x, dy: new Float32Array(outputs) };
      const [found, frozen] = [(await run(options(3, 2), values, at))['y']!, await base(at)];
      return found.map((y, i) => y - frozen[i]!);
    };
    const [first, second] = [randomNumbers(inputs, 'x1'), randomNumbers(inputs, 'x2')];
    const [a, b, both] = [
      await change(first),
      await change(second),
      await change(first.map((x, i) => x + second[i]!)),
    ];
    expect(
      worst(
        both,
        a.map((x, i) => x + b[i]!),
      ),
    ).toBeGreaterThan(1e-3);
    expect(loramoe.unmergeable).toMatch(/router/);
  });
});

describe('at the start', () => {
  it('LORAMOE-8: it is the base; the loss moves neither A nor the router, which learns from the balance alone', async () => {
    const [experts, rank] = [4, 2];
    const chosen = options(experts, rank);
    const values = { ...random(experts, rank), B: new Float32Array(outputs * experts * rank) };
    const found = await run(chosen, values);
    expect(worst(found['y']!, await base())).toBeLessThan(1e-9);
    for (const key of ['A', 'gate']) expect(Math.max(...found[key]!.map(Math.abs))).toBe(0);
    expect(Math.max(...found['B']!.map(Math.abs))).toBeGreaterThan(1e-3);
    // the balance
    const op = new GraphBuilder();
    const gate = op.input('gate', 'float64', [experts, inputs]);
    const constant = (data: ArrayLike<number>, shape: readonly number[]) =>
      op.constant(Float64Array.from(data), shape);
    const x = constant(scene.x, [tokens, inputs]);
    const weight = constant(scene.weight, [outputs, inputs]);
    const y = op.matmul(x, weight, { transB: true });
    const { side, minimised, observed } = sideOf(op, { lengths: [3, 3], types: [1, 0] });
    const params = {
      gate,
      A: constant(values.A, [experts * rank, inputs]),
      B: constant(values.B, [outputs, experts * rank]),
    };
    loramoe.apply(
      { op, layer: { path: 'layer', inputs, outputs }, weight, transposed: false, x, dropped: x, y, side },
      params,
      chosen,
    );
    // routing and balance are shown
    expect([minimised.length, observed.length]).toEqual([1, 2]);
    const one = op.constant(Float64Array.of(1), [1]);
    const [slope] = backward(op, [{ value: minimised[0]!, gradient: one }], [gate]);
    const [slopes] = await evaluate(device, op.finish([slope!]), { gate: Float64Array.from(values.gate) });
    expect(Math.max(...slopes!.map(Math.abs))).toBeGreaterThan(1e-5);
  });
});

it('is stored expert by expert under the names of the reference, and joined again', () => {
  const chosen = options(3, 2);
  const values = randomParams(loramoe, chosen) as Values;
  const { tensors, own } = storedForm(loramoe, chosen, values);
  expect(own).toEqual({ type: 'LORAMOE', fields: { num_experts: 3, blc_weight: 0.1, blc_alpha: 0.1 } });
  expect(Object.entries(tensors).map(([name, { shape }]) => [name, shape])).toEqual([
    ['lora_route.weight', [3, layer.inputs]],
    ...[0, 1, 2].flatMap((k) => [
      [`lora_A${k}.weight`, [2, layer.inputs]],
      [`lora_B${k}.weight`, [layer.outputs, 2]],
    ]),
  ]);
  const joined = joinExperts(tensors, 3, 2);
  for (const key of ['gate', 'A', 'B'] as const) expect(joined[key]!.data).toEqual(values[key]);
});

it.each([options(1, 2), options(4, 2), options(6, 1, { balance: 0 })])(
  'obeys the laws of methods ($experts experts of rank $rank)',
  async (chosen) => {
    await checkMethod(device, loramoe, chosen);
  },
);
