/** @file Small text files that are replaced whole. */
import { writeAtomically } from './byteFile.ts';

/** Writes UTF-8 through a temporary file beside it. Throws `disk-full` or `file-unwritable`. */
export function writeText(path: string, text: string): void {
  writeAtomically(path, (append) => {
    append(Buffer.from(text, 'utf8'));
  });
}
