/** @file One config with a mistake: its text with «marks» around the place where its diagnostic belongs. */

export interface BrokenConfig {
  readonly code: string;
  /** « and » enclose the diagnostic's range. */
  readonly marked: string;
  /** For the command line alone. */
  readonly sets?: readonly string[];
  readonly variant?: string;
}

/** The text without its marks, and the range that they enclosed. */
export function unmarked({ marked }: BrokenConfig): { text: string; offset: number; length: number } {
  const offset = marked.indexOf('«');
  const length = marked.indexOf('»') - offset - 1;
  return { text: marked.replace('«', '').replace('»', ''), offset, length };
}

/** A good config with these keys beside its base and data. */
export const withKeys = (keys: string): string =>
  `{\n  "base": "base",\n  "data": { "train": "train.jsonl" },\n  ${keys}\n}`;

/** A good config with this in its data. */
export const withData = (data: string, more = ''): string =>
  `{\n  "base": "base",\n  "data": { ${data} }${more === '' ? '' : `,\n  ${more}`}\n}`;
