/** @file The whole way of LoRAM on files: prune, align, train in 4 bits, recover, evaluate on the original. */
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openBase } from '../../../runtime/model/base.ts';
import type { Base } from '../../../runtime/model/decoder.ts';
import { alignedTensors } from '../../../runtime/model/prune/aligned.ts';
import { manifestFile } from '../../../runtime/model/prune/manifest.ts';
import { recoverAdapter } from '../../../runtime/model/prune/recover.ts';
import { maskedTensor } from '../../../runtime/model/prune/weightsFile.ts';
import { unadapted } from '../../../runtime/model/adapted.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { namedTensors, startValues } from '../../../runtime/pipelines/adapterModel.ts';
import { openPruned, writePruned } from '../../../runtime/pipelines/pruneFolder.ts';
import type { Pruned } from '../../../runtime/pipelines/pruneFolder.ts';
import { randomPlan } from '../../../runtime/pipelines/pruneUnits.ts';
import { sparsifyByMagnitude } from '../../../runtime/pipelines/sparsify.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../runtime/train/engine.ts';
import { randomNumbers } from '../../support/evaluate.ts';
import { allLinear, randomRows } from '../../support/randomModel.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { tinyLlama, tinyWeights, writeTinyBase } from '../../support/tinyBase.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());
const options: EngineOptions = { device, policy: 'balanced', span: 1, headRows: 16, longest: 32 };
const scratch = temporaryFolder();
const config = { ...tinyLlama, hidden_size: 16, num_attention_heads: 4, num_key_value_heads: 2 };
const drawn = tinyWeights(config).map((tensor) => {
  const count = tensor.shape.reduce((n, size) => n * size, 1);
  const centre = tensor.shape.length === 1 ? 1 : 0;
  return { ...tensor, data: randomNumbers(count, tensor.name).map((x) => centre + 0.5 * x) };
});
const folder = writeTinyBase(join(scratch, 'base'), config, drawn);
const opened: Base[] = [];
afterAll(() => {
  for (const base of opened) base.tensors.close();
});
function original(path = folder): Base {
  const base = openBase(path);
  opened.push(base);
  return base;
}

const range = { ratio: 0.5, start: 0, end: 2 };
const pruned: Pruned = { method: 'random', seed: 3, ...range, plan: randomPlan(original(), range, 3) };
const rows = randomRows([9, 6], 16);
const manifestOf = (at: string): string => join(at, manifestFile);

/** One step down the gradient. */
async function step(engine: Engine, rate: number): Promise<number> {
  const { tokenLoss } = await engine.accumulate(rows, { token: 1 / 10, auxiliary: 0 }, true);
  for (const parameters of await engine.model.parameters()) {
    const [values, gradient] = [await parameters.read('values'), await parameters.read('gradient')];
    await parameters.write(
      'values',
      values.map((v, i) => v - rate * gradient[i]!),
    );
  }
  return tokenLoss.reduce((sum, x) => sum + x, 0);
}

