/** @file From shapes alone: which bases each kind of pruning takes. */
import { expect, it } from 'vitest';
import { pruneMethods } from '../../../../runtime/model/prune/manifest.ts';
import { requirePrunable } from '../../../../runtime/model/prune/prunable.ts';
import { casesOf, specOf } from '../../../support/familyCases.ts';
import { smallLlama } from '../../../support/randomModel.ts';

const range = { ratio: 0.5, start: 0, end: 2 };
const family = (name: string) => specOf(casesOf(name)[0]!.config);
const odd = specOf({ ...smallLlama, intermediate_size: 44 });

it.each(pruneMethods)('%s takes a decoder of usual sizes', (method) => {
  requirePrunable(specOf(smallLlama), method, range);
});

it.each(pruneMethods)('%s takes no encoder and no encoder-decoder', (method) => {
  for (const name of ['bert', 't5'])
    expect(() => {
      requirePrunable(family(name), method, range);
    }).toThrow(`${name} is no decoder`);
});

it('units need a range, a rest, and heads that stand alone; masks need none of these', () => {
  const throws = (spec: typeof odd, changes: Partial<typeof range>, message: RegExp): void => {
    const given = { ...range, ...changes };
    expect(() => {
      requirePrunable(spec, 'structured', given);
    }).toThrow(message);
    requirePrunable(spec, 'unstructured', given);
  };
  throws(odd, { start: 2 }, /layers 2 to 2 were to be pruned/);
  throws(odd, { ratio: 0.99 }, /leaves no neuron/);
  throws(family('olmo2'), {}, /across all heads/);
});

it('groups of eight need their multiple, which is told with the linear', () => {
  expect(() => {
    requirePrunable(odd, 'semi', range);
  }).toThrow('has 44 inputs');
});
