/** @file What each method trains, keeps and stores at a linear of 64 inputs and 48 outputs. */
import { expect, test } from 'vitest';
import type { MethodConfig } from '../../../runtime/contract/config.ts';
import { methods } from '../../../runtime/methods/index.ts';
import { addNumbers, layerNumbers, noNumbers } from '../../../runtime/methods/layerNumbers.ts';
import { usualOptions } from '../../support/usualOptions.ts';

const layer = { path: 'layer', inputs: 64, outputs: 48 };
const [rank, sides] = [4, 64 + 48];

/** Trained, frozen and stored numbers of a method under its defaults, but for these keys. */
function numbers(kind: string, keys: Partial<MethodConfig> = {}): number[] {
  const method = methods.find((one) => one.kind === kind)!;
  const { trained, frozen, stored } = layerNumbers(method, usualOptions(method, { ...keys, rank }), layer);
  return [trained, frozen, stored];
}

test('LoRA: r (in + out); the frozen half of LoRA-FA and of start values that are taken back', () => {
  expect(numbers('lora')).toEqual([rank * sides, 0, rank * sides]);
  expect(numbers('lora', { frozenA: true })).toEqual([rank * 48, rank * 64, rank * sides]);
  for (const init of ['pissa', 'olora', 'lora-ga'])
    expect(numbers('lora', { init }), init).toEqual([rank * sides, rank * sides, 2 * rank * sides]);
});

test('DoRA has a magnitude a row more; ALLoRA none', () => {
  expect(numbers('dora')).toEqual([rank * sides + 48, 0, rank * sides + 48]);
  expect(numbers('allora')).toEqual([rank * sides, 0, rank * sides]);
});

test('LoRA-XS and LoRA-SB train r^2, which the file has multiplied into B', () => {
  for (const kind of ['lora-xs', 'lora-sb'])
    expect(numbers(kind), kind).toEqual([rank * rank, rank * sides, rank * sides]);
});

test('LoRAMoE: N pairs and a row of the router each', () => {
  const all = 6 * (rank * sides + 64);
  expect(numbers('loramoe')).toEqual([all, 0, all]);
});

test('sums', () => {
  const one = { trained: 1, frozen: 2, stored: 3 };
  expect([one, one].reduce(addNumbers, noNumbers)).toEqual({ trained: 2, frozen: 4, stored: 6 });
});
