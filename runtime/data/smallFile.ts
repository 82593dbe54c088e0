/** @file Reads the small text files beside a base (tokenizer, templates): a size limit before the read, UTF-8 checked. */
import { statSync } from 'node:fs';
import { UserError } from '../contract/errors.ts';
import { readSmallFile } from '../formats/jsonFile.ts';

/** The file's text, or undefined when there is none. Throws `invalid-utf8` beside what `readSmallFile` throws. */
export function readTextFile(path: string): string | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const bytes = readSmallFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UserError('invalid-utf8', 'is not valid UTF-8.', { place: { file: path }, cause });
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
