/** @file Phi-3: fused projections, partial rotation, longrope. */
import { expect, test } from 'vitest';
import { phi3 } from '../../../../runtime/model/families/phi3.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(phi3);

test('projections are fused', () => {
  const spec = specOf(casesOf('phi3')[1]!.config);
  const { qkv, gateUp, q, gate } = spec.names.blocks[0]!;
  expect([qkv?.outputs, gateUp?.outputs]).toEqual([32 + 2 * 16, 80]);
  expect([q, gate]).toEqual([undefined, undefined]);
});

test('a longrope model knows only the positions of its short factors', () => {
  const long = casesOf('phi3').filter(({ config }) => JSON.stringify(config).includes('long_factor'));
  expect(long.map(({ config }) => specOf(config).maxPositions)).toEqual([128, 256]);
});

test('other scalings are refused by name, a factor too few too', () => {
  const { config } = casesOf('phi3')[0]!;
  const scaled = (scaling: object) => () => specOf({ ...config, rope_scaling: scaling });
  expect(scaled({ type: 'linear', factor: 2 })).toThrow(/phi3 knows default and longrope/);
  expect(scaled({ type: 'su', short_factor: [1, 1, 1] })).toThrow(
    /short_factor is a list; a list of 4 numbers/,
  );
});
