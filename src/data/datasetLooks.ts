/** @file Which files are datasets: by their names first, then by their first rows, each looked into once. Pure but for the asking. */
import { pathInRun, runFolderGlob } from '../../runtime/contract/runFolder.ts';

/** Where datasets are looked for; names alone decide nothing for `.json`, which may be anything. Each is searched with a limit of its own: thousands of `.json` files, one a sample, leave all others in the list. */
export const searchGlobs = ['**/*.{jsonl,ndjson,csv,tsv,parquet}', '**/*.json'] as const;
/** Never searched: a folder with a thousand runs has more `.jsonl` files than the limit. */
export const ignoredGlob = `**/{node_modules,.git,.cache,.venv,venv,__pycache__,dist,out,${runFolderGlob}}/**`;

const dataEnding = /\.(?:jsonl|ndjson|csv|tsv|parquet|json)$/i;
/** What runs write, also where a person gave the folder another name: rows of steps, not of data. */
const runFile = /(?:^|[\\/])(?:(?:metrics|samples)\.jsonl|(?:run|sweep|trainer_state)\.json)$/;
/** Editors and tools keep theirs in such folders; our configs have their own ending. */
const hiddenOrConfig = /(?:(?:^|[\\/])\.[^\\/]*[\\/].*|\.adapter)\.json$/i;
/** Settings of projects and of models are called so. */
const settingsWords = [
  ...['package', 'lock', 'manifest', 'index'],
  ...['config', 'tsconfig', 'jsconfig', 'settings', 'appsettings'],
  ...['tokenizer', 'tokens map', 'vocab'],
];

/** Whether a word of the file's name says so: `package-lock.json`, `launchSettings.json`, but not `clock.json`. */
function hasSettingsName(path: string): boolean {
  const name = /([^\\/]*)\.json$/i.exec(path)?.[1];
  if (name === undefined) return false;
  const words = name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/[^\p{L}]+/gu, ' ');
  return settingsWords.some((word) => ` ${words} `.includes(` ${word} `));
}

/** Whether a file could be a dataset, by its path in its workspace folder alone: where that folder lies says nothing. */
export const mayBeDataset = (path: string): boolean =>
  dataEnding.test(path) &&
  pathInRun(path) === undefined &&
  !runFile.test(path) &&
  !hiddenOrConfig.test(path) &&
  !hasSettingsName(path);

/** Says of each file its format, or null. */
export type Recognise = (files: readonly string[]) => Promise<readonly (string | null)[]>;

const askedAtOnce = 50;

export class DatasetLooks {
  readonly #recognise: Recognise;
  readonly #known = new Map<string, boolean>();

  constructor(recognise: Recognise) {
    this.#recognise = recognise;
  }

  /** The file changed: it is looked into anew. */
  forget(path: string): void {
    this.#known.delete(path);
  }

  /** Those that look like datasets, sorted; only files that are new are looked into. */
  async among(paths: readonly string[]): Promise<string[]> {
    const unknown = paths.filter((path) => !this.#known.has(path));
    for (let i = 0; i < unknown.length; i += askedAtOnce) {
      const files = unknown.slice(i, i + askedAtOnce);
      const formats = await this.#recognise(files);
      for (const [j, path] of files.entries()) this.#known.set(path, typeof formats[j] === 'string');
    }
    return paths.filter((path) => this.#known.get(path) === true).sort();
  }
}

export interface DataFileEntry {
  readonly path: string;
  /** A config names it. */
  readonly used: boolean;
}

/** Whether both lists show the same rows in the same order. */
export const sameEntries = (a: readonly DataFileEntry[], b: readonly DataFileEntry[]): boolean =>
  a.length === b.length && a.every(({ path, used }, i) => path === b[i]!.path && used === b[i]!.used);

/** Files that no config uses are counted by themselves up to this size, the first so many of them; others on hover. */
const smallFile = 5 * 1024 * 1024;
const mostUnused = 50;

/** Files whose rows are counted without being asked: `sizeOf` looks at a bounded number of them. */
export function countedByThemselves(
  entries: readonly DataFileEntry[],
  sizeOf: (path: string) => number | undefined,
): string[] {
  const isSmall = ({ path }: DataFileEntry): boolean => (sizeOf(path) ?? Infinity) <= smallFile;
  const unused = entries
    .filter(({ used }) => !used)
    .slice(0, mostUnused)
    .filter(isSmall);
  return [...entries.filter(({ used }) => used), ...unused].map(({ path }) => path);
}
