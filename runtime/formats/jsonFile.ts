/** @file JSON files that describe a base: read with a size limit, UTF-8 and syntax checked. */
import { UserError } from '../contract/errors.ts';
import { ByteFile } from './byteFile.ts';
import { strictUtf8 } from './utf8.ts';

/** Larger than the index of any sharded model in use (ten times the 91,000 tensors of the largest). */
const sizeLimit = 128 * 1024 * 1024;

/** The object in a JSON file. Throws `file-too-large`, `not-json` and what `ByteFile` throws. */
export function readJsonObject(path: string): Readonly<Record<string, unknown>> {
  const file = new ByteFile(path);
  const place = { file: path };
  try {
    if (file.size > sizeLimit)
      throw new UserError('file-too-large', `has ${file.size} bytes; at most ${sizeLimit} are read.`, {
        place,
      });
    const bytes = file.read(new Uint8Array(file.size), 0);
    return parseObject(bytes, path);
  } finally {
    file.close();
  }
}

function parseObject(bytes: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  const place = { file: path };
  const text = strictUtf8(bytes);
  if (text === undefined) throw new UserError('not-json', 'is not UTF-8 text.', { place });
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new UserError('not-json', `is not JSON (${(cause as Error).message}).`, { place, cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new UserError('not-json', 'is not a JSON object.', { place });
}
