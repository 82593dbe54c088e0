/** @file The weights of a Hugging Face folder: model.safetensors, or the shards that model.safetensors.index.json names. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { readJsonObject } from './jsonFile.ts';
import { SafetensorsFile } from './safetensors.ts';

export const weightsFile = 'model.safetensors';
export const indexFile = 'model.safetensors.index.json';

const mostShards = 4096;

/** All shards of a folder as one set of tensors; headers are read at once, values on demand. */
export class SafetensorsFolder {
  /** Tensor name -> the file that holds it. */
  readonly files: ReadonlyMap<string, SafetensorsFile>;
  readonly #open: readonly SafetensorsFile[];

  /** Throws what `SafetensorsFile.open` throws, and `safetensors-index` for an index that doesn't fit its shards. */
  static open(folder: string): SafetensorsFolder {
    const single = join(folder, weightsFile);
    const index = join(folder, indexFile);
    if (existsSync(single) || !existsSync(index)) {
      const file = SafetensorsFile.open(single);
      return new SafetensorsFolder(new Map([...file.tensors.keys()].map((name) => [name, file])), [file]);
    }
    return openShards(folder, index);
  }

  constructor(files: ReadonlyMap<string, SafetensorsFile>, open: readonly SafetensorsFile[]) {
    this.files = files;
    this.#open = open;
  }

  /** The files that are open: one, or all shards. */
  get paths(): readonly string[] {
    return this.#open.map(({ path }) => path);
  }

  close(): void {
    for (const file of this.#open) file.close();
  }
}

function openShards(folder: string, index: string): SafetensorsFolder {
  const map = readWeightMap(index);
  const shards = new Map<string, SafetensorsFile>();
  try {
    for (const shard of new Set(map.values())) shards.set(shard, openShard(folder, shard, index));
    const files = new Map<string, SafetensorsFile>();
    for (const [name, shard] of map) {
      const file = shards.get(shard)!;
      if (!file.tensors.has(name))
        throw indexError(index, `places the tensor '${name}' in ${shard}, which doesn't hold it.`);
      files.set(name, file);
    }
    return new SafetensorsFolder(files, [...shards.values()]);
  } catch (error) {
    for (const file of shards.values()) file.close();
    throw error;
  }
}

function indexError(file: string, message: string, cause?: unknown): UserError {
  return new UserError('safetensors-index', message, {
    place: { file },
    hint: 'Download the whole folder again.',
    cause,
  });
}

function openShard(folder: string, shard: string, index: string): SafetensorsFile {
  const path = join(folder, shard);
  if (!existsSync(path)) throw indexError(index, `names the shard ${shard}, which isn't in the folder.`);
  return SafetensorsFile.open(path);
}

function readWeightMap(index: string): Map<string, string> {
  const { weight_map: map } = readJsonObject(index);
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw indexError(index, 'has no object "weight_map".');
  const checked = new Map<string, string>();
  const shards = new Set<string>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string') throw indexError(index, `names no file for the tensor '${name}'.`);
    if (!shards.has(shard)) checkShardName(shard, index);
    shards.add(shard);
    checked.set(name, shard);
  }
  if (shards.size > mostShards)
    throw indexError(index, `names ${shards.size} shards; at most ${mostShards} are read.`);
  return checked;
}

/** A shard is a plain file name: nothing may lead out of the folder, on any system. */
function checkShardName(shard: string, index: string): void {
  if (/[/\\:\0]/.test(shard) || shard.startsWith('.') || shard.length > 255)
    throw indexError(
      index,
      `names the shard ${JSON.stringify(shard.slice(0, 80))}, which is not inside the folder.`,
    );
  if (!shard.endsWith('.safetensors'))
    throw indexError(index, `names the shard ${JSON.stringify(shard)}; only .safetensors files are read.`);
}
