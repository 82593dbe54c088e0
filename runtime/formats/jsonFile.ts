/** @file Small files beside a base, above all JSON: read with a size limit, UTF-8 and syntax checked. */
import { UserError } from '../contract/errors.ts';
import { ByteFile } from './byteFile.ts';
import { strictUtf8 } from './utf8.ts';

/**
 * Larger than the index of any sharded model in use (ten times the 91,000 tensors of the largest), and than any tokenizer
 * (Gemma's, with 262,144 tokens, takes 33 MB).
 */
const sizeLimit = 128 * 1024 * 1024;

/** All bytes of a small file. Throws `file-too-large` and what `ByteFile` throws. */
export function readSmallFile(path: string): Uint8Array {
  const file = new ByteFile(path);
  try {
    if (file.size > sizeLimit)
      throw new UserError('file-too-large', `has ${file.size} bytes; at most ${sizeLimit} are read.`, {
        place: { file: path },
      });
    return file.read(new Uint8Array(file.size), 0);
  } finally {
    file.close();
  }
}

/** The object in a JSON file. Throws `not-json` beside what `readSmallFile` throws. */
export function readJsonObject(path: string): Readonly<Record<string, unknown>> {
  return parseObject(readSmallFile(path), path);
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
