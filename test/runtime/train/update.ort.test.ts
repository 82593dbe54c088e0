/** @file The optimiser's step over segments: clipping, which numbers decay, and segments that don't disturb each other. */
import { afterAll, describe, expect, it } from 'vitest';
import type { FlatLayout } from '../../../runtime/model/adapted.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { Parameters } from '../../../runtime/train/parameters.ts';
import { decayVector, rateVector, Updater } from '../../../runtime/train/update.ts';
import { mixedLayout, numbers } from '../../support/optimizerRun.ts';
import { trainingConfig } from '../../support/trainingConfig.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

describe('the clip factor', () => {
  const factor = (clip: number, norm: number): number =>
    new Updater(device, trainingConfig({ clip })).clipFactor(norm);

  it('brings a larger norm down to the largest allowed', () => {
    for (const norm of [1.5, 10, 1e6]) expect(norm * factor(1, norm)).toBeCloseTo(1, 5);
    expect(5 * factor(0.5, 5)).toBeCloseTo(0.5, 5);
  });

  it('leaves smaller ones, zero among them', () => {
    for (const norm of [0, 1e-9, 0.5, 0.999]) expect(factor(1, norm)).toBe(1);
  });

  it('is 1 where clipping is off', () => {
    for (const norm of [0, 3, 1e9]) expect(factor(0, norm)).toBe(1);
  });
});

describe('weight decay', () => {
  it('has a 1 for each number of a tensor that decays', () => {
    expect(decayVector(mixedLayout)).toEqual(
      Float32Array.from([
        ...Array<number>(8).fill(1),
        ...Array<number>(5).fill(0),
        ...Array<number>(10).fill(1),
      ]),
    );
  });

  it('moves only those numbers, unless the config decays all', async () => {
    for (const decayAll of [false, true]) {
      const config = { optimizer: 'sgd', learningRate: 1, weightDecay: 0.5, decayAll } as const;
      using updater = new Updater(device, trainingConfig(config));
      using parameters = await Parameters.create(device, mixedLayout);
      await parameters.write('values', new Float32Array(23).fill(1));
      await updater.prepare(parameters);
      await updater.step([parameters], 1, 1, 1);
      const mask = decayAll ? new Float32Array(23).fill(1) : decayVector(mixedLayout);
      expect(await parameters.read('values')).toEqual(mask.map((bit) => 1 - 0.5 * bit));
    }
  });
});

describe.each(['sgd', 'adamw'] as const)('learning rates of their own with %s', (optimizer) => {
  const entries = mixedLayout.entries.map((entry, i) => ({ ...entry, rate: [1, 16, 0.5][i]! }));

  it('move each number so many times as far', async () => {
    const moves = async (layout: FlatLayout): Promise<Float32Array> => {
      using updater = new Updater(device, trainingConfig({ optimizer, weightDecay: 0 }));
      using parameters = await Parameters.create(device, layout);
      await parameters.write('gradient', numbers('gradient'));
      await updater.prepare(parameters);
      await updater.step([parameters], 1, 0.01, 1);
      return (await parameters.read('values')).slice();
    };
    const rates = rateVector({ size: 23, entries });
    expect(new Set(rates)).toEqual(new Set([1, 16, 0.5]));
    const [alike, own] = [await moves(mixedLayout), await moves({ size: 23, entries })];
    own.forEach((move, i) => {
      expect(move).toBeCloseTo(rates[i]! * alike[i]!, 7);
    });
  });
});

describe('a step over several segments', () => {
  const other = { size: 6, entries: [{ ...mixedLayout.entries[0]!, shape: [2, 3] }] };

  it('equals a step over each alone', async () => {
    const moved = async (together: boolean): Promise<number[][]> => {
      using updater = new Updater(device, trainingConfig({ weightDecay: 0.1 }));
      const all = [await Parameters.create(device, mixedLayout), await Parameters.create(device, other)];
      for (const parameters of all) {
        await parameters.write('values', numbers('values', parameters.size));
        await parameters.write('gradient', numbers('gradient', parameters.size));
        await updater.prepare(parameters);
      }
      for (let t = 1; t <= 3; t++)
        for (const some of together ? [all] : all.map((one) => [one])) await updater.step(some, t, 0.1, 1);
      return await Promise.all(all.map(async (parameters) => Array.from(await parameters.read('values'))));
    };
    expect(await moved(true)).toEqual(await moved(false));
  });

  it('keeps the state that a checkpoint brought', async () => {
    using updater = new Updater(device, trainingConfig({}));
    using parameters = await Parameters.create(device, mixedLayout);
    await parameters.write('m', numbers('m'));
    await updater.prepare(parameters);
    expect(updater.state).toEqual(['m', 'v']);
    expect(await parameters.read('m')).toEqual(numbers('m'));
    expect(await parameters.read('v')).toEqual(new Float32Array(23));
  });
});
