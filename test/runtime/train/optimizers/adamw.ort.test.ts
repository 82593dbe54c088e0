/** @file AdamW against PyTorch's formulas in double precision, over several steps. */
import { afterAll, describe, expect, it } from 'vitest';
import { Device } from '../../../../runtime/ort/device.ts';
import { adamw } from '../../../../runtime/train/optimizers/adamw.ts';
import { differenceFrom } from '../../../support/optimizerRun.ts';
import type { ReferenceStep } from '../../../support/optimizerRun.ts';
import { trainingConfig } from '../../../support/trainingConfig.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

/** torch.optim.AdamW: p -= lr wd p, then p -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps). */
const reference =
  ([b1, b2]: readonly [number, number], eps: number, weightDecay: number): ReferenceStep =>
  ({ values, state }, gradient, { t, rate, decays }) => {
    const [m, v] = [state['m']!, state['v']!];
    gradient.forEach((g, i) => {
      if (decays(i)) values[i]! -= rate * weightDecay * values[i]!;
      m[i] = b1 * m[i]! + (1 - b1) * g;
      v[i] = b2 * v[i]! + (1 - b2) * g * g;
      const denominator = Math.sqrt(v[i]) / Math.sqrt(1 - b2 ** t) + eps;
      values[i]! -= ((rate / (1 - b1 ** t)) * m[i]) / denominator;
    });
  };

describe('AdamW', () => {
  it.each([
    ['the usual settings', [0.9, 0.999], 1e-8, 0, false],
    ['weight decay, norms and biases left out', [0.9, 0.999], 1e-8, 0.1, false],
    ['weight decay on everything', [0.9, 0.999], 1e-8, 0.1, true],
    ['other betas and an eps that counts', [0.5, 0.9], 0.1, 0.01, false],
    ['no first moment', [0, 0.99], 1e-8, 0, false],
  ] as const)('with %s', async (_, betas, eps, weightDecay, decayAll) => {
    const config = { optimizer: 'adamw', learningRate: 0.05, betas, eps, weightDecay, decayAll } as const;
    expect(await differenceFrom(reference(betas, eps, weightDecay), device, config)).toBeLessThan(2e-6);
  });

  it('takes a first step of one learning rate, whatever the gradient’s size', () => {
    const { stepSize, correction, oneMinusBeta1, oneMinusBeta2 } = adamw.scalars(trainingConfig({}), 1, 1e-3);
    for (const g of [1e-3, 1, 1e3]) {
      const [m, v] = [oneMinusBeta1! * g, oneMinusBeta2! * g * g];
      expect((stepSize! * m) / (Math.sqrt(v) * correction!)).toBeCloseTo(1e-3, 12);
    }
  });
});
