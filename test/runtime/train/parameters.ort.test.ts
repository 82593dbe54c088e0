/** @file Trained vectors: what is read keeps its numbers while the next value is written, and lengths are checked. */
import { afterAll, expect, it } from 'vitest';
import { Device } from '../../../runtime/ort/device.ts';
import { Parameters } from '../../../runtime/train/parameters.ts';
import { mixedLayout, numbers } from '../../support/optimizerRun.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

it('begins with zeros for values and gradient, and with nothing else', async () => {
  using parameters = await Parameters.create(device, mixedLayout);
  expect(parameters.size).toBe(23);
  expect(await parameters.read('values')).toEqual(new Float32Array(23));
  expect(await parameters.read('gradient')).toEqual(new Float32Array(23));
  expect([parameters.has('gradient'), parameters.has('m')]).toEqual([true, false]);
  expect(() => parameters.vector('m')).toThrow('vector m was never written');
});

it('keeps the numbers that are read while the next ones are written', async () => {
  using parameters = await Parameters.create(device, mixedLayout);
  await parameters.write('values', numbers('first'));
  for (let i = 0; i < 5; i++) {
    const before = await parameters.read('values');
    const copy = before.slice();
    await parameters.write('values', numbers(`next ${i}`));
    expect(before).toEqual(copy);
    expect(await parameters.read('values')).toEqual(numbers(`next ${i}`));
  }
});

it('moves between two homes: no third is made', async () => {
  using parameters = await Parameters.create(device, mixedLayout);
  const homes = new Set<ArrayBufferLike>();
  for (let i = 0; i < 6; i++) {
    await parameters.write('values', numbers(`${i}`));
    homes.add((await parameters.read('values')).buffer);
  }
  expect(homes.size).toBe(2);
  expect(homes.has((await parameters.read('gradient')).buffer)).toBe(false);
});

it('copies what it is given', async () => {
  using parameters = await Parameters.create(device, mixedLayout);
  const given = numbers('given');
  await parameters.write('m', given);
  given.fill(7);
  expect(await parameters.read('m')).toEqual(numbers('given'));
});

it('refuses vectors of another length', async () => {
  using parameters = await Parameters.create(device, mixedLayout);
  await expect(parameters.write('values', new Float32Array(22))).rejects.toThrow('has 23 numbers, not 22');
  await expect(parameters.write('v', new Float32Array(24))).rejects.toThrow('has 23 numbers, not 24');
  expect(parameters.has('v')).toBe(false);
});

it('splits a vector into views by name', () => {
  const data = numbers('split');
  const parts = Parameters.split(mixedLayout, data);
  expect([...parts.keys()]).toEqual(mixedLayout.entries.map(({ name }) => name));
  expect(parts.get('a.norm.weight')).toEqual({ shape: [5], data: data.slice(8, 13) });
  expect([...parts.values()].flatMap((part) => [...part.data])).toEqual([...data]);
  expect(parts.get('b.lora_B.weight')!.data.buffer).toBe(data.buffer);
});
