/** @file Typed, bounded access to a base's configuration: each value is checked where it is read, and a mistake names its key. */
import { UserError } from '../contract/errors.ts';

export type ConfigValues = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is ConfigValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as a reader may show it: short, whatever a file holds. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : typeof value;
}

/**
 * A config.json, or what takes its place for a GGUF file. A key that is absent or null gives the fallback;
 * without a fallback it is a mistake. All getters throw `base-config` with the file and the key.
 */
export class ConfigReader {
  /** The file that the values come from. */
  readonly file: string;
  readonly values: ConfigValues;
  readonly #prefix: string;
  readonly #spelling: (key: string) => string;

  /** `spelling` turns a key of config.json into what the file calls it (a GGUF file has other names). */
  constructor(
    values: ConfigValues,
    file: string,
    prefix = '',
    spelling: (key: string) => string = (key) => key,
  ) {
    this.values = values;
    this.file = file;
    this.#prefix = prefix;
    this.#spelling = spelling;
  }

  /** Other values out of the same file, whose keys are shown behind `prefix`. */
  derive(values: ConfigValues, prefix: string): ConfigReader {
    return new ConfigReader(values, this.file, prefix, this.#spelling);
  }

  /** A mistake in the value of `key`. */
  error(key: string, message: string, hint?: string): UserError {
    const what = this.#spelling(`${this.#prefix}${key}`);
    return new UserError('base-config', `${what} ${message}`, {
      place: { file: this.file, what },
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #get<T>(key: string, fallback: T | undefined, expected: string, check: (value: unknown) => value is T): T {
    const value = this.values[key];
    if (value === undefined || value === null) {
      if (fallback !== undefined) return fallback;
      throw this.error(key, `is missing; ${expected} was expected.`);
    }
    if (check(value)) return value;
    throw this.error(key, `is ${shown(value)}; ${expected} was expected.`);
  }

  /** Whether the key has a value other than null. */
  has(key: string): boolean {
    return this.values[key] !== undefined && this.values[key] !== null;
  }

  /** A whole number from 1 to `most`. */
  count(key: string, most: number, fallback?: number): number {
    const expected = `a whole number from 1 to ${most}`;
    return this.#get(
      key,
      fallback,
      expected,
      (value): value is number => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most,
    );
  }

  /** A whole number from 0 on, below `end`. */
  index(key: string, end: number, fallback?: number): number {
    return this.#get(
      key,
      fallback,
      `a whole number from 0 to ${end - 1}`,
      (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < end,
    );
  }

  /** A finite number above zero. */
  positive(key: string, fallback?: number): number {
    return this.#get(
      key,
      fallback,
      'a number above 0',
      (value): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0,
    );
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#get(key, fallback, 'true or false', (value): value is boolean => typeof value === 'boolean');
  }

  text(key: string, fallback?: string): string {
    return this.#get(key, fallback, 'a text', (value): value is string => typeof value === 'string');
  }

  /** Finite numbers above zero, exactly `length` of them. */
  numbers(key: string, length: number): readonly number[] {
    const isList = (value: unknown): value is readonly number[] =>
      Array.isArray(value) &&
      value.length === length &&
      value.every((item) => typeof item === 'number' && Number.isFinite(item) && item > 0);
    return this.#get(key, undefined, `a list of ${length} numbers above 0`, isList);
  }

  /** A list of exactly `length` items, each one of `allowed`; undefined when absent. */
  choices<T extends string | number>(
    key: string,
    length: number,
    allowed: readonly T[],
  ): readonly T[] | undefined {
    if (!this.has(key)) return undefined;
    const isList = (value: unknown): value is readonly T[] =>
      Array.isArray(value) && value.length === length && value.every((item) => allowed.includes(item as T));
    return this.#get(key, undefined, `a list of ${length} items out of ${allowed.join(', ')}`, isList);
  }

  /** A nested object; undefined when absent. */
  object(key: string): ConfigReader | undefined {
    if (!this.has(key)) return undefined;
    const values = this.#get(key, undefined, 'an object', isObject);
    return this.derive(values, `${this.#prefix}${key}.`);
  }
}
