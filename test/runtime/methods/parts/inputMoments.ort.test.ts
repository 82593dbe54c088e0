/** @file Second moments of a linear's inputs: X^T X over real tokens, added up over micro-batches, the output left alone. */
import { afterAll, expect, it } from 'vitest';
import { inputMoments } from '../../../../runtime/methods/parts/inputMoments.ts';
import { unadapted } from '../../../../runtime/model/adapted.ts';
import { Device } from '../../../../runtime/ort/device.ts';
import { Engine } from '../../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../../runtime/train/engine.ts';
import { gradientsOf, randomBase, randomRows, relativeError } from '../../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());
const options: EngineOptions = { device, policy: 'balanced', span: 1, headRows: 16, longest: 64 };

it('adds up X^T X of what the linear reads, here the norm of the embeddings', async () => {
  const base = randomBase();
  const { hidden, norm } = base.spec;
  const path = 'model.layers.0.self_attn.q_proj';
  const linears = new Map([[path, { method: inputMoments, options: { rank: 1, alpha: 1 } }]]);
  const engine = new Engine(base, { linears, saved: new Set() }, options);
  const batches = [randomRows([7, 12], base.spec.vocab), randomRows([9], base.spec.vocab, 2)];
  for (const [i, rows] of batches.entries()) {
    const { tokenLoss } = await engine.accumulate(rows, { token: 0, auxiliary: 0 }, i === 0);
    expect(tokenLoss).toEqual((await new Engine(base, unadapted, options).losses(rows)).tokenLoss);
  }
  const table = base.tensors.readFloat32('model.embed_tokens.weight');
  const scale = base.tensors.readFloat32('model.layers.0.input_layernorm.weight');
  const expected = new Float64Array(hidden * hidden);
  for (const id of batches.flat().flatMap(({ ids }) => [...ids])) {
    const row = table.subarray(id * hidden, (id + 1) * hidden);
    const root = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / hidden + norm.eps);
    const x = Array.from(row, (v, i) => (v / root) * scale[i]!);
    for (let i = 0; i < hidden; i++)
      for (let j = 0; j < hidden; j++) expected[i * hidden + j]! += x[i]! * x[j]!;
  }
  const found = (await gradientsOf(engine)).get(`${path}.moments`)!;
  expect(relativeError(found, expected)).toBeLessThan(1e-5);
});
