/** @file GGUF's K types, all of them. */
import { expect, test } from 'vitest';
import { blockTypes } from '../../../runtime/formats/ggufBlocks.ts';
import { expandQ4K, expandQ6K } from '../../../runtime/formats/ggufKBlocks.ts';
import { checkBlockTypes } from '../../support/blockReference.ts';

checkBlockTypes([...blockTypes.values()].map(({ name }) => name).filter((name) => name.endsWith('_K')));

test('Q4_K by hand: scale 2, minimum 3 in group 0 only', () => {
  const bytes = new Uint8Array(144);
  bytes.set([0, 0x3c, 0, 0x3c, 2, 0, 0, 0, 3], 0);
  bytes[16] = 0x75;
  const out = new Float32Array(256);
  expandQ4K(bytes, 1, out, 0);
  // group 0: 2 q - 3; the high nibble is group 1's, whose scale is 0
  expect([out[0], out[1], out[32], out[255]]).toEqual([2 * 5 - 3, -3, 0, 0]);
});

test('Q6_K by hand: an empty block is -32 times scale', () => {
  const bytes = new Uint8Array(210);
  bytes.fill(1, 192, 208);
  bytes.set([0, 0x3c], 208);
  bytes[192 + 15] = 0xff;
  const out = new Float32Array(256);
  expandQ6K(bytes, 1, out, 0);
  expect([out[0], out[239], out[240], out[255]]).toEqual([-32, -32, 32, 32]);
});
