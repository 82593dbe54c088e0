/** @file Adding a method: one that is written here appears in the schema, in completion and in the laws by its entry in the list. */
import { afterAll, expect, it } from 'vitest';
import { completeAt } from '../../../runtime/config/completions.ts';
import { kindsWith, methodKeys } from '../../../runtime/config/options.ts';
import { adapterSchema } from '../../../runtime/config/schema.ts';
import { catalogueOf, methodOf, methods } from '../../../runtime/methods/index.ts';
import { lora } from '../../../runtime/methods/lora.ts';
import { defineMethod } from '../../../runtime/methods/method.ts';
import type { MethodOptions } from '../../../runtime/methods/method.ts';
import { addBranch, loraNames, storedAs } from '../../../runtime/methods/parts/lowRank.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { checkMethod } from '../../support/checkMethod.ts';
import { usualOptions } from '../../support/usualOptions.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

/** LoRA whose scale is a key of its own. */
const toy = defineMethod<MethodOptions & { readonly strength: number }>({
  kind: 'toy',
  title: 'Toy',
  paper: 'arXiv:0000.00000',
  doc: 'Adds a product of a given strength.',
  formula: 'y = x Wᵀ + strength (x Aᵀ) Bᵀ',
  keys: { strength: { type: 'number', default: 3, above: 0, doc: 'Factor on B A.' } },
  layerOptions: (config, { rank }) => ({ rank, alpha: rank, strength: config['strength'] as number }),
  scale: ({ strength }) => strength,
  params: (options, layer) => lora.params({ ...options, rankStabilized: false, bias: false }, layer),
  apply: (context, { A, B }, { strength }) => addBranch(context, A!, B!, strength),
  stored: (tensors, { rank, strength }) =>
    storedAs(tensors, loraNames, { rank, alpha: strength * rank, rankStabilized: false }),
});

const list = [...methods, toy];

it('is found by its kind', () => {
  expect(methodOf('toy', catalogueOf(list))).toBe(toy);
  expect(() => methodOf('toy')).toThrow('no method');
});

it('appears in the schema: its kind with its line, its key with its kind', () => {
  const text = JSON.stringify(adapterSchema(list));
  expect(text).toContain('"label":"toy","description":"Toy: Adds a product of a given strength."');
  expect(text).toContain('Factor on B A. With kind \\"toy\\".');
  expect(JSON.stringify(adapterSchema())).not.toContain('toy');
});

it('has its key beside those of all kinds', () => {
  expect(Object.keys(methodKeys('toy', list))).toEqual(expect.arrayContaining(['kind', 'rank', 'strength']));
  expect(methodKeys('lora', list)).not.toHaveProperty('strength');
  expect(kindsWith('strength', list)).toEqual(['toy']);
});

it('appears in completion', () => {
  const text = '{ "method": { "kind": "toy", "" } }';
  const none = (): undefined => undefined;
  const found = completeAt(text, text.indexOf('""') + 1, 'x.adapter.json', none, none, list);
  expect(found?.items).toEqual([
    { value: 'strength', follows: ': 3', detail: 'Toy', doc: 'Factor on B A.', kind: 'key' },
  ]);
});

it('obeys the laws', async () => {
  await checkMethod(device, toy, { ...usualOptions(toy), rank: 2, alpha: 2, strength: 3 });
});
