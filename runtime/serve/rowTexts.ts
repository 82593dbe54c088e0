/** @file Where rows of a data file stand and how they end; passes over the file up to the last of them. */
import { openContainer } from '../data/containers/open.ts';
import { locateData } from '../data/locate.ts';
import { ByteFile } from '../formats/byteFile.ts';

export interface RowText {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** Of a row's text; a page shows its end, where the answer stands that is learned. */
const shownCharacters = 200;

const endOf = (text: string): string =>
  text.length > shownCharacters ? `…${text.slice(-shownCharacters)}` : text;

/** By row number, from 0. Rows that the file doesn't have are left out. Throws what opening and reading the file throw. */
export async function rowTexts(path: string, rows: readonly number[]): Promise<ReadonlyMap<number, RowText>> {
  const wanted = new Set(rows);
  const last = Math.max(-1, ...rows);
  const found = new Map<number, RowText>();
  const file = new ByteFile(path);
  try {
    let row = 0;
    for await (const batch of (await openContainer(file)).rows())
      for (const { value, line } of batch) {
        if (row > last) return found;
        if (wanted.has(row)) found.set(row, { line, text: endOf(JSON.stringify(value)) });
        row++;
      }
    return found;
  } finally {
    file.close();
  }
}

/** The file that a config's data path means. */
export const trainingFile = (path: string): string => locateData(path, 'train').file;
