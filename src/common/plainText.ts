/** @file Text from files and folders, made harmless for the place where it is shown: one line, no markup, no link, no icon. */

/** Longer texts say no more in a list. In UTF-16 units. */
const longestShown = 300;

/**
 * Control characters, and those that turn the direction of what follows (UAX #9): they make a name look like another one.
 * Half of a pair of surrogates is no character.
 */
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** One line that shows what it is: control characters become blanks, long text is cut. Cost grows with what is shown. */
export function oneLine(text: string, longest = longestShown): string {
  // cut first, with room for what is taken out: a text may have ten million characters
  const cut = text.length > 2 * longest ? text.slice(0, 2 * longest) : text;
  const line = cut.replace(unprintable, ' ').trim();
  return line.length > longest || cut.length < text.length ? `${line.slice(0, longest)}…` : line;
}

/** For Markdown: the text as it is, never a link, an image, HTML, a table's cell or a command. */
export const markdownText = (text: string): string =>
  oneLine(text).replace(/[\\`*_{}[\]()#+\-.!|<>~&$:@]/g, '\\$&');

/** For notifications, which make links of `[words](target)`, also of commands. */
export const notificationText = (text: string): string => oneLine(text, 1000).replaceAll('](', '] (');

/** For the status bar and lists of choices, which make icons of `$(name)`. */
export const withoutIcons = (text: string): string => oneLine(text).replaceAll('$(', '$ (');
