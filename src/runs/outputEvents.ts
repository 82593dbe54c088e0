/** @file What a process printed, read back after it has ended: why it refused, and what a quick start proved. */

type Fields = Readonly<Record<string, unknown>>;

/** The line as an event, where it is one. */
function eventOf(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
}

const linesOf = (output: string): readonly string[] => output.split('\n').map((line) => line.trim());

export interface Refusal {
  readonly text: string;
  /** The first mistake's place, where the output names one; line and column count from 1. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
}

/** A line as compilers print it: `file:3:14: error: message [code]`. */
const mistakePattern = /^(?<file>.+):(?<line>\d+):(?<column>\d+): error: (?<message>.+?)(?: \[[\w-]+\])?$/;

/** The first mistake with its place, else the last failure, else the last words, else the exit code. */
export function refusalOf(output: string, code: number): Refusal {
  const lines = linesOf(output);
  const mistakes = lines
    .map((line) => mistakePattern.exec(line)?.groups)
    .filter((groups) => groups !== undefined);
  const [first] = mistakes;
  if (first !== undefined) {
    const { file = '', line = '1', column = '1', message = '' } = first;
    const name = file.split(/[/\\]/).at(-1) ?? file;
    const more = mistakes.length > 1 ? ` (and ${mistakes.length - 1} more)` : '';
    return {
      text: `${name}, line ${line}: ${message}${more}`,
      place: { file, line: Number(line), column: Number(column) },
    };
  }
  const message = lines.map(eventOf).findLast((event) => event?.['event'] === 'failed')?.['message'];
  const words = lines.findLast((line) => line !== '' && !line.startsWith('{'));
  return {
    text: typeof message === 'string' ? message : (words ?? `The run did not start (exit code ${code}).`),
  };
}

/** "96 % of 100 rows it has never seen ...", from the quick start's last event, where it got so far. */
export function comparisonText(output: string): string | undefined {
  const compared = linesOf(output)
    .map(eventOf)
    .findLast((event) => event?.['event'] === 'compared');
  const numberOf = (side: string, name: string): number | undefined => {
    const value = (compared?.[side] as Fields | undefined)?.[name];
    return typeof value === 'number' ? value : undefined;
  };
  const rows = numberOf('adapter', 'rows');
  const before = numberOf('base', 'exact');
  const after = numberOf('adapter', 'exact');
  if (rows === undefined || before === undefined || after === undefined) return undefined;
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  return `It answers ${percent(after)} of ${rows} rows that it has never seen exactly; the base alone ${percent(before)}.`;
}
