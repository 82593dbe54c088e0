/** @file The index offers each method under its own kind, and their parameters fit the layer. */
import { expect, test } from 'vitest';
import { matchTargets } from '../../../runtime/config/targets.ts';
import { families } from '../../../runtime/model/families/index.ts';
import { linearsOf } from '../../../runtime/model/adapted.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';
import { catalogue, catalogueOf, methodOf, methods, smallerBaseOf } from '../../../runtime/methods/index.ts';
import { usualMethod } from '../../support/usualOptions.ts';

test.each(methods.map((method) => [method.kind, method] as const))(
  '%s is found by its kind',
  (kind, method) => {
    expect(catalogue[kind]).toBe(method);
    expect(methodOf(kind)).toBe(method);
  },
);

test('kinds differ, and an unknown one is said', () => {
  expect(Object.keys(catalogueOf(methods))).toHaveLength(methods.length);
  expect(() => methodOf('toString')).toThrow('no method is called toString');
});

test('a smaller base is trained on by LoRAM and QLoRAM alone, and unknown to kinds of a later version', () => {
  const asking = methods.filter((method) => smallerBaseOf(usualMethod(method)) !== undefined);
  expect(asking.map(({ kind }) => kind)).toEqual(['loram', 'qloram']);
  expect(smallerBaseOf({ ...usualMethod(methodOf('loram')), kind: 'toString' })).toBeUndefined();
});

test.each(families.map(({ modelType }) => modelType))(
  'experts stand on the feed-forward linears of %s, and only there',
  (modelType) => {
    const spec = specOf(casesOf(modelType)[0]!.config);
    const { targets } = catalogue['loramoe']!.keys;
    const paths = linearsOf(spec).map(({ path }) => path);
    const matched = matchTargets((targets as { default: string }).default, paths, {
      head: spec.names.head.path,
      modulesToSave: [],
    });
    const wanted = spec.names.blocks.flatMap(({ gate, up, gateUp, down }) =>
      [gate, up, gateUp, down].flatMap((linear) => linear?.path ?? []),
    );
    expect([...matched].sort()).toEqual([...wanted].sort());
  },
);
