/** @file The command line: finds the command, runs it, prints what went wrong, and says how it ended. */
import { didYouMean, nearestNames } from '../config/nearest.ts';
import { describeError, exitCodes, UserError } from '../contract/errors.ts';
import { version } from '../contract/version.ts';
import { readArguments } from './command.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp, configHelp, generalHelp } from './help.ts';
import { printableLines, styled } from './terminal.ts';
import type { Io } from './terminal.ts';

type Commands = Readonly<
  Record<
    string,
    { readonly summary: string; readonly internal?: true; readonly load: () => Promise<Command> }
  >
>;

/** Runs the words after the program's name. Returns the exit code; prints errors instead of throwing them. */
export async function commandLine(
  words: readonly string[],
  io: Io,
  known: Commands = commands,
): Promise<number> {
  const json = words.includes('--json');
  try {
    return await dispatch(words, io, known);
  } catch (error) {
    return report(error, io, json);
  }
}

async function dispatch(words: readonly string[], io: Io, known: Commands): Promise<number> {
  const [first, ...rest] = words;
  const show = (text: string): number => {
    io.out(text);
    return exitCodes.done;
  };
  if (first === '--version' || first === '-v' || first === 'version') return show(`${version}\n`);
  const [topic] = rest;
  if (first === 'help' && topic === 'config') return show(configHelp(io.columns));
  if (
    first === undefined ||
    first === '--help' ||
    first === '-h' ||
    (first === 'help' && topic === undefined)
  ) {
    show(generalHelp(known, io.columns));
    return first === undefined ? exitCodes.refused : exitCodes.done;
  }
  const name = first === 'help' ? topic! : first;
  if (!Object.hasOwn(known, name)) throw unknownCommand(name, known);
  const command = await known[name]!.load();
  if (first === 'help') return show(commandHelp(command, io.columns));
  const args = readArguments(command, rest);
  return args.flag('help') ? show(commandHelp(command, io.columns)) : command.run(args, io);
}

function unknownCommand(name: string, known: Commands): UserError {
  const near = nearestNames(name, Object.keys(known));
  return new UserError('unknown-command', `There is no command ${JSON.stringify(name)}.`, {
    hint: didYouMean(near) ?? `The commands are ${Object.keys(known).join(', ')}.`,
  });
}

/** An expected error is one message; any other is a mistake of ours, with its stack. */
function report(error: unknown, io: Io, json: boolean): number {
  const expected = error instanceof UserError;
  const message = printableLines(describeError(error));
  io.err(`${styled(io, 'red', expected ? 'error:' : 'internal error:')} ${message}\n`);
  if (!expected) io.err('This is a mistake of the program: please report it with this text.\n');
  if (json)
    io.out(`${JSON.stringify({ event: 'failed', message, ...(expected ? { code: error.code } : {}) })}\n`);
  return expected ? exitCodes.refused : exitCodes.failed;
}
