/** @file 4-bit bases in the engine: they compute what their codes stand for, stay as they are, and take an eighth of the memory. */
import { afterAll, describe, expect, it } from 'vitest';
import { linearsOf } from '../../../../runtime/model/adapted.ts';
import { openBase } from '../../../../runtime/model/base.ts';
import type { Base, WeightCodes } from '../../../../runtime/model/decoder.ts';
import { prunedBase } from '../../../../runtime/model/prune/prunedBase.ts';
import { recoverAdapter } from '../../../../runtime/model/prune/recover.ts';
import { roundedWeight } from '../../../../runtime/model/quantize/codedWeight.ts';
import { quantizedBase, residentBytes } from '../../../../runtime/model/quantize/quantizedBase.ts';
import { specTensors } from '../../../../runtime/model/specTensors.ts';
import { Device } from '../../../../runtime/ort/device.ts';
import { Engine } from '../../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../../runtime/train/engine.ts';
import { generate, greedy } from '../../../../runtime/train/generator.ts';
import { Parameters } from '../../../../runtime/train/parameters.ts';
import {
  allLinear,
  gradientsOf,
  randomBase,
  randomRows,
  randomValues,
  relativeError,
  smallLlama,
} from '../../../support/randomModel.ts';
import { reference } from '../../../support/shared.ts';

const device = new Device({ provider: 'cpu', threads: 2 });
afterAll(() => device[Symbol.asyncDispose]());
const usual: EngineOptions = { device, policy: 'balanced', span: 1, headRows: 16, longest: 64 };
const opened: Base[] = [];
afterAll(() => {
  for (const base of opened) base.tensors.close();
});

/** The base with the numbers that its codes would stand for, in single precision. */
function rounded(base: Base, codes: WeightCodes = 'nf4'): Base {
  const coded = new Set(
    linearsOf(base.spec)
      .slice(0, -1)
      .map(({ path }) => `${path}.weight`),
  );
  return {
    ...base,
    tensors: {
      names: base.tensors.names,
      shape: (name) => base.tensors.shape(name),
      storedBytes: (name) => base.tensors.storedBytes(name),
      readFloat32: (name, into) => {
        const values = base.tensors.readFloat32(name, into);
        if (coded.has(name)) values.set(roundedWeight(values, codes));
        return values;
      },
      close: () => undefined,
    },
  };
}

const plan = new Map([[1, { neurons: Int32Array.of(0, 3, 4, 9, 31), kvHeads: Int32Array.of(1) }]]);

describe.each(
  ['llama', 'phi3', 'gpt2', 'qwen2'].flatMap((name) => {
    const folder = reference(`lm/${name}/base`);
    return folder === undefined ? [] : [[name, folder] as const];
  }),
)('%s', (_, folder) => {
  const base = openBase(folder);
  opened.push(base);
  const rows = randomRows([17, 5, 30, 9], base.spec.vocab);

  it('computes and learns as its numbers do in single precision, pruned or not', async () => {
    for (const [one, codes] of [
      [base, 'nf4'],
      [prunedBase(base, plan), 'nf4-double'],
    ] as const) {
      const expected = new Engine(rounded(one, codes), allLinear(one), usual);
      await randomValues(expected);
      await expected.accumulate(rows, { token: 1 / 40, auxiliary: 0 }, true);
      const slopes = await gradientsOf(expected);
      const { logits } = await expected.logits(rows);
      const wanted = logits.slice();
      for (const policy of ['fast', 'balanced', 'low'] as const) {
        const packed = new Engine(quantizedBase(one, codes), allLinear(one), { ...usual, policy });
        await randomValues(packed);
        expect(relativeError((await packed.logits(rows)).logits, wanted)).toBeLessThan(2e-6);
        await packed.accumulate(rows, { token: 1 / 40, auxiliary: 0 }, true);
        for (const [name, gradient] of await gradientsOf(packed))
          expect(relativeError(gradient, slopes.get(name)!), name).toBeLessThan(1e-5);
      }
      const plain = new Engine(one, allLinear(one), usual);
      await randomValues(plain);
      expect(relativeError((await plain.logits(rows)).logits, wanted)).toBeGreaterThan(1e-3);
    }
  });
});

const small = randomBase({ ...smallLlama, hidden_size: 64, intermediate_size: 128 });

