/** @file Units chosen by the loss's gradient, against gradients had in another way; random ones from their seed. */
import { afterAll, describe, expect, it } from 'vitest';
import { openBase } from '../../../runtime/model/base.ts';
import type { Base } from '../../../runtime/model/decoder.ts';
import { saliences, selectUnits, taylorScores } from '../../../runtime/model/prune/select.ts';
import { blockLinears } from '../../../runtime/model/specTensors.ts';
import { weightMatrix } from '../../../runtime/methods/parts/matrix.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { randomPlan, taylorPlan } from '../../../runtime/pipelines/pruneUnits.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../runtime/train/engine.ts';
import { supervisedTokens } from '../../../runtime/train/loop.ts';
import { gradientsOf, randomBase, randomRows } from '../../support/randomModel.ts';
import { reference } from '../../support/shared.ts';

const device = new Device({ provider: 'cpu', threads: 2 });
afterAll(() => device[Symbol.asyncDispose]());
const options: EngineOptions = { device, policy: 'balanced', span: 1, headRows: 16, longest: 64 };
const range = { ratio: 0.5, start: 1, end: 3 };
const opened: Base[] = [];
afterAll(() => {
  for (const base of opened) base.tensors.close();
});

describe('units by Taylor scores', () => {
  it.each(
    ['llama', 'phi3', 'gpt2'].flatMap((name) => {
      const folder = reference(`lm/${name}/base`);
      return folder === undefined ? [] : [[name, folder] as const];
    }),
  )('%s: those of the gradients that weights get when they are trained themselves', async (_, folder) => {
    const base = openBase(folder);
    opened.push(base);
    const batches = [randomRows([20, 9], base.spec.vocab), randomRows([15], base.spec.vocab, 2)];
    // a few layers' gradients at a time, or one linear's
    for (const largest of [1e9, 1])
      expect(await taylorPlan({ base, engine: options, batches, seed: 1, largest }, range)).toEqual(
        await expectedPlan(base, batches),
      );
  });

  it('says so when no token is trained, before that when the range is none', async () => {
    const base = randomBase();
    const pass = { base, engine: options, batches: [], seed: 1, largest: 1e9 };
    await expect(taylorPlan(pass, range)).rejects.toThrow('hold no token to learn from');
    await expect(taylorPlan(pass, { ...range, end: 9 })).rejects.toThrow('layers 1 to 9 were to be pruned');
  });
});

/** The same by training the weights as a whole. */
async function expectedPlan(base: Base, batches: ReturnType<typeof randomRows>[]): Promise<unknown> {
  const linears = [1, 2].flatMap((layer) => blockLinears(base.spec, layer));
  const saved = new Set(linears.map(({ path }) => `${path}.weight`));
  const engine = new Engine(base, { linears: new Map(), saved }, options);
  for (const parameters of await engine.model.parameters()) {
    const values = new Float32Array(parameters.size);
    for (const { name, offset } of parameters.layout.entries)
      values.set(base.tensors.readFloat32(name), offset);
    await parameters.write('values', values);
  }
  for (const [i, rows] of batches.entries()) {
    const supervised = rows.reduce((sum, row) => sum + supervisedTokens(row), 0);
    await engine.accumulate(rows, { token: 1 / supervised / batches.length, auxiliary: 0 }, i === 0);
  }
  const gradients = await gradientsOf(engine);
  return selectUnits(base.spec, range, (layer) =>
    taylorScores(base.spec, layer, (linear) => {
      const name = `${linear.path}.weight`;
      const turned = (values: Float32Array): Float64Array =>
        weightMatrix(values, linear, linear.transposed).data;
      return saliences(linear, turned(base.tensors.readFloat32(name)), turned(gradients.get(name)!));
    }),
  );
}

it('random units follow from the seed', () => {
  const base = randomBase();
  expect(randomPlan(base, range, 1)).toEqual(randomPlan(base, range, 1));
  expect(randomPlan(base, range, 1)).not.toEqual(randomPlan(base, range, 2));
  // a layer's choice is its own, whatever else is pruned
  expect(randomPlan(base, { ...range, start: 2 }, 1).get(2)).toEqual(randomPlan(base, range, 1).get(2));
});
