/** @file LoRAM's layers are those of the method within; its request for a smaller base is data; keys without effect are said. */
import { describe, expect, it } from 'vitest';
import { allora } from '../../../runtime/methods/allora.ts';
import { lora } from '../../../runtime/methods/lora.ts';
import { loram } from '../../../runtime/methods/loram.ts';
import type { AdapterMethod } from '../../../runtime/methods/method.ts';
import { layer } from '../../support/checkMethod.ts';
import { trainingConfig } from '../../support/trainingConfig.ts';
import { runConfig } from '../../support/runConfig.ts';

const config = {
  ...runConfig('runs').method,
  kind: 'loram',
  adapter: 'lora',
  eta: 2,
  adamRate: 'eta-scaled',
  prune: 'structured',
  ratio: 0.5,
  firstLayers: 4,
  lastLayers: 2,
  scoreRows: 16,
  alignSteps: 0,
  alignRate: 5e-5,
};
const target = { rank: 4, alpha: 8 };
const adamw = { optimizer: 'adamw' } as const;

describe('a layer', () => {
  it.each([
    ['lora', lora],
    ['allora', allora],
  ] as const)('is that of %s', (adapter, given) => {
    const inner: AdapterMethod = given;
    const options = loram.layerOptions({ ...config, adapter }, target, adamw);
    const own = inner.layerOptions({ ...config, adapter }, target, adamw);
    expect(options).toEqual({ ...own, adapter });
    expect(loram.params(options, layer)).toEqual(inner.params(own, layer));
    expect(loram.scale(options)).toBe(inner.scale(own));
  });

  it('shows what the method within shows', () => {
    const options = loram.layerOptions({ ...config, adapter: 'allora' }, target, adamw);
    const specs = Object.entries(loram.params(options, layer));
    const tensors = Object.fromEntries(
      specs.map(([key, { shape }]) => [
        key,
        { shape, data: new Float32Array(shape[0]! * shape[1]!).fill(0.1) },
      ]),
    );
    expect(Object.keys(loram.facts!(tensors, options))).toEqual(['factorMin', 'factorMean', 'factorMax']);
    expect(loram.facts!(tensors, loram.layerOptions(config, target, adamw))).toEqual({});
  });
});

it('asks for a smaller base in data, a folder of one among them', () => {
  expect(loram.smallerBase!(config)).toEqual({
    prune: 'structured',
    ratio: 0.5,
    firstLayers: 4,
    lastLayers: 2,
    scoreRows: 16,
    alignSteps: 0,
    alignRate: 5e-5,
  });
  expect(loram.smallerBase!({ ...config, pruned: '/there' })).toMatchObject({ pruned: '/there' });
});

it.each([
  [{}, []],
  [{ prune: 'semi', ratio: 0.4 }, ['ratio']],
  [{ ratio: 0 }, ['ratio']],
  [{ modulesToSave: ['lm_head'] }, ['modulesToSave']],
])('%j has conflicts in %j', (changes, keys) => {
  const { data } = runConfig('runs');
  const found = loram.conflicts!({ ...config, ...changes }, trainingConfig({}), data);
  expect(found.map(({ key }) => key)).toEqual(keys);
});
