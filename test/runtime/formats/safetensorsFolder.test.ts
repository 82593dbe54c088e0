/** @file Sharded weights, and what a wrong index gets. */
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { SafetensorsFolder, indexFile, weightsFile } from '../../../runtime/formats/safetensorsFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
let counter = 0;

/** A folder with shards a (x) and b (y, z) and this index. */
function sharded(index: unknown): string {
  const folder = join(root, String(counter++));
  mkdirSync(folder);
  const tensor = (name: string, value: number) => {
    return { name, dtype: 'F32' as const, shape: [2], data: Float32Array.of(value, value) };
  };
  writeSafetensors(join(folder, 'a.safetensors'), [tensor('x', 1)]);
  writeSafetensors(join(folder, 'b.safetensors'), [tensor('y', 2), tensor('z', 3)]);
  writeFileSync(join(folder, indexFile), typeof index === 'string' ? index : JSON.stringify(index));
  return folder;
}

const good = { x: 'a.safetensors', y: 'b.safetensors' };

describe('shards', () => {
  test('each tensor of the index is read from its own; others are not seen', () => {
    const opened = SafetensorsFolder.open(sharded({ metadata: { total_size: 16 }, weight_map: good }));
    expect([...opened.files.keys()]).toEqual(['x', 'y']);
    expect([...opened.files.get('y')!.readFloat32('y')]).toEqual([2, 2]);
    opened.close();
  });

  test('a single file wins over an index', () => {
    const folder = sharded({ weight_map: good });
    writeSafetensors(join(folder, weightsFile), []);
    const opened = SafetensorsFolder.open(folder);
    expect(opened.files.size).toBe(0);
    opened.close();
  });

  test('a truncated shard is reported by name', () => {
    const folder = sharded({ weight_map: good });
    const shard = join(folder, 'b.safetensors');
    const byte = statSync(shard).size - 1;
    truncateSync(shard, byte);
    expect(() => SafetensorsFolder.open(folder)).toThrow(
      expect.objectContaining({
        code: 'safetensors-truncated',
        place: { file: shard, byte },
      }) as Error,
    );
  });
});

describe('a wrong index', () => {
  test.each<[string, unknown, RegExp]>([
    ['that is not JSON', '{"weight_map":', /is not JSON/],
    ['without a map', {}, /no object "weight_map"/],
    ['whose map is a list', { weight_map: ['a'] }, /no object "weight_map"/],
    ['that names no file', { weight_map: { x: 5 } }, /no file for the tensor 'x'/],
    ['that leads out of the folder', { weight_map: { x: '../a.safetensors' } }, /not inside the folder/],
    ['that leads out on Windows', { weight_map: { x: '..\\a.safetensors' } }, /not inside the folder/],
    ['that names another drive', { weight_map: { x: 'c:a.safetensors' } }, /not inside the folder/],
    ['that names an absolute path', { weight_map: { x: '/a.safetensors' } }, /not inside the folder/],
    ['that names a folder below', { weight_map: { x: 'below/a.safetensors' } }, /not inside the folder/],
    ['with a zero byte', { weight_map: { x: 'a\0.safetensors' } }, /not inside the folder/],
    ['that names a pickle', { weight_map: { x: 'pytorch_model.bin' } }, /only .safetensors files are read/],
    [
      'that names a shard which is not there',
      { weight_map: { x: 'c.safetensors' } },
      /c.safetensors, which isn't/,
    ],
    [
      'that places a tensor wrongly',
      { weight_map: { x: 'b.safetensors' } },
      /'x' in b.safetensors, which doesn't hold/,
    ],
  ])('%s is refused', (_, index, message) => {
    const folder = sharded(index);
    expect(() => SafetensorsFolder.open(folder)).toThrow(message);
    expect(() => SafetensorsFolder.open(folder)).toThrow(
      expect.objectContaining({
        place: expect.objectContaining({ file: join(folder, indexFile) }) as object,
      }) as Error,
    );
  });
});
