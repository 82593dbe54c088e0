/** @file What a row is about, on one line: what the person asked, or how the text begins. */
import { UserError } from '../contract/errors.ts';
import type { RowReaderOptions } from './rows.ts';
import { RowReader } from './rows.ts';
import { parseLine } from './rowPreview.ts';
import { contentTexts } from './turns.ts';

const longest = 200;
/** A longer row is not taken apart for a line in a list. */
const longestParsed = 1 << 18;

const oneLine = (text: string): string =>
  text
    .slice(0, 4 * longest)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, longest);

/** Of a row as JSON text. What can't be read is shown as it stands there. */
export function excerptOf(text: string, options: RowReaderOptions): string {
  if (text.length > longestParsed) return oneLine(text);
  try {
    const row = new RowReader(options).read(parseLine(text), '');
    switch (row.kind) {
      case 'chat': {
        const { messages } = row.conversation;
        const asked = messages.find(({ role }) => role === 'user') ?? messages[0];
        return oneLine(asked === undefined ? text : contentTexts(asked).join(' '));
      }
      case 'pair':
        return oneLine(row.prompt);
      case 'text':
      case 'classified':
        return oneLine(row.text);
      case 'tokens':
        return oneLine(row.ids.slice(0, 60).join(' '));
    }
  } catch (error) {
    if (error instanceof UserError) return oneLine(text);
    throw error;
  }
}
