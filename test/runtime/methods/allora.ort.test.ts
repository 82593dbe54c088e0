/** @file ALLoRA: the properties that its description states (forward, row factors, gradients, both optimisers), by number. */
import { afterAll, describe, expect, it } from 'vitest';
import { allora } from '../../../runtime/methods/allora.ts';
import type { AlloraOptions } from '../../../runtime/methods/allora.ts';
import { lora } from '../../../runtime/methods/lora.ts';
import { Device } from '../../../runtime/ort/device.ts';
import type { FlatLayout } from '../../../runtime/model/adapted.ts';
import { Parameters } from '../../../runtime/train/parameters.ts';
import { Updater } from '../../../runtime/train/update.ts';
import { checkMethod, layer } from '../../support/checkMethod.ts';
import { randomNumbers } from '../../support/evaluate.ts';
import { methodGradients } from '../../support/methodGradients.ts';
import type { Scene } from '../../support/methodGradients.ts';
import { trainingConfig } from '../../support/trainingConfig.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const [inputs, outputs, rank, tokens] = [7, 5, 3, 6];
const scene: Scene = {
  inputs,
  outputs,
  lead: [tokens],
  weight: randomNumbers(outputs * inputs, 'W'),
  x: randomNumbers(tokens * inputs, 'x'),
  dy: randomNumbers(tokens * outputs, 'dy'),
};
const values = { A: randomNumbers(rank * inputs, 'A'), B: randomNumbers(outputs * rank, 'B') };
const zeroB = { ...values, B: new Float32Array(outputs * rank) };
const options = (eta: number, rate = 1): AlloraOptions => ({ rank, alpha: rank, eta, rate });
const plain = { rank, alpha: rank, rankStabilized: false, bias: false };

const ours = (eta: number, from: Readonly<Record<string, ArrayLike<number>>> = values, at = scene) =>
  methodGradients(device, allora, options(eta), at, from);
const loras = (from: Readonly<Record<string, ArrayLike<number>>> = values, at = scene) =>
  methodGradients(device, lora, plain, at, from);

const close = (actual: readonly number[], expected: ArrayLike<number>, within = 1e-9): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(within * Math.max(1, Math.abs(expected[i]!)));
  });
};

/** n_i = ||(B A)_i|| from the formed product. */
function norms({ A, B }: Readonly<Record<'A' | 'B', ArrayLike<number>>>, r = rank, n = inputs): number[] {
  return Array.from({ length: B.length / r }, (_, i) => {
    const row = Array.from({ length: n }, (_, j) =>
      Array.from({ length: r }, (_, k) => B[i * r + k]! * A[k * n + j]!).reduce((sum, x) => sum + x, 0),
    );
    return Math.hypot(...row);
  });
}
const factor = (n: number, eta: number): number => 1 / Math.sqrt(n + 1 / eta ** 2);

/** The factors that the graph applied, from the gradient of B beside that of LoRA. */
async function factors(eta: number, from: Readonly<Record<'A' | 'B', ArrayLike<number>>>): Promise<number[]> {
  const [scaled, unscaled] = [await ours(eta, from), await loras(from)];
  return Array.from({ length: outputs }, (_, i) => scaled['B']![i * rank]! / unscaled['B']![i * rank]!);
}

describe('the forward pass', () => {
  it('ALLORA-1: is that of LoRA with alpha = rank and no dropout', async () => {
    close((await ours(2))['y']!, (await loras())['y']!, 1e-12);
    expect(Object.keys(allora.keys)).not.toContain('dropout');
  });
});

