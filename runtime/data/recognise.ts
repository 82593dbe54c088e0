/** @file Whether a file looks like a dataset, from its first rows. */
import { UserError } from '../contract/errors.ts';
import { openRowFile } from './rowFile.ts';
import { parseLine } from './rowPreview.ts';
import { RowReader } from './rows.ts';

/** Rows of any format look alike soon. */
const rowsRead = 3;

/** The name of its format, or null: a package.json is no dataset, and neither is a file that can't be read. */
export async function recogniseFile(path: string): Promise<string | null> {
  try {
    const file = await openRowFile(path);
    try {
      const reader = new RowReader({});
      for (const { text } of await file.rows(1, rowsRead)) reader.read(parseLine(text), '');
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
