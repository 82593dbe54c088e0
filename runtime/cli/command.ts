/** @file What a command is, and how its arguments are read: every wrong one is named, with what may have been meant. */
import { parseArgs } from 'node:util';
import { didYouMean, nearestNames } from '../config/nearest.ts';
import { UserError } from '../contract/errors.ts';
import type { Io } from './terminal.ts';

export interface CliOption {
  /** A `flag` takes no value; `texts` may come more than once. */
  readonly type: 'flag' | 'text' | 'texts';
  /** Name of the value in the help, e.g. "FILE". */
  readonly value?: string;
  readonly short?: string;
  readonly doc: string;
}

export interface Arguments {
  /** In the order given. */
  readonly positionals: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  /** A number given as text. Throws `bad-argument`. */
  readonly number: (name: string) => number | undefined;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name, e.g. "FILE [--json]". */
  readonly usage: string;
  /** A few lines more, where the options don't say it all. */
  readonly about?: string;
  /** One real call, the program's name included. */
  readonly example: string;
  readonly options: Readonly<Record<string, CliOption>>;
  /** How many words may follow that are no options. */
  readonly positionals: readonly [least: number, most: number];
  /** Returns the exit code. A `UserError` means that nothing was begun (exit code 2). */
  readonly run: (args: Arguments, io: Io) => Promise<number> | number;
}

/** Every command has it. */
export const helpOption: CliOption = { type: 'flag', short: 'h', doc: 'Show this help.' };

/** `--json` as most commands have it. */
export const jsonOption: CliOption = {
  type: 'flag',
  doc: 'Print one JSON object a line on standard output.',
};

/** `--set` of the commands that read a config; `what` it changes. */
export const setOption = (what: string): CliOption => ({
  type: 'texts',
  value: 'PATH=VALUE',
  doc: `Change a key for ${what}; may be given several times.`,
});

const wrong = (message: string, command: Command, hint?: string): UserError =>
  new UserError('bad-argument', message, {
    hint: hint ?? `See: adapter-workbench ${command.name} --help`,
  });

/** Reads a command's arguments. Throws `bad-argument`. */
export function readArguments(command: Command, words: readonly string[]): Arguments {
  const options = { ...command.options, help: helpOption };
  const { values, positionals } = parse(command, options, words);
  const [least, most] = command.positionals;
  if (values['help'] !== true && (positionals.length < least || positionals.length > most)) {
    const extra = positionals[most];
    throw wrong(
      extra === undefined
        ? `${command.name} needs ${command.usage.split(' ')[0]!}.`
        : `${JSON.stringify(extra)} is one argument too many.`,
      command,
      `Usage: adapter-workbench ${command.name} ${command.usage}`,
    );
  }
  const text = (name: string): string | undefined => values[name] as string | undefined;
  return {
    positionals,
    flag: (name) => values[name] === true,
    text,
    texts: (name) => (values[name] as string[] | undefined) ?? [],
    number: (name) => {
      const given = text(name);
      if (given === undefined) return undefined;
      const number = Number(given);
      if (given.trim() !== '' && Number.isFinite(number)) return number;
      throw wrong(`--${name} is a number; ${JSON.stringify(given)} is none.`, command);
    },
  };
}

type Values = Readonly<Record<string, unknown>>;

function parse(
  command: Command,
  options: Readonly<Record<string, CliOption>>,
  words: readonly string[],
): { values: Values; positionals: string[] } {
  const known = Object.entries(options).map(([name, { type, short }]) => {
    const kind = type === 'flag' ? ('boolean' as const) : ('string' as const);
    return [
      name,
      { type: kind, multiple: type === 'texts', ...(short === undefined ? {} : { short }) },
    ] as const;
  });
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: Object.fromEntries(known),
      allowPositionals: true,
      strict: true,
    });
    return { values, positionals };
  } catch (error) {
    throw explain(error, command, options);
  }
}

function explain(error: unknown, command: Command, options: Readonly<Record<string, CliOption>>): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const name = /'(-{1,2}[^'\s=]*)/.exec(message)?.[1] ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearestNames(name, Object.keys(options)).map((option) => `--${option}`);
    return wrong(`${command.name} has no option ${name}.`, command, didYouMean(near));
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE')
    return wrong(
      message.includes('does not take') ? `${name} takes no value.` : `${name} needs a value.`,
      command,
    );
  return error;
}
