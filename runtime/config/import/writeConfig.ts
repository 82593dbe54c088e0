/** @file Values by dotted path -> the text of a config: our keys' order, a comment above what was changed on the way. */
import { methodKeys, options } from '../options.ts';
import type { Keys } from '../../contract/optionSpec.ts';

export interface Entry {
  readonly value: unknown;
  readonly note?: string | undefined;
}

/** One line of a comment: nothing that ends it. */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 400);

const json = (value: unknown): string =>
  JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ').replace(/^\[ /, '[').replace(/ \]$/, ']');

/** `heading` are lines of comment at the top. */
export function writeConfig(entries: ReadonlyMap<string, Entry>, heading: readonly string[]): string {
  const keys: Keys = { ...options, method: { ...options.method, keys: methodKeys(undefined) } };
  const sections = Object.entries(keys).flatMap(([name, spec]): (readonly string[])[] => {
    if (spec.type !== 'section') return entries.has(name) ? [lines('  ', name, entries.get(name)!)] : [];
    const inner = Object.keys(spec.keys).flatMap((key): (readonly string[])[] => {
      const entry = entries.get(`${name}.${key}`);
      return entry === undefined ? [] : [lines('    ', key, entry)];
    });
    return inner.length === 0 ? [] : [[`  "${name}": {`, ...joined(inner), '  }']];
  });
  const comments = heading.map((line) => `// ${oneLine(line)}`);
  return `${[...comments, '{', ...joined(sections), '}'].join('\n')}\n`;
}

const lines = (indent: string, name: string, { value, note }: Entry): readonly string[] => [
  ...(note === undefined ? [] : [`${indent}// ${oneLine(note)}`]),
  `${indent}${JSON.stringify(name)}: ${json(value)}`,
];

/** Blocks of lines with commas between them. */
const joined = (blocks: readonly (readonly string[])[]): string[] =>
  blocks.flatMap((block, i) =>
    i === blocks.length - 1 ? block : [...block.slice(0, -1), `${block.at(-1)!},`],
  );
