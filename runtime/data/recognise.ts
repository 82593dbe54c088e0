/** @file Whether a file looks like a dataset, from its first rows. */
import { UserError } from '../contract/errors.ts';
import { ByteFile } from '../formats/byteFile.ts';
import { openRowFile } from './rowFile.ts';
import { parseLine } from './rowPreview.ts';
import { RowReader } from './rows.ts';

/** Rows of any format look alike soon. */
const rowsRead = 3;
/** Bytes of a file that are looked at: one that has no row by then is none. */
const bytesRead = 1 << 22;

/** A `.json` is a dataset only as a list of objects: others are settings, or anything. */
function startsAsList(path: string): boolean {
  const file = new ByteFile(path);
  try {
    const start = Buffer.from(file.read(new Uint8Array(Math.min(4096, file.size)), 0));
    return /^\uFEFF?\s*\[\s*\{/.test(start.toString('utf8'));
  } finally {
    file.close();
  }
}

/** The name of its format, or null: a package.json is no dataset, and neither is a file that can't be read. */
export async function recogniseFile(path: string): Promise<string | null> {
  try {
    if (/\.json$/i.test(path) && !startsAsList(path)) return null;
    const file = await openRowFile(path);
    try {
      const reader = new RowReader({});
      for (const { text } of await file.rows(1, rowsRead, bytesRead)) reader.read(parseLine(text), '');
      return reader.format ?? null;
    } finally {
      file.close();
    }
  } catch (error) {
    // Preferences are a format that is known, and refused.
    if (error instanceof UserError) return error.code === 'preference-data' ? 'preference' : null;
    throw error;
  }
}
