/** @file Words of files inside Markdown: shown as they are, never as markup. */

/** One line, in a fence that the text itself can't close; bars would end a table's cell. */
export function code(text: string): string {
  const line = text
    .replace(/\p{Cc}+/gu, ' ')
    .replaceAll('|', '¦')
    .slice(0, 200);
  const fence = '`'.repeat(Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return line === '' ? '' : `${fence} ${line} ${fence}`;
}

/** Notes quote values of the file: nothing in them is markup. */
export const plain = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/[\\`*_{}[\]()#+\-!|<>~]/g, '\\$&')
    .slice(0, 400);
