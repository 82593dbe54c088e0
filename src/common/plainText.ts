/** @file Text of files inside Markdown: as it is, never as a link, a command or markup. */

/** Escaped, on one line. */
export const plain = (text: string): string =>
  text.replace(/[\\`*_{}[\]()#+\-.!|<>~&$]/g, '\\$&').replace(/[\r\n\u2028\u2029]+/g, ' ');
