/** @file Blocks over whole documents: rows of a batch are as alone, steps as one or as several, blocks one or more a segment. */
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { adapterFromPeft } from '../../../runtime/model/peftAdapter.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { namedTensors, startValues } from '../../../runtime/pipelines/adapterModel.ts';
import { readProbeInput } from '../../../runtime/pipelines/probeInput.ts';
import type { TokenRow } from '../../../runtime/train/batch.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import { relativeError } from '../../support/randomModel.ts';

const cases = resolve(import.meta.dirname, '../../fixtures/documents');

interface Step {
  readonly logits: Float32Array;
  readonly gradient: Float32Array;
}

/** Logits of all rows and the gradient of their summed loss, rows given in these micro-batches. */
async function step(
  name: string,
  span: number,
  batches: (rows: readonly TokenRow[]) => TokenRow[][],
): Promise<Step> {
  const base = openBase(join(cases, name, 'base'));
  const peft = openPeftAdapter(join(cases, name, 'adapter'));
  const { adapted, overrides, values } = adapterFromPeft(peft, base);
  await using device = new Device({ provider: 'cpu', threads: 1 });
  const options = { device, policy: 'balanced', span, headRows: 4, longest: 64, overrides } as const;
  using engine = new Engine(base, adapted, options);
  const parameters = await engine.model.parameters();
  await startValues(parameters, values, 0);
  const { rows } = readProbeInput(join(cases, name, 'expected.safetensors'), base.spec);
  const logits: number[] = [];
  for (const [i, batch] of batches(rows).entries()) {
    logits.push(...(await engine.logits(batch)).logits);
    await engine.accumulate(batch, { token: 1, auxiliary: 0 }, i === 0);
  }
  const gradient = (await namedTensors(parameters, 'gradient')).flatMap(({ data }) => [...data]);
  peft.close();
  base.tensors.close();
  return { logits: Float32Array.from(logits), gradient: Float32Array.from(gradient) };
}

const together = (rows: readonly TokenRow[]): TokenRow[][] => [[...rows]];
const alone = (rows: readonly TokenRow[]): TokenRow[][] => rows.map((row) => [row]);

describe.each(['bert-pair', 'bert-heads', 't5-gated', 't5-far'])('%s', (name) => {
  test.each([
    ['each row alone', 1, alone],
    ['all blocks in one segment', 8, together],
  ] as const)('%s', async (_, span, batches) => {
    const expected = await step(name, 1, together);
    const found = await step(name, span, batches);
    expect(relativeError(found.logits, expected.logits)).toBeLessThan(2e-6);
    expect(relativeError(found.gradient, expected.gradient)).toBeLessThan(1e-5);
    expect(expected.gradient.some((x) => x !== 0)).toBe(true);
  });
});