it('LORAM-12: codes stay as they are while an adapter is trained, and its recovered form does not know of them', async () => {
  const base = prunedBase(small, plan);
  const engine = new Engine(quantizedBase(base, 'nf4'), allLinear(base), usual);
  await randomValues(engine);
  const rows = randomRows([12, 9], base.spec.vocab);
  const [, first] = await engine.model.segments(1);
  const before = await engine.weights.feeds(first!.weights);
  const codes = Object.entries(before).map(
    ([name, { data }]) => [name, (data as Uint8Array).slice()] as const,
  );
  expect(codes.filter(([name]) => name.endsWith('.codes'))).toHaveLength(7);
  await engine.accumulate(rows, { token: 1, auxiliary: 0 }, true);
  const after = await engine.weights.feeds(first!.weights);
  for (const [name, data] of codes) expect(after[name]!.data, name).toEqual(data);
  // the same numbers on the 4-bit and on the plain base give the same recovered adapter
  const recovered = await Promise.all(
    [quantizedBase(base, 'nf4'), base].map(async (one) => {
      const on = new Engine(one, allLinear(one), usual);
      await randomValues(on);
      const all = new Map<string, { shape: readonly number[]; data: Float32Array }>();
      for (const parameters of await on.model.parameters())
        for (const [name, tensor] of Parameters.split(parameters.layout, await parameters.read('values')))
          all.set(name, tensor);
      return recoverAdapter(all, small.spec, plan);
    }),
  );
  expect(recovered[0]).toEqual(recovered[1]);
  const shapes = [...recovered[0]!.values()].map(({ shape }) => shape.join());
  expect(new Set(shapes)).toContain('128,4');
  // the base itself is read as before: evaluation on the original sees its own numbers
  for (const { name } of specTensors(base.spec))
    expect(quantizedBase(base, 'nf4').tensors.readFloat32(name)).toEqual(base.tensors.readFloat32(name));
});

it('holds 4.5 bits a number of its linears, and says so', async () => {
  const packed = quantizedBase(small, 'nf4');
  const engine = new Engine(packed, allLinear(small), usual);
  await engine.losses(randomRows([9], small.spec.vocab));
  expect(engine.weights.heldBytes).toBe(residentBytes(packed.spec));
  const linears = linearsOf(small.spec)
    .slice(0, -1)
    .reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  expect(residentBytes(small.spec) - residentBytes(packed.spec)).toBe(linears * (4 - 4.5 / 8));
  // a byte for each 64 numbers, and four for each 64 x 256 and each linear
  const double = quantizedBase(small, 'nf4-double');
  const smaller = new Engine(double, allLinear(small), usual);
  await smaller.losses(randomRows([9], small.spec.vocab));
  expect(smaller.weights.heldBytes).toBe(residentBytes(double.spec));
  // blocks' norms are read as they are needed, codes stay
  const low = new Engine(packed, allLinear(small), { ...usual, policy: 'low' });
  await low.losses(randomRows([9], small.spec.vocab));
  expect(low.weights.heldBytes).toBe(residentBytes(packed.spec, 'low'));
  expect(residentBytes(packed.spec) - residentBytes(packed.spec, 'low')).toBe(2 * 2 * 64 * 4);
  const plain = new Engine(small, allLinear(small), usual);
  await plain.losses(randomRows([9], small.spec.vocab));
  expect(plain.weights.heldBytes).toBe(residentBytes(small.spec));
});

it('writes text', async () => {
  const packed = quantizedBase(small, 'nf4');
  const [answer] = await generate(new Engine(packed, allLinear(small), usual), [Uint32Array.of(1, 2, 3)], {
    maxTokens: 5,
    stop: new Set(),
    sampling: greedy,
  });
  const [expected] = await generate(
    new Engine(rounded(small), allLinear(small), usual),
    [Uint32Array.of(1, 2, 3)],
    { maxTokens: 5, stop: new Set(), sampling: greedy },
  );
  expect(answer).toEqual(expected);
});

it('is refused on other devices before anything is read', async () => {
  await using elsewhere = new Device({ provider: 'webgpu', threads: 1 });
  expect(
    () => new Engine(quantizedBase(small, 'nf4'), allLinear(small), { ...usual, device: elsewhere }),
  ).toThrow("bases in 4 bits don't run on webgpu yet");
});
