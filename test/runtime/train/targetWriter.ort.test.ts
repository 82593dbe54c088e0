/** @file An encoder-decoder writes the same with and without its caches, alone and beside others, whatever stands in a segment. */
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { adapterFromPeft } from '../../../runtime/model/peftAdapter.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { startValues } from '../../../runtime/pipelines/adapterModel.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import { generate, greedy } from '../../../runtime/train/generator.ts';

const cases = resolve(import.meta.dirname, '../../fixtures/documents');
const sources = [[5, 9, 20, 33, 1], [7], [30, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 1]].map((ids) =>
  Uint32Array.from(ids),
);
const TOKENS = 40;

/** Greedy tokens by reading source and target anew for each. */
async function withoutCache(engine: Engine, source: Uint32Array): Promise<number[]> {
  const answer: number[] = [];
  const width = engine.spec.names.head.outputs;
  while (answer.length < TOKENS) {
    const ids = Uint32Array.from([...source, ...answer, 0]);
    const second = new Uint8Array(ids.length).fill(1, source.length);
    const { logits } = await engine.logits([{ ids, mask: new Uint8Array(ids.length), second }]);
    const last = logits.subarray(answer.length * width, (answer.length + 1) * width);
    answer.push(last.indexOf(Math.max(...last)));
  }
  return answer;
}

async function written(name: string, span: number): Promise<{ cached: number[][]; anew: number[][] }> {
  const base = openBase(join(cases, name, 'base'));
  const peft = openPeftAdapter(join(cases, name, 'adapter'));
  const { adapted, overrides, values } = adapterFromPeft(peft, base);
  await using device = new Device({ provider: 'cpu', threads: 1 });
  const options = { device, policy: 'balanced', span, headRows: 4, longest: 64, overrides } as const;
  using engine = new Engine(base, adapted, options);
  await startValues(await engine.model.parameters(), values, 0);
  const cached = await generate(engine, sources, { maxTokens: TOKENS, stop: new Set(), sampling: greedy });
  const anew: number[][] = [];
  for (const source of sources) anew.push(await withoutCache(engine, source));
  peft.close();
  base.tensors.close();
  return { cached, anew };
}

// groups with blocks of both: all three, and the encoder's with the decoder's first
test.each([
  ['t5-gated', 1],
  ['t5-gated', 3],
  ['t5-far', 1],
  ['t5-far', 2],
])('%s, %i blocks a segment', async (name, span) => {
  const { cached, anew } = await written(name, span);
  expect(cached).toEqual(anew);
  // answers that differ from each other, or nothing of the sources would have been seen
  expect(new Set(anew.map((answer) => answer.join())).size).toBe(sources.length);
});
