/** @file Text of files as it is, also where it would vanish, ring a bell, or turn the direction of what follows. */

/** Control characters as their pictures (U+2400 and on), directions and invisible marks as their codes; line breaks and tabs stay. */
export const visibleText = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => {
      return `\u27e8U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
    });
