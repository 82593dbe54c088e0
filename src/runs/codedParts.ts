/** @file Columns of steps from the text that the helper process sends them as. */
import { columnArrays } from '../../runtime/contract/steps.ts';
import type { CodedParts, FlatParts } from '../../runtime/contract/steps.ts';

export function flatParts({ parts, columns }: CodedParts): FlatParts {
  return {
    parts,
    columns: columns.map(({ array, base64 }) => {
      // a buffer of its own begins where any number may
      const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
      return new columnArrays[array](bytes.buffer);
    }),
  };
}