describe('the row factors', () => {
  it.each([1, Math.SQRT2, 2])(
    'ALLORA-2: lie in (0, eta], eta where the row is zero, falling (eta %f)',
    async (eta) => {
      const rows = Float32Array.from(values.B, (b, at) => b * [0, 0.01, 0.5, 3, 40][Math.floor(at / rank)]!);
      const found = await factors(eta, { A: values.A, B: rows });
      const expected = norms({ A: values.A, B: rows }).map((n) => factor(n, eta));
      close(found, expected);
      expect(found[0]).toBeCloseTo(eta, 12);
      const ordered = norms({ A: values.A, B: rows }).map((n, i) => ({ n, s: found[i]! }));
      ordered.sort((a, b) => a.n - b.n);
      ordered.slice(1).forEach(({ s }, i) => {
        expect(s).toBeLessThan(ordered[i]!.s);
        expect(s).toBeGreaterThan(0);
      });
    },
  );

  it('ALLORA-2: are eta / 2 where the norm is 3 / eta²', async () => {
    const eta = 2;
    // A = I, so that the norm of the product is that of B's row
    const A = Float32Array.from({ length: rank * inputs }, (_, at) =>
      at % inputs === Math.floor(at / inputs) ? 1 : 0,
    );
    const B = Float32Array.from({ length: outputs * rank }, (_, at) => (at % rank === 0 ? 3 / eta ** 2 : 0));
    close(await factors(eta, { A, B }), Array<number>(outputs).fill(eta / 2));
  });

  it('ALLORA-6: come from the Gram matrix and equal those of the formed product', async () => {
    close(
      await factors(1.5, values),
      norms(values).map((n) => factor(n, 1.5)),
    );
  });
});

describe('gradients', () => {
  it('ALLORA-3: at B = 0 A has none and B has eta times that of LoRA; one SGD step is that of LoRA at eta times the rate', async () => {
    for (const eta of [1, 2]) {
      const [found, usual] = [await ours(eta, zeroB), await loras(zeroB)];
      close(found['A']!, new Float64Array(rank * inputs));
      close(
        found['B']!,
        usual['B']!.map((g) => eta * g),
      );
      const step = (gradient: readonly number[], rate: number): number[] => gradient.map((g) => -rate * g);
      close(step(found['B']!, 1e-4), step(usual['B']!, eta * 1e-4));
    }
  });

  it('ALLORA-4: of the input are exactly those of LoRA', async () => {
    close((await ours(2))['x']!, (await loras())['x']!, 1e-12);
  });

  it('ALLORA-5: of B are those of LoRA row by row; of A a multiple only where all factors are equal', async () => {
    const [found, usual] = [await ours(2), await loras()];
    const s = norms(values).map((n) => factor(n, 2));
    close(
      found['B']!,
      usual['B']!.map((g, at) => s[Math.floor(at / rank)]! * g),
    );
    const ratio = found['A']!.map((g, i) => g / usual['A']![i]!);
    expect(Math.max(...ratio) - Math.min(...ratio)).toBeGreaterThan(1e-3);
    // equal rows of B have equal factors
    const even = { A: values.A, B: Float32Array.from(values.B, (_, at) => values.B[at % rank]!) };
    const c = factor(norms(even)[0]!, 2);
    const [evenly, plainly] = [await ours(2, even), await loras(even)];
    close(
      evenly['A']!,
      plainly['A']!.map((g) => c * g),
    );
  });

  it('ALLORA-7: agree with the worked example', async () => {
    const at: Scene = { inputs: 2, outputs: 2, lead: [1], weight: [0, 0, 0, 0], x: [1, 2], dy: [1, 1] };
    const from = { A: [1, 0, 0, 1], B: [3, 4, 0, 0] };
    expect(norms(from, 2, 2)).toEqual([5, 0]);
    const found = await methodGradients(device, allora, { rank: 2, alpha: 2, eta: 2, rate: 1 }, at, from);
    close(found['B']!, [0.43643578, 0.87287156, 2, 4], 1e-8);
    close(found['A']!, [1.30930734, 2.61861468, 1.74574312, 3.49148624], 1e-8);
    close(found['x']!, [3, 4]);
  });

  it('ALLORA-8: are no slopes of a loss, but s times those of B, and for A those of the surrogate <diag(s) G, B A>', async () => {
    const s = norms(values).map((n) => factor(n, 2));
    // G = dyᵀ x
    const G = Array.from({ length: outputs * inputs }, (_, at) => {
      const [o, i] = [Math.floor(at / inputs), at % inputs];
      return Array.from(
        { length: tokens },
        (_, t) => scene.dy[t * outputs + o]! * scene.x[t * inputs + i]!,
      ).reduce((sum, x) => sum + x, 0);
    });
    const surrogate = (A: ArrayLike<number>, B: ArrayLike<number>, rows: readonly number[]): number => {
      let sum = 0;
      for (let o = 0; o < outputs; o++)
        for (let k = 0; k < rank; k++)
          for (let i = 0; i < inputs; i++)
            sum += rows[o]! * G[o * inputs + i]! * B[o * rank + k]! * A[k * inputs + i]!;
      return sum;
    };
    const slope = (of: (x: Float64Array) => number, at: ArrayLike<number>): number[] =>
      Array.from({ length: at.length }, (_, i) => {
        const moved = (h: number): Float64Array => Float64Array.from(at, (x, j) => (j === i ? x + h : x));
        return (of(moved(1e-4)) - of(moved(-1e-4))) / 2e-4;
      });
    const found = await ours(2);
    close(
      found['A']!,
      slope((A) => surrogate(A, values.B, s), values.A),
      1e-8,
    );
    const ones = Array<number>(outputs).fill(1);
    const slopeB = slope((B) => surrogate(values.A, B, ones), values.B);
    close(
      found['B']!,
      slopeB.map((g, at) => s[Math.floor(at / rank)]! * g),
      1e-8,
    );
    // the loss's own slope by A is another
    const slopeA = slope((A) => surrogate(A, values.B, ones), values.A);
    expect(Math.max(...found['A']!.map((g, i) => Math.abs(g - slopeA[i]!)))).toBeGreaterThan(1e-2);
  });

  it("ALLORA-9: B's step goes downhill", async () => {
    const [found, usual] = [await ours(2), await loras()];
    // -step · slope: the sum of s_i |slope_i|² over the rows
    const descent = found['B']!.reduce((sum, g, i) => sum + g * usual['B']![i]!, 0);
    expect(descent).toBeGreaterThan(0);
  });

  it('ALLORA-11: are the same for a batch of rows and for their tokens in one list', async () => {
    const folded = await ours(2, values, { ...scene, lead: [2, 3] });
    const flat = await ours(2);
    for (const key of ['A', 'B', 'x']) close(folded[key]!, flat[key]!, 1e-12);
  });
});

