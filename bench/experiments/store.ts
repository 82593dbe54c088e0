/** @file Results on disk: a file a training, named by the hash of all that decides its numbers, so that nothing is computed twice. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, isAbsolute, join, resolve, sep } from 'node:path';
import type { ResolvedConfig } from '../../runtime/contract/config.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import { writeText } from '../../runtime/formats/textFile.ts';
import { acquireLock } from '../../runtime/runs/lock.ts';
import type { TrialResult } from './experiment.ts';

/** Goes up when what a result holds, or how it is measured, changes. */
const FORMAT = 1;

/** What decides a result beside its config. */
export interface Decisive {
  /** SHA-256 by what it is of: base, train, validation, each measure. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly measures: readonly string[];
  /** Of libraries that compute. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Hex; the same for equal content at other paths, and on any device: one that passed its self-test differs by roundings only,
 * so a study that was begun on one is finished on another.
 */
export function trialKey(config: ResolvedConfig, decisive: Decisive): string {
  const { data, method, output: _output, base: _base, ...others } = config;
  const rest = { ...others, method: withoutPlaces(method), device: 'cpu' };
  const { train: _train, validation, ...reading } = data;
  // a share of rows decides, a path doesn't
  const held = typeof validation === 'number' ? validation : 'file';
  const text = JSON.stringify([FORMAT, rest, reading, held, decisive], sortedKeys);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Files of a method by their names: what they hold is among the hashes, and where they lie is one machine's affair. */
export const withoutPlaces = <T extends object>(method: T): T =>
  Object.fromEntries(
    Object.entries(method).map(([key, value]) => [
      key,
      typeof value === 'string' && isAbsolute(value) ? basename(value) : (value as unknown),
    ]),
  ) as T;

/** The order in which keys were written says nothing. */
const sortedKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const computing = ['autodiff', 'data', 'graph', 'methods', 'model', 'ort', 'pipelines', 'train'];

/** Sources as they compute: without lines of comment and blank ones. */
export const withoutComments = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(\/\/|\/\*|\*)/.test(line))
    .join('\n');

/** Names the state of the code that trains; `root` is the repository. */
export function codeDigest(root: string): string {
  const hash = createHash('sha256');
  for (const folder of computing)
    for (const name of readdirSync(join(root, 'runtime', folder), {
      recursive: true,
      encoding: 'utf8',
    }).sort())
      if (name.endsWith('.ts'))
        hash.update(
          `${folder}/${name}\n${withoutComments(readFileSync(join(root, 'runtime', folder, name), 'utf8'))}`,
        );
  return hash.digest('hex').slice(0, 12);
}

export class ResultStore {
  readonly folder: string;
  readonly #results: string;
  readonly #begun: string;
  readonly #claimed: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
    this.#results = join(this.folder, 'results');
    this.#begun = join(this.folder, 'begun');
    this.#claimed = join(this.folder, 'claimed');
    for (const path of [this.#results, this.#begun, this.#claimed]) mkdirSync(path, { recursive: true });
  }

  read(key: string): TrialResult | undefined {
    const path = join(this.#results, `${key}.json`);
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as TrialResult) : undefined;
  }

  write(key: string, result: TrialResult): void {
    writeText(join(this.#results, `${key}.json`), `${JSON.stringify(result)}\n`);
    this.forget(key);
  }

  /** Takes what another store knew and this one doesn't; returns how much that is. */
  adopt(results: ReadonlyMap<string, TrialResult>): number {
    const unknown = [...results].filter(([key]) => this.read(key) === undefined);
    for (const [key, result] of unknown) this.write(key, result);
    return unknown.length;
  }

  /** The folder of a run that was begun for this key and has no result yet. */
  begun(key: string): string | undefined {
    const path = join(this.#begun, key);
    if (!existsSync(path)) return undefined;
    const folder = readFileSync(path, 'utf8');
    return folder.startsWith(this.folder + sep) && existsSync(folder) ? folder : undefined;
  }

  /**
   * Takes a training for this process, so that several may work on one folder: what gives it back, undefined where another
   * process that lives has it.
   */
  claim(key: string): (() => void) | undefined {
    const folder = join(this.#claimed, key);
    mkdirSync(folder, { recursive: true });
    try {
      return acquireLock(folder);
    } catch (error) {
      if (error instanceof UserError && error.code === 'run-in-use') return undefined;
      throw error;
    }
  }

  begin(key: string, folder: string): void {
    writeText(join(this.#begun, key), folder);
  }

  forget(key: string): void {
    const folder = this.begun(key);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    rmSync(join(this.#begun, key), { force: true });
  }
}
