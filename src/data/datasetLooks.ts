/** @file Which files are datasets: by their names first, then by their first rows, each looked into once. Pure but for the asking. */

/** Where datasets are looked for; names alone decide nothing for `.json`, which may be anything. */
export const dataGlob = '**/*.{jsonl,ndjson,csv,tsv,parquet,json}';

/** What runs write: rows of steps, not of data. */
const runFile = /[\\/](metrics|samples)\.jsonl$/;
/** Settings of projects, of editors and of models, and our configs. */
const settingsFile =
  /[\\/](?:\.[^\\/]*[\\/].*|[^\\/]*(?:package|lock|manifest|config|settings|tokenizer|tokens_map|vocab|index)[^\\/]*|[^\\/]*\.adapter)\.json$/i;

/** Whether a file could be a dataset, by its path alone. */
export const mayBeDataset = (path: string): boolean => !runFile.test(path) && !settingsFile.test(path);

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
