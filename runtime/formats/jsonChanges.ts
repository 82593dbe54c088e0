/** @file Changes a few keys of a JSON file's text and leaves the rest as it is written: 1.0 stays a number with a point. */
import { applyEdits, modify } from 'jsonc-parser';

const formattingOptions = { insertSpaces: true, tabSize: 2, eol: '\n' };

/** The text of a JSON object with these keys at its top level set. */
export const withKeys = (text: string, changes: Readonly<Record<string, unknown>>): string =>
  Object.entries(changes).reduce(
    (changed, [key, value]) => applyEdits(changed, modify(changed, [key], value, { formattingOptions })),
    text,
  );