describe('with Adam', () => {
  const layout = (rate: number): FlatLayout => ({
    size: 12,
    entries: [{ name: 'B', shape: [4, 3], offset: 0, init: 'zeros', decays: true, rate }],
  });
  const gradient = randomNumbers(12, 'g').map((g) => g + 0.05 * Math.sign(g));

  async function firstStep(eta: number, rate: number, learningRate: number): Promise<Float32Array> {
    using updater = new Updater(device, trainingConfig({ weightDecay: 0 }));
    using parameters = await Parameters.create(device, layout(rate));
    // at B = 0 each factor is eta
    await parameters.write(
      'gradient',
      gradient.map((g) => eta * g),
    );
    await updater.prepare(parameters);
    await updater.step([parameters], 1, learningRate, 1);
    return (await parameters.read('values')).slice();
  }

  it('ALLORA-10: the first step at the raw rate does not depend on eta; scaled it is that of LoRA at eta times the rate', async () => {
    const rate = 1e-3;
    const method = { kind: 'allora', eta: 2, adamRate: 'raw' } as never;
    const adamw = { optimizer: 'adamw' } as const;
    expect(allora.layerOptions(method, { rank, alpha: 1 }, adamw).alpha).toBe(rank);
    const raw = allora.params(allora.layerOptions(method, { rank, alpha: 1 }, adamw), layer)['B']!.rate!;
    const usual = await firstStep(1, 1, rate);
    for (const eta of [1, 2, 10])
      (await firstStep(eta, raw, rate)).forEach((x, i) => {
        expect(Math.abs(x - usual[i]!)).toBeLessThanOrEqual(1e-6 * rate + 1e-10);
      });
    const scaledMethod = { kind: 'allora', eta: 2, adamRate: 'eta-scaled' } as never;
    const scaled = allora.params(allora.layerOptions(scaledMethod, { rank, alpha: 1 }, adamw), layer)['B']!
      .rate!;
    expect([raw, scaled]).toEqual([1, 2]);
    const wanted = await firstStep(1, 1, 2 * rate);
    (await firstStep(2, scaled, rate)).forEach((x, i) => {
      expect(Math.abs(x - wanted[i]!)).toBeLessThanOrEqual(2e-6 * rate);
    });
    // SGD has eta in the gradient already
    const sgd = allora.layerOptions(scaledMethod, { rank, alpha: 1 }, { optimizer: 'sgd' });
    expect(allora.params(sgd, layer)['B']!.rate).toBe(1);
  });
});

it('obeys the laws of methods, its own gradient in the place of slopes', async () => {
  await checkMethod(device, allora, { rank: 3, alpha: 3, eta: 2, rate: 1 }, { detached: ['A', 'B'] });
});
