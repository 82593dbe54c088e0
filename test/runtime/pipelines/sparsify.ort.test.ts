/** @file Masks of whole bases: their pattern, and whose inputs decide them. */
import { afterAll, describe, expect, it } from 'vitest';
import { inputMoments } from '../../../runtime/methods/parts/inputMoments.ts';
import { weightMatrix } from '../../../runtime/methods/parts/matrix.ts';
import { openBase } from '../../../runtime/model/base.ts';
import type { Base } from '../../../runtime/model/decoder.ts';
import { sparseGpt } from '../../../runtime/model/prune/sparseGpt.ts';
import type { Sparse, SparsePattern } from '../../../runtime/model/prune/sparseGpt.ts';
import { blockLinears } from '../../../runtime/model/specTensors.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { sparsify, sparsifyByMagnitude } from '../../../runtime/pipelines/sparsify.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../runtime/train/engine.ts';
import { gradientsOf, randomBase, randomRows, relativeError, smallLlama } from '../../support/randomModel.ts';
import { reference } from '../../support/shared.ts';

const device = new Device({ provider: 'cpu', threads: 2 });
afterAll(() => device[Symbol.asyncDispose]());
const options: EngineOptions = { device, policy: 'balanced', span: 2, headRows: 16, longest: 64 };
const opened: Base[] = [];
afterAll(() => {
  for (const base of opened) base.tensors.close();
});

const patterns: readonly SparsePattern[] = [{ kind: 'semi' }, { kind: 'unstructured', ratio: 0.55 }];

describe.each(
  ['llama', 'phi3', 'gpt2', 'olmo2', 'gemma3'].flatMap((name) => {
    const folder = reference(`lm/${name}/base`);
    return folder === undefined ? [] : [[name, folder] as const];
  }),
)('%s', (_, folder) => {
  const base = openBase(folder);
  opened.push(base);
  const batches = [randomRows([60, 40], base.spec.vocab), randomRows([50, 64], base.spec.vocab, 2)];

  /** X^T X of what one linear reads when `overrides` stand in place of the base's tensors. */
  async function momentsOf(
    path: string,
    overrides: ReadonlyMap<string, Float32Array>,
  ): Promise<Float64Array> {
    const linears = new Map([[path, { method: inputMoments, options: { rank: 1, alpha: 1 } }]]);
    const engine = new Engine(base, { linears, saved: new Set() }, { ...options, overrides });
    for (const [i, rows] of batches.entries())
      await engine.accumulate(rows, { token: 0, auxiliary: 0 }, i === 0);
    return Float64Array.from((await gradientsOf(engine)).get(`${path}.moments`)!);
  }

  it('LORAM-11: masks have their pattern along the inputs, and each layer is pruned by what the pruned ones before it give', async () => {
    for (const pattern of patterns) {
      const masks = new Map<string, Sparse>();
      const layers: number[] = [];
      await sparsify({ base, engine: options, batches }, pattern, (name, sparse, layer) => {
        masks.set(name, sparse);
        layers.push(layer);
      });
      expect([...new Set(layers)]).toEqual([0, 1, 2]);
      const linears = [0, 1, 2].flatMap((layer) => blockLinears(base.spec, layer));
      expect(new Set(masks.keys())).toEqual(new Set(linears.map(({ path }) => `${path}.weight`)));
      let [zeros, all] = [0, 0];
      for (const { path, inputs, outputs, transposed } of linears) {
        const { weight, gone } = masks.get(`${path}.weight`)!;
        for (const [i, bit] of gone.entries()) expect(weight[i] === 0).toBe(bit === 1);
        zeros += gone.reduce((n, bit) => n + bit, 0);
        all += gone.length;
        if (pattern.kind === 'unstructured') continue;
        for (let o = 0; o < outputs; o++)
          for (let i = 0; i < inputs; i += 8) {
            const run = Array.from({ length: 8 }, (_value, k) =>
              transposed ? gone[(i + k) * outputs + o]! : gone[o * inputs + i + k]!,
            );
            expect(run.reduce((n, bit) => n + bit, 0)).toBe(4);
          }
      }
      expect(Math.abs(zeros / all - (pattern.kind === 'semi' ? 0.5 : 0.55))).toBeLessThan(1e-3);
      const plain = new Map<string, Sparse>();
      sparsifyByMagnitude(base, pattern, (name, sparse) => plain.set(name, sparse));
      expect(new Set(plain.keys())).toEqual(new Set(masks.keys()));
      // the last layer's o reads what the first two, masked, and its own q, k, v, whole, make of the rows
      const before = new Map(
        [...masks].filter(([name]) => !name.includes('.2.')).map(([name, { weight }]) => [name, weight]),
      );
      const { o } = base.spec.names.blocks[2]!;
      const stored = base.tensors.readFloat32(`${o.path}.weight`);
      const weight = Float32Array.from(weightMatrix(stored, o, o.transposed).data);
      const expected = sparseGpt(weight, await momentsOf(o.path, before), o, pattern);
      const found = masks.get(`${o.path}.weight`)!.weight;
      expect(relativeError(weightMatrix(found, o, o.transposed).data, expected.weight)).toBeLessThan(1e-4);
      const other = sparseGpt(weight, await momentsOf(o.path, new Map()), o, pattern);
      expect(relativeError(other.weight, expected.weight)).toBeGreaterThan(1e-3);
    }
  });
});

it('runs each layer as often in a deep base as in a shallow one', async () => {
  let runs = 0;
  class Counting extends Device {
    override run(...given: Parameters<Device['run']>): ReturnType<Device['run']> {
      runs++;
      return super.run(...given);
    }
  }
  await using counting = new Counting({ provider: 'cpu', threads: 1 });
  const runsOf = async (depth: number): Promise<number> => {
    runs = 0;
    const base = randomBase({ ...smallLlama, num_hidden_layers: depth });
    const pass = {
      base,
      engine: { ...options, device: counting },
      batches: [randomRows([9], base.spec.vocab)],
    };
    await sparsify(pass, { kind: 'semi' }, () => undefined);
    return runs;
  };
  const [two, four, eight] = [await runsOf(2), await runsOf(4), await runsOf(8)];
  expect(eight - four).toBe(2 * (four - two));
});

it('refuses bases that are no decoders', async () => {
  const base = openBase(reference('lm/llama/base')!);
  opened.push(base);
  const bert = { ...base, spec: { ...base.spec, modelType: 'bert', task: 'classification' as const } };
  const pass = { base: bert, engine: options, batches: [] };
  await expect(sparsify(pass, { kind: 'semi' }, () => undefined)).rejects.toThrow('bert is no decoder');
  expect(() => {
    sparsifyByMagnitude(bert, { kind: 'semi' }, () => undefined);
  }).toThrow('bert is no decoder');
});

it('says so when there are no rows to calibrate on', async () => {
  const folder = reference('lm/llama/base')!;
  const base = openBase(folder);
  opened.push(base);
  const nothing = sparsify({ base, engine: options, batches: [] }, { kind: 'semi' }, () => undefined);
  await expect(nothing).rejects.toThrow('its inputs on the calibration rows are zero');
});
