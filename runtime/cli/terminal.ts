/** @file Text for a terminal: width as shown, nothing that steers it, colours only where they are wanted. */

/** What a command may do with the outside; tests give their own. */
export interface Io {
  /** Standard output and error: text as it is, newlines included. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Standard output is a terminal that understands cursor movement. */
  readonly interactive: boolean;
  readonly color: boolean;
  readonly columns: number;
  /** Seconds, for what is redrawn only so often. */
  readonly now: () => number;
  /** Ctrl-C or a request to end; the result stops listening. */
  readonly onInterrupt: (handler: () => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  readonly cwd: string;
}

/** The process's own. Colours follow no-color.org. */
export function processIo(): Io {
  const { stdout, stderr, env } = process;
  const interactive = stdout.isTTY && env['TERM'] !== 'dumb';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive,
    color: interactive && (env['NO_COLOR'] ?? '') === '',
    // some terminals say 0
    columns: stdout.isTTY && stdout.columns > 0 ? stdout.columns : 80,
    now: () => performance.now() / 1000,
    onInterrupt: (handler) => {
      process.on('SIGINT', handler);
      process.on('SIGTERM', handler);
      return () => {
        process.off('SIGINT', handler);
        process.off('SIGTERM', handler);
      };
    },
    exit: (code) => process.exit(code),
    cwd: process.cwd(),
  };
}

const codes = { red: 31, green: 32, yellow: 33, blue: 34, dim: 2, bold: 1 } as const;
export type Style = keyof typeof codes;

/** The text in a colour, or as it is. */
export const styled = (io: Pick<Io, 'color'>, style: Style, text: string): string =>
  io.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;

/** Control characters, and those that turn the direction of text: names and rows come from files of others. */
const steering = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

/** One line of harmless text: line breaks become spaces, what steers a terminal becomes a question mark in a box. */
export const printable = (text: string): string =>
  text.replace(/\s*[\r\n]\s*|\t/g, ' ').replace(steering, '\ufffd');

/** The same for text of several lines. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** East Asian wide and fullwidth characters, and pictures (Unicode UAX #11, the blocks in use). */
const wide =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const narrowPictures = /^[©®‼⁉™ℹ↔-↪#*0-9]$/u;

const widthOf = (grapheme: string): number => (wide.test(grapheme) && !narrowPictures.test(grapheme) ? 2 : 1);

/** Columns that a text takes. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment);
  return width;
}

/** The beginning of a text that fits, with an ellipsis where something is left out. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  return columns <= 0 ? '' : `${beginning(text, columns - 1)}…`;
}

/** As much of a text as fits. */
function beginning(text: string, columns: number): string {
  let [kept, width] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    width += widthOf(segment);
    if (width > columns) break;
    kept += segment;
  }
  return kept;
}

/** Lines of at most `columns`, broken at spaces, inside a word only where it alone is too long. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (displayWidth(line) > columns) {
      const part = beginning(line, columns);
      if (part === '') break;
      lines.push(part);
      line = line.slice(part.length);
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}
