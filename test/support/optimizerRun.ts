/** @file Steps of an optimiser on a small vector, and the vector they are compared with. */
import type { TrainingConfig } from '../../runtime/contract/config.ts';
import type { FlatLayout } from '../../runtime/model/adapted.ts';
import type { Device } from '../../runtime/ort/device.ts';
import { Parameters } from '../../runtime/train/parameters.ts';
import { hashKey, uniform } from '../../runtime/train/random.ts';
import { Updater } from '../../runtime/train/update.ts';
import { trainingConfig } from './trainingConfig.ts';

/** Two tensors that decay around one that doesn't, 23 numbers. */
export const mixedLayout: FlatLayout = {
  size: 23,
  entries: [
    { name: 'a.lora_A.weight', shape: [2, 4], offset: 0, init: 'zeros', decays: true, rate: 1 },
    { name: 'a.norm.weight', shape: [5], offset: 8, init: 'ones', decays: false, rate: 1 },
    { name: 'b.lora_B.weight', shape: [5, 2], offset: 13, init: 'zeros', decays: true, rate: 1 },
  ],
};

/** Numbers in +-1 that follow from the name. */
export function numbers(name: string, size = mixedLayout.size): Float32Array {
  const random = uniform(hashKey('numbers', name));
  return Float32Array.from({ length: size }, () => 2 * random() - 1);
}

/** Values and state of a vector before a step, in double precision. */
export interface Reference {
  values: number[];
  readonly state: Record<string, number[]>;
}

/** Changes `reference` in place by one step; `decays` tells whether number i does. */
export type ReferenceStep = (
  reference: Reference,
  gradient: readonly number[],
  step: { readonly t: number; readonly rate: number; readonly decays: (i: number) => boolean },
) => void;

/** Largest difference of values and state over `steps` steps, the learning rate falling and every second gradient clipped. */
export async function differenceFrom(
  reference: ReferenceStep,
  device: Device,
  changes: Partial<TrainingConfig>,
  steps = 6,
): Promise<number> {
  const config = trainingConfig(changes);
  const updater = new Updater(device, config);
  using parameters = await Parameters.create(device, mixedLayout);
  await parameters.write('values', numbers('values'));
  await updater.prepare(parameters);
  const zeros = (): number[] => new Array<number>(mixedLayout.size).fill(0);
  const expected: Reference = {
    values: Array.from(numbers('values')),
    state: Object.fromEntries(updater.state.map((name) => [name, zeros()])),
  };
  const undecayed = mixedLayout.entries.filter(({ decays }) => !decays && !config.decayAll);
  const decays = (i: number): boolean =>
    !undecayed.some(({ offset, shape }) => i >= offset && i < offset + shape[0]!);
  let worst = 0;
  for (let t = 1; t <= steps; t++) {
    const gradient = numbers(`gradient ${t}`);
    const [rate, clip] = [config.learningRate / t, t % 2 === 0 ? 0.3 : 1];
    await parameters.write('gradient', gradient);
    await updater.step([parameters], t, rate, clip);
    reference(
      expected,
      Array.from(gradient, (g) => clip * g),
      { t, rate, decays },
    );
    for (const [name, vector] of Object.entries({ values: expected.values, ...expected.state }))
      (await parameters.read(name)).forEach((x, i) => {
        worst = Math.max(worst, Math.abs(x - vector[i]!));
      });
  }
  updater[Symbol.dispose]();
  return worst;
}
