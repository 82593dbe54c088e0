/** @file GGUF block types against the values that the gguf package gives, bit for bit. */
import { expect, test } from 'vitest';
import { blockTypes } from '../../runtime/formats/ggufBlocks.ts';
import type { BlockType } from '../../runtime/formats/ggufBlocks.ts';
import { SafetensorsFile } from '../../runtime/formats/safetensors.ts';
import { reference } from './shared.ts';

/** Path of the reference, undefined where this machine doesn't have it. */
export const blockReference = reference('gguf-blocks.safetensors');

/** float32 as bit patterns, so that signs of zero and NaN count too. */
export const bits = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

function checkType(file: SafetensorsFile, type: BlockType): void {
  const raw = file.readBytes(`${type.name}.raw`);
  const expected = file.readFloat32(`${type.name}.values`);
  const blocks = raw.length / type.bytes;
  expect(blocks * type.values).toBe(expected.length);
  const out = new Float32Array(expected.length + 2).fill(7);
  type.expand(raw, blocks, out, 1);
  expect(bits(out.subarray(1, -1)).findIndex((word, i) => word !== bits(expected)[i])).toBe(-1);
  expect([out[0], out.at(-1)]).toEqual([7, 7]);
}

/** Registers a test for each named type. */
export function checkBlockTypes(names: readonly string[]): void {
  test.each(names)('%s has the values of the gguf package', (name) => {
    if (blockReference === undefined) {
      console.log(`left out: GGUF blocks of type ${name} (no shared fixtures beside the repository)`);
      return;
    }
    const type = [...blockTypes.values()].find((candidate) => candidate.name === name);
    const file = SafetensorsFile.open(blockReference);
    checkType(file, type!);
    file.close();
  });
}
