/** @file SGD against PyTorch's formulas in double precision, over several steps. */
import { afterAll, expect, it } from 'vitest';
import { Device } from '../../../../runtime/ort/device.ts';
import { sgd } from '../../../../runtime/train/optimizers/sgd.ts';
import { differenceFrom } from '../../../support/optimizerRun.ts';
import type { ReferenceStep } from '../../../support/optimizerRun.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

/** torch.optim.SGD: g += wd p, the buffer begins as the first g, then mu times itself plus g; p -= lr buffer. */
const reference =
  (momentum: number, weightDecay: number): ReferenceStep =>
  ({ values, state }, gradient, { t, rate, decays }) => {
    const buffer = state[sgd.state[0]!]!;
    gradient.forEach((given, i) => {
      const g = given + (decays(i) ? weightDecay * values[i]! : 0);
      buffer[i] = t === 1 ? g : momentum * buffer[i]! + g;
      values[i]! -= rate * buffer[i];
    });
  };

it.each([
  ['nothing but a rate', 0, 0, false],
  ['momentum', 0.9, 0, false],
  ['momentum and weight decay, norms and biases left out', 0.9, 0.1, false],
  ['momentum and weight decay on everything', 0.8, 0.1, true],
])('SGD with %s', async (_, momentum, weightDecay, decayAll) => {
  const config = { optimizer: 'sgd', learningRate: 0.1, momentum, weightDecay, decayAll } as const;
  expect(await differenceFrom(reference(momentum, weightDecay), device, config)).toBeLessThan(2e-6);
});
