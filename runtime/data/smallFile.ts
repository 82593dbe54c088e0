/** @file Reads the small text files beside a base (tokenizer, templates): a size limit before the read, UTF-8 checked. */
import { statSync } from 'node:fs';
import { UserError } from '../contract/errors.ts';
import { ByteFile } from '../formats/byteFile.ts';

/** Larger than any tokenizer in use (Gemma's, with 262,144 tokens, takes 33 MB). */
const sizeLimit = 128 * 1024 * 1024;

/** The file's text, or undefined when there is none. Throws `file-too-large`, `invalid-utf8` and what `ByteFile` throws. */
export function readTextFile(path: string): string | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const file = new ByteFile(path);
  const place = { file: path };
  try {
    if (file.size > sizeLimit)
      throw new UserError('file-too-large', `has ${file.size} bytes; at most ${sizeLimit} are read.`, {
        place,
      });
    const bytes = file.read(new Uint8Array(file.size), 0);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError('invalid-utf8', 'is not valid UTF-8.', { place, cause });
  } finally {
    file.close();
  }
}

/** The parsed JSON file, or undefined when there is none. Throws `not-json` beside what `readTextFile` throws. */
export function readJsonFile(path: string): unknown {
  const text = readTextFile(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UserError('not-json', `is not JSON (${(cause as Error).message}).`, {
      place: { file: path },
      cause,
    });
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
