/** @file Generation writes the same with and without its cache, stops where it should, and samples as asked. */
import { afterAll, describe, expect, it } from 'vitest';
import { Device } from '../../../runtime/ort/device.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import { generate, greedy, sample } from '../../../runtime/train/generator.ts';
import { allLinear, randomBase, randomValues, smallLlama } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 2 });
afterAll(() => device[Symbol.asyncDispose]());
const prompts = [[1, 5, 9, 20, 33], [7], [30, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]].map((ids) =>
  Uint32Array.from(ids),
);

/** Greedy tokens by running the whole text anew for each. */
async function withoutCache(engine: Engine, prompt: Uint32Array, count: number): Promise<number[]> {
  const ids = [...prompt];
  for (let i = 0; i < count; i++) {
    const { logits } = await engine.logits([
      { ids: Uint32Array.from(ids), mask: new Uint8Array(ids.length) },
    ]);
    const last = logits.subarray((ids.length - 1) * engine.spec.vocab, ids.length * engine.spec.vocab);
    ids.push(last.indexOf(Math.max(...last)));
  }
  return ids.slice(prompt.length);
}

describe('generation', () => {
  it.each([
    ['full attention', smallLlama],
    ['a sliding window', { ...smallLlama, model_type: 'mistral', sliding_window: 6 }],
  ])('writes the same tokens with and without a cache: %s', async (_, config) => {
    const base = randomBase(config);
    const engine = new Engine(base, allLinear(base), {
      device,
      policy: 'balanced',
      span: 2,
      headRows: 16,
      longest: 64,
    });
    await randomValues(engine);
    const answers = await generate(engine, prompts, { maxTokens: 24, stop: new Set(), sampling: greedy });
    for (const [i, prompt] of prompts.entries())
      expect(answers[i]).toEqual(await withoutCache(engine, prompt, 24));
  });

  it('stops at an end token and leaves it out', async () => {
    const base = randomBase();
    const engine = new Engine(base, allLinear(base), {
      device,
      policy: 'balanced',
      span: 1,
      headRows: 16,
      longest: 64,
    });
    await randomValues(engine);
    const [free] = await generate(engine, prompts, { maxTokens: 12, stop: new Set(), sampling: greedy });
    const end = free![5]!;
    const [stopped] = await generate(engine, prompts, {
      maxTokens: 12,
      stop: new Set([end]),
      sampling: greedy,
    });
    expect(stopped).toEqual(free!.slice(0, free!.indexOf(end)));
  });
});

describe('sampling', () => {
  const logits = Float32Array.from([0, 2, 1, -1]);
  const draws = (temperature: number, topP: number): number[] =>
    Array.from({ length: 4000 }, (_, step) => sample(logits, { temperature, topP, seed: 3 }, 0, step));

  it('follows the softmax of logits over temperature', () => {
    const ids = draws(1, 1);
    const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
    logits.forEach((x, id) => {
      const share = ids.filter((drawn) => drawn === id).length / ids.length;
      expect(Math.abs(share - Math.exp(x) / total)).toBeLessThan(0.03);
    });
  });

  it('keeps to the smallest set that reaches top-p', () => {
    expect(new Set(draws(1, 0.6))).toEqual(new Set([1]));
    expect(new Set(draws(1, 0.8))).toEqual(new Set([1, 2]));
  });

  it('is decided by seed, row and step alone', () => {
    expect(draws(0.7, 0.9)).toEqual(draws(0.7, 0.9));
    expect(sample(logits, { temperature: 0, topP: 1, seed: 9 }, 0, 0)).toBe(1);
  });
});