it('prunes, aligns, trains on the 4-bit base, and the recovered adapter helps the original', async () => {
  const first = join(scratch, 'pruned');
  await writePruned(first, original(), pruned);
  const { base, manifest } = await openPruned(original(), manifestOf(first));
  expect(manifest).toMatchObject({ ...pruned, sizes: { heads: 4, kvHeads: 2 } });
  expect(base.spec.layers[0]).toMatchObject({ heads: 2, kvHeads: 1, intermediate: 6 });
  expect(base.name).toBe(original().name);

  // alignment: whole tensors of the pruned base are trained, and written beside its manifest
  const saved = alignedTensors(base.spec);
  const aligner = new Engine(base, { linears: new Map(), saved }, options);
  await startValues(await aligner.model.parameters(), (name) => base.tensors.readFloat32(name), 0);
  const losses: number[] = [];
  for (let i = 0; i < 5; i++) losses.push(await step(aligner, 0.05));
  expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  const tensors = await namedTensors(await aligner.model.parameters(), 'values');
  const second = join(scratch, 'aligned');
  await writePruned(
    second,
    original(),
    { ...pruned, alignedSteps: 5, quantization: 'nf4-double' },
    tensors.map(({ name, shape, data }) => ({ name, dtype: 'F32', shape, data })),
  );
  const aligned = await openPruned(original(), manifestOf(second));
  for (const { name, data } of tensors) expect(aligned.base.tensors.readFloat32(name)).toEqual(data);
  expect(aligned.base.spec.names.blocks[0]!.down.codes).toBe('nf4-double');

  // the adapter learns there and works on the original, whose own weights nothing has touched
  const learner = new Engine(aligned.base, allLinear(aligned.base), options);
  await startValues(await learner.model.parameters(), () => undefined, 1);
  for (let i = 0; i < 20; i++) await step(learner, 0.2);
  const trained = await namedTensors(await learner.model.parameters(), 'values');
  const recovered = recoverAdapter(
    new Map(trained.map(({ name, ...tensor }) => [name, tensor])),
    original().spec,
    aligned.manifest.plan,
  );
  const whole = new Engine(original(), allLinear(original()), options);
  await startValues(await whole.model.parameters(), (name) => recovered.get(name)?.data, 0);
  const sum = async (engine: Engine): Promise<number> =>
    (await engine.losses(rows)).tokenLoss.reduce((total, x) => total + x, 0);
  expect(await sum(whole)).toBeLessThan(await sum(new Engine(original(), unadapted, options)));
});

describe('masked bases', () => {
  it('are read from the file of masks', async () => {
    const tensors: Parameters<typeof writePruned>[3] = [];
    const masks = new Map<string, Float32Array>();
    sparsifyByMagnitude(original(), { kind: 'unstructured', ratio: 0.55 }, (name, sparse) => {
      (tensors as unknown[]).push(...maskedTensor(name, sparse));
      masks.set(name, sparse.weight);
    });
    const at = join(scratch, 'masked');
    await writePruned(
      at,
      original(),
      { ...pruned, method: 'unstructured', ratio: 0.55, plan: new Map() },
      tensors,
    );
    const { base } = await openPruned(original(), manifestOf(at));
    for (const [name, weight] of masks) expect(base.tensors.readFloat32(name)).toEqual(weight);
    base.tensors.close();
  });
});

describe('refuses', () => {
  it('another base, and one whose weights changed', async () => {
    const at = join(scratch, 'other');
    await writePruned(at, original(), pruned);
    const other = writeTinyBase(join(scratch, 'otherBase'), config, tinyWeights(config));
    await expect(openPruned(original(other), manifestOf(at))).rejects.toThrow('has the SHA-256');
    const wide = writeTinyBase(join(scratch, 'wide'), { ...config, intermediate_size: 20 });
    await expect(openPruned(original(wide), manifestOf(at))).rejects.toThrow('intermediate is 20');
  });

  it('weights of another manifest, and codes it does not know', async () => {
    const at = join(scratch, 'changed');
    await writePruned(at, original(), { ...pruned, alignedSteps: 1 }, [
      { name: 'model.norm.weight', dtype: 'F32', shape: [16], data: new Float32Array(16).fill(1) },
    ]);
    const copy = join(scratch, 'copy');
    mkdirSync(copy);
    cpSync(at, copy, { recursive: true });
    appendFileSync(join(copy, 'loram_weights.safetensors'), ' ');
    await expect(openPruned(original(), manifestOf(copy))).rejects.toThrow('the manifest names');
    const json = readFileSync(manifestOf(at), 'utf8').replace('"seed"', '"quantization": "fp5",\n  "seed"');
    writeFileSync(manifestOf(at), json);
    await expect(openPruned(original(), manifestOf(at))).rejects.toThrow(
      'quantization is missing or unusable',
    );
  });
});
