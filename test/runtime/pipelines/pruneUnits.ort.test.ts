/** @file Units chosen by the loss's gradient, against gradients had in another way; random ones from their seed. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../runtime/data/loadTokenizer.ts';
import { unadapted } from '../../../runtime/model/adapted.ts';
import { openBase } from '../../../runtime/model/base.ts';
import type { Base } from '../../../runtime/model/decoder.ts';
import { prunedBase } from '../../../runtime/model/prune/prunedBase.ts';
import { quantizedBase } from '../../../runtime/model/quantize/quantizedBase.ts';
import { saliences, selectUnits, taylorScores } from '../../../runtime/model/prune/select.ts';
import { blockLinears } from '../../../runtime/model/specTensors.ts';
import { weightMatrix } from '../../../runtime/methods/parts/matrix.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { randomPlan, taylorPlan } from '../../../runtime/pipelines/pruneUnits.ts';
import { sparsify, sparsifyByMagnitude } from '../../../runtime/pipelines/sparsify.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../runtime/train/engine.ts';
import { supervisedTokens } from '../../../runtime/train/loop.ts';
import { gradientsOf, randomBase, randomRows } from '../../support/randomModel.ts';
import { reference } from '../../support/shared.ts';
import { root } from '../../support/sourceFiles.ts';

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

/** A model that was trained, where it matters what is left; text of the kind that it knows. */
describe('on a trained base', () => {
  const folder = join(root, 'media/base/tiny-clerk');
  const base = openBase(folder);
  opened.push(base);
  const tokenizer = loadTokenizer(folder);
  const rows = ['shoe rack', 'alarm clock', 'desk lamp', 'garden chair', 'coffee mug', 'blue jacket'].map(
    (product, i) => {
      const text = `Hello,\nI would like to order ${i + 2} ${product}s. Please send them to Lisbon. Thanks, Amir`;
      const ids = Uint32Array.from(tokenizer.encode(text));
      return { ids, mask: new Uint8Array(ids.length).fill(1, 1) };
    },
  );
  const [seen, held] = [rows.slice(0, 4), rows.slice(4)];
  const usual = { ...options, headRows: 64 };

  /** Root mean square distance of the logits of held-out rows from the original's. */
  async function damage(pruned: Base, overrides = new Map<string, Float32Array>()): Promise<number> {
    const original = (await new Engine(base, unadapted, usual).logits(held)).logits.slice();
    const { logits } = await new Engine(pruned, unadapted, { ...usual, overrides }).logits(held);
    return Math.sqrt(logits.reduce((sum, x, i) => sum + (x - original[i]!) ** 2, 0) / logits.length);
  }

  it('Taylor scores spare the model more than chance does', async () => {
    const quarter = { ratio: 0.25, start: 1, end: 5 };
    const pass = { base, engine: usual, batches: [seen], seed: 1, largest: 1e9 };
    const chosen = await damage(prunedBase(base, await taylorPlan(pass, quarter)));
    for (const seed of [1, 2]) {
      const random = await damage(prunedBase(base, randomPlan(base, quarter, seed)));
      expect(chosen / random).toBeLessThan(0.8);
    }
  });

  it('SparseGPT spares it more than magnitudes do', async () => {
    const masks = [new Map<string, Float32Array>(), new Map<string, Float32Array>()] as const;
    await sparsify({ base, engine: usual, batches: [seen] }, { kind: 'semi' }, (name, { weight }) => {
      masks[0].set(name, weight);
    });
    sparsifyByMagnitude(base, { kind: 'semi' }, (name, { weight }) => masks[1].set(name, weight));
    expect((await damage(base, masks[0])) / (await damage(base, masks[1]))).toBeLessThan(0.9);
  });

  it('NF4 spares it more than either', async () => {
    expect(await damage(quantizedBase(base, 'nf4'))).toBeLessThan(0.5);
  });
});
