/** @file Layers of different widths, as pruned bases have them: one model in every respect. */
import { afterAll, describe, expect, it } from 'vitest';
import { elementCount, linearsOf } from '../../../runtime/model/adapted.ts';
import type { Base } from '../../../runtime/model/decoder.ts';
import { headCountsOf, headMark, layerSpec } from '../../../runtime/model/layerSpec.ts';
import { prunedBase } from '../../../runtime/model/prune/prunedBase.ts';
import { specTensors } from '../../../runtime/model/specTensors.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../runtime/train/engine.ts';
import { cacheBytesPerToken, estimateMemory, HEAD_ROWS } from '../../../runtime/train/estimate.ts';
import { workPerToken } from '../../../runtime/train/flops.ts';
import { generate, greedy } from '../../../runtime/train/generator.ts';
import {
  allLinear,
  gradientsOf,
  randomBase,
  randomRows,
  randomValues,
  relativeError,
  smallLlama,
} from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 2 });
afterAll(() => device[Symbol.asyncDispose]());
const usual: EngineOptions = { device, policy: 'balanced', span: 1, headRows: 16, longest: 64 };

const wide = randomBase({
  ...smallLlama,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 4,
});
const small = prunedBase(
  wide,
  new Map([
    [1, { neurons: Int32Array.of(0, 5, 6, 20, 47), kvHeads: Int32Array.of(1, 3) }],
    [2, { neurons: Int32Array.from({ length: 30 }, (_, i) => i + 7), kvHeads: Int32Array.of(2) }],
  ]),
);

it('a layer without sizes of its own has those of the model', () => {
  expect(layerSpec(wide.spec, wide.spec.layers[0]!)).toBe(wide.spec);
  expect(layerSpec(small.spec, small.spec.layers[2]!)).toMatchObject({
    heads: 2,
    kvHeads: 1,
    intermediate: 30,
  });
  const counts = headCountsOf(small.spec);
  expect(counts).toEqual([
    { heads: 8, kvHeads: 4 },
    { heads: 4, kvHeads: 2 },
    { heads: 2, kvHeads: 1 },
  ]);
  expect(counts.map((one) => headMark(small.spec, one))).toEqual(['', '.4of2', '.2of1']);
});

describe('a base of layers of different widths', () => {
  const rows = randomRows([17, 5, 40, 9], wide.spec.vocab);

  it('is the same for every memory policy, span and number of tile groups', async () => {
    const expected = new Engine(small, allLinear(small), usual);
    await randomValues(expected);
    await expected.accumulate(rows, { token: 1 / 40, auxiliary: 0 }, true);
    const gradients = await gradientsOf(expected);
    const { tokenLoss } = await expected.losses(rows);
    for (const [policy, span] of [
      ['fast', 3],
      ['low', 1],
      ['balanced', 4],
    ] as const) {
      const other = new Engine(small, allLinear(small), { ...usual, policy, span });
      await randomValues(other);
      await other.accumulate(rows, { token: 1 / 40, auxiliary: 0 }, true);
      for (const [name, gradient] of await gradientsOf(other))
        expect(relativeError(gradient, gradients.get(name)!), name).toBeLessThan(1e-5);
    }
    const long = randomRows([200, 3, 5, 120], wide.spec.vocab);
    const alone: number[] = [];
    const on = new Engine(small, allLinear(small), { ...usual, longest: 256 });
    await randomValues(on);
    for (const row of long) alone.push(...(await on.losses([row])).tokenLoss);
    const together = new Engine(small, allLinear(small), { ...usual, longest: 256 });
    await randomValues(together);
    const { batch, tokenLoss: packed } = await together.losses(long);
    expect(batch.layout.groups.length).toBeGreaterThan(1);
    expect(relativeError(packed, alone)).toBeLessThan(1e-5);
    expect(tokenLoss.length).toBeGreaterThan(10);
  });

  it('writes the same tokens with and without a cache', async () => {
    const engine = new Engine(small, allLinear(small), { ...usual, span: 2 });
    await randomValues(engine);
    const prompts = [Uint32Array.of(1, 5, 9, 20, 33), Uint32Array.of(7)];
    const answers = await generate(engine, prompts, { maxTokens: 10, stop: new Set(), sampling: greedy });
    for (const [i, prompt] of prompts.entries()) {
      const ids = [...prompt];
      for (let n = 0; n < 10; n++) {
        const { logits } = await engine.logits([
          { ids: Uint32Array.from(ids), mask: new Uint8Array(ids.length) },
        ]);
        const last = logits.subarray(-engine.spec.vocab);
        ids.push(last.indexOf(Math.max(...last)));
      }
      expect(answers[i]).toEqual(ids.slice(prompt.length));
    }
  });

  it('is estimated by what is left of it', () => {
    const estimate = (of: Base) =>
      estimateMemory({
        spec: of.spec,
        adapted: allLinear(of),
        policy: 'balanced',
        lengths: [40, 40],
        headRows: HEAD_ROWS,
        stateVectors: 2,
        samples: 0,
      });
    const floats = specTensors(small.spec).reduce((sum, { shape }) => sum + elementCount(shape), 0);
    expect(estimate(small).weights).toBe(4 * floats);
    expect(estimate(small).activations).toBeLessThan(0.9 * estimate(wide).activations);
    // 4 + 2 + 1 + 4 key heads of size 4, keys and values in two homes
    expect(cacheBytesPerToken(small.spec)).toBe((4 + 2 + 1 + 4) * 4 * 4 * 4);
    const work = (of: Base): number =>
      workPerToken(of.spec, { memory: 'fast', labelled: 0, rowTokens: 100, adapter: 0, frozen: 0 });
    const linears = (of: Base): number =>
      linearsOf(of.spec)
        .slice(0, -1)
        .reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
    expect(work(small)).toBe(4 * linears(small) + 6 * (8 + 4 + 2 + 8) * 4 * 100);
  });
});
