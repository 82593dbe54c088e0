/** @file GGUF block types; the K types are checked in ggufKBlocks.test.ts. */
import { expect, test } from 'vitest';
import { blockTypes, otherTypes } from '../../../runtime/formats/ggufBlocks.ts';
import { SafetensorsFile } from '../../../runtime/formats/safetensors.ts';
import { bits, blockReference, checkBlockTypes } from '../../support/blockReference.ts';

const names = [...blockTypes.values()].map(({ name }) => name);

checkBlockTypes(names.filter((name) => !/_K$|^F\d/.test(name)));

test('each type of the reference is supported, and each supported one but the plain floats is in it', () => {
  if (blockReference === undefined) {
    console.log('left out: list of GGUF block types (no shared fixtures beside the repository)');
    return;
  }
  const file = SafetensorsFile.open(blockReference);
  const given = [...file.tensors.keys()].filter((n) => n.endsWith('.raw')).map((n) => n.replace('.raw', ''));
  expect(given.sort()).toEqual(names.filter((name) => !/^F\d/.test(name)).sort());
  file.close();
});

test('F32 and F16 are plain numbers', () => {
  const f32 = Float32Array.of(1.5, -0, 3e-40);
  const out = new Float32Array(3);
  blockTypes.get(0)!.expand(new Uint8Array(f32.buffer), 3, out, 0);
  expect([...bits(out)]).toEqual([...bits(f32)]);
  blockTypes.get(1)!.expand(new Uint8Array(Uint16Array.of(0x3c00, 0x8000, 0x0001).buffer), 3, out, 0);
  expect([...out]).toEqual([1, -0, 2 ** -24]);
});

test('a type is supported or named as not, never both', () => {
  for (const number of otherTypes.keys()) expect(blockTypes.has(number)).toBe(false);
});
