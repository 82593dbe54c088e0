/** @file A checkpoint gives back every number it was given: values, optimiser state, progress. */
import { afterAll, expect, test } from 'vitest';
import type { MethodConfig, TrainingConfig } from '../../../runtime/contract/config.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { restoreState, saveState } from '../../../runtime/pipelines/checkpointState.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import { Updater } from '../../../runtime/train/update.ts';
import { allLinear, randomBase, randomRows, randomValues } from '../../support/randomModel.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());
const folder = temporaryFolder();
const base = randomBase();
const training = {
  optimizer: 'adamw',
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  clip: 0,
  decayAll: false,
};
const method = { rank: 4, alpha: 8, dropout: 0, rankStabilized: false, modulesToSave: [] };

async function learner(seed: number): Promise<{ engine: Engine; updater: Updater }> {
  const adapted = allLinear(base);
  const engine = new Engine(base, adapted, {
    device,
    policy: 'balanced',
    span: 1,
    headRows: 16,
    longest: 64,
  });
  await randomValues(engine, seed);
  const updater = new Updater(device, training as unknown as TrainingConfig);
  for (const part of await engine.model.parameters()) await updater.prepare(part);
  return { engine, updater };
}

test('values, moments and progress come back bit for bit', async () => {
  const { engine, updater } = await learner(1);
  const parameters = await engine.model.parameters();
  await engine.accumulate(randomRows([9, 5], base.spec.vocab), { token: 0.1, auxiliary: 0 }, true);
  await updater.step(parameters, 1, 1e-2, 1);
  const adapter = { base, adapted: allLinear(base), method: method as unknown as MethodConfig, parameters };
  const state = { step: 1, waited: 2, best: { step: 1, loss: 0.1 + 0.2 } };
  await saveState(folder, adapter, updater, state, '{}\n');

  const other = await learner(2);
  const restored = await other.engine.model.parameters();
  expect(await restoreState({ path: folder, step: state.step }, restored, other.updater)).toEqual(state);
  for (const [i, part] of parameters.entries())
    for (const vector of ['values', ...updater.state])
      expect(await restored[i]!.read(vector)).toEqual(await part.read(vector));
});
