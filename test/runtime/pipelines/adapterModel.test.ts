/** @file Values of what is trained: by rule and seed, from an adapter, read back by name. */
import { describe, expect, test } from 'vitest';
import type { FlatLayout } from '../../../runtime/model/adapted.ts';
import { namedTensors, startValues } from '../../../runtime/pipelines/adapterModel.ts';
import type { Parameters } from '../../../runtime/train/parameters.ts';

/** Parameters that keep what is written. */
function fakeParameters(): { parameters: Parameters; written: Map<string, Float32Array> } {
  const layout: FlatLayout = {
    size: 12,
    entries: [
      { name: 'a.lora_A.weight', shape: [2, 4], offset: 0, init: 'kaiming-uniform', decays: true, rate: 1 },
      { name: 'a.lora_B.weight', shape: [1, 2], offset: 8, init: 'zeros', decays: true, rate: 1 },
      { name: 'a.scale', shape: [2], offset: 10, init: 'ones', decays: false, rate: 1 },
    ],
  };
  const written = new Map<string, Float32Array>();
  const parameters = {
    layout,
    size: layout.size,
    has: (name: string) => name === 'values',
    layoutOf: () => layout,
    write: (name: string, data: Float32Array) => Promise.resolve(void written.set(name, data)),
    read: (name: string) => Promise.resolve(written.get(name)!),
  };
  return { parameters: parameters as unknown as Parameters, written };
}

describe('start values', () => {
  const started = async (
    seed: number,
    lookup: (name: string) => Float32Array | undefined,
  ): Promise<number[]> => {
    const { parameters, written } = fakeParameters();
    await startValues([parameters], lookup, seed);
    return [...written.get('values')!];
  };

  test('follow each tensor’s rule and the seed', async () => {
    const values = await started(1, () => undefined);
    expect(values.slice(8)).toEqual([0, 0, 1, 1]);
    // kaiming-uniform of 4 inputs: within 1 / sqrt(4)
    expect(values.slice(0, 8).every((x) => x !== 0 && Math.abs(x) <= 0.5)).toBe(true);
    expect(await started(1, () => undefined)).toEqual(values);
    expect((await started(2, () => undefined)).slice(0, 8)).not.toEqual(values.slice(0, 8));
  });

  test('come from an adapter where it has them', async () => {
    const values = await started(1, (name) =>
      name.endsWith('B.weight') ? Float32Array.of(5, 6) : undefined,
    );
    expect(values.slice(8)).toEqual([5, 6, 1, 1]);
    const fresh = await started(1, () => undefined);
    expect(values.slice(0, 8)).toEqual(fresh.slice(0, 8));
  });

  test('are read back by name', async () => {
    const { parameters } = fakeParameters();
    await startValues([parameters], () => undefined, 1);
    const tensors = await namedTensors([parameters], 'values');
    expect(tensors.map(({ name, shape, data }) => [name, shape, data.length])).toEqual([
      ['a.lora_A.weight', [2, 4], 8],
      ['a.lora_B.weight', [1, 2], 2],
      ['a.scale', [2], 2],
    ]);
  });
});
