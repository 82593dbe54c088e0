/** @file The laws of methods for every method of the catalogue, under its defaults and under each value that its own keys allow. */
import { afterAll, describe, expect, it } from 'vitest';
import type { MethodConfig } from '../../../runtime/contract/config.ts';
import { methods } from '../../../runtime/methods/index.ts';
import type { AdapterMethod } from '../../../runtime/methods/method.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { checkMethod } from '../../support/checkMethod.ts';
import { usualMethod } from '../../support/usualOptions.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

/** Parameters whose gradient is meant to be another than the slope; the method's own test has what stands in its place. */
const notSlopes: Readonly<Record<string, readonly string[]>> = {
  // its norm is held
  dora: ['A', 'B'],
  // its rows are scaled
  allora: ['A', 'B'],
};

/** The defaults, then each other value of each key that has a few. */
function choices(method: AdapterMethod): (readonly [string, MethodConfig])[] {
  const usual = usualMethod(method);
  const others = Object.entries(method.keys).flatMap(([name, spec]) => {
    const values: readonly unknown[] =
      spec.type === 'boolean' ? [true, false] : spec.type === 'string' ? (spec.oneOf ?? []) : [];
    return values
      .filter((value) => value !== usual[name])
      .map((value) => [`${name} ${String(value)}`, { ...usual, [name]: value }] as const);
  });
  return [['defaults', usual], ...others];
}

describe.each(methods.map((method) => [method.kind, method] as const))('%s', (kind, method) => {
  it.each(choices(method))('with %s', async (name, config) => {
    // small enough for twice the rank to fit the layer
    const options = method.layerOptions(config, { rank: 2, alpha: 3 }, { optimizer: 'adamw' });
    // LoRAM's layers are those of another method
    const rule = config['adapter'] === 'allora' ? 'allora' : kind;
    await checkMethod(device, method, options, { detached: notSlopes[rule] ?? [] });
    expect(name).not.toBe('');
  });
});

/** LoRA's initialisers and how they go with each other. */
const lora = methods.find(({ kind }) => kind === 'lora')!;
const inits = ['pissa', 'olora', 'lora-ga'] as const;
const combined = inits.flatMap((init) =>
  [
    {},
    { mutateBase: true },
    { rankStabilized: true },
    ...(init === 'lora-ga'
      ? [
          { direction: 'A2rBr' },
          { direction: 'ArBr' },
          { direction: 'random' },
          { initScale: 'unit' },
          { initScale: 'gd' },
          { initScale: 'weightS', normClip: true },
          { initVariant: 'peft' },
        ]
      : []),
  ].map((changes) => [init, changes] as const),
);

describe.each(combined)('lora with %s and %j', (init, changes) => {
  it('obeys the laws', async () => {
    const config = usualMethod(lora, { init, ...changes });
    await checkMethod(device, lora, lora.layerOptions(config, { rank: 2, alpha: 3 }, { optimizer: 'adamw' }));
  });
});
