/** @file `train FILE`: checks the config, trains, and shows how it goes. Ctrl-C stops after the step, a second one at once. */
import { isAbsolute, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fullCheck } from '../config/fullCheck.ts';
import { readConfigText } from '../config/read.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { hasErrors } from '../contract/diagnostic.ts';
import { exitCodes, UserError } from '../contract/errors.ts';
import { shellWord } from '../contract/format.ts';
import { configStem } from '../runs/names.ts';
import { findRun, readRecord, readRecordedText, readResolvedConfig } from '../runs/read.ts';
import { countWords, diagnosticLine, shownPath } from './check.ts';
import { jsonOption, setOption } from './command.ts';
import type { Arguments, Command } from './command.ts';
import { comparisonLines } from './comparison.ts';
import type { Outcome } from './comparison.ts';
import { followRun } from './follow.ts';
import { printable } from './terminal.ts';
import type { Io } from './terminal.ts';

/** One run that is to be made or continued. */
export interface Job {
  readonly config: ResolvedConfig;
  /** As it was read; a run that is continued has its own. */
  readonly configText: string;
  readonly configFile: string;
  readonly variant?: string;
  readonly resume?: string;
}

/** The config of one view of a file. Prints its warnings; throws `config-refused` after printing its errors. */
export function checkedJob(file: string, variant: string | undefined, args: Arguments, io: Io): Job {
  const configText = readConfigText(file);
  const view = { ...(variant === undefined ? {} : { variant }), sets: args.texts('set') };
  const { config, diagnostics } = fullCheck(configText, file, view);
  const shown = shownPath(file, io.cwd);
  for (const diagnostic of diagnostics) io.err(`${diagnosticLine(diagnostic, shown, io)}\n`);
  if (config === undefined || hasErrors(diagnostics)) {
    const first = diagnostics.find(({ severity }) => severity === 'error');
    const named = variant === undefined ? '' : ` in variant ${JSON.stringify(variant)}`;
    throw new UserError(
      'config-refused',
      `${shown} has ${countWords(diagnostics)}${named}: ${first?.message ?? ''}`,
    );
  }
  return { config, configText, configFile: file, ...(variant === undefined ? {} : { variant }) };
}

/** The variants that the file names, with none of them first. */
function allVariants(file: string): (string | undefined)[] {
  return [undefined, ...fullCheck(readConfigText(file), file).variants];
}

/** Keys in which two configs differ, as dotted paths. */
export function differingKeys(a: unknown, b: unknown, path = ''): string[] {
  if (isDeepStrictEqual(a, b)) return [];
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(a) || !isObject(b)) return [path];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differingKeys(a[key], b[key], path === '' ? key : `${path}.${key}`),
  );
}

/** Where `--resume` looks: in the output of the config that FILE names, else in `runs` here; a name without slashes stays a name. */
export function resumedPlaces(
  name: string,
  args: Arguments,
  io: Io,
): { readonly file: string | undefined; readonly output: string; readonly path: string } {
  const [given] = args.positionals;
  const file = given === undefined ? undefined : resolve(io.cwd, given);
  const usual = join(io.cwd, 'runs');
  const output = file === undefined ? usual : (fullCheck(readConfigText(file), file).config?.output ?? usual);
  return { file, output, path: isAbsolute(name) || !/[/\\]/.test(name) ? name : resolve(io.cwd, name) };
}

/** The run that `--resume` names, with its own config; a FILE beside it has to mean the same. */
function resumedJob(name: string, args: Arguments, io: Io): Job {
  const { file, output, path } = resumedPlaces(name, args, io);
  const folder = findRun(path, output);
  const record = readRecord(folder)!;
  const config = readResolvedConfig(folder);
  const variant = args.text('variant') ?? record.variant;
  if (file !== undefined || args.texts('set').length > 0) {
    const wanted = checkedJob(file ?? record.config, variant, args, io).config;
    const keys = differingKeys(config, JSON.parse(JSON.stringify(wanted)));
    if (keys.length > 0)
      throw new UserError(
        'resume-differs',
        `The run was started with another config: ${keys.join(', ')} ${keys.length === 1 ? 'differs' : 'differ'}.`,
        {
          hint: 'Leave FILE and --set out to go on with its own config, or start a new run.',
        },
      );
  }
  return {
    config,
    configText: '',
    configFile: record.config,
    ...(record.variant === undefined ? {} : { variant: record.variant }),
    resume: folder,
  };
}

/** A new run with another's recorded config, seed and variant; its config file may have changed since. */
function reproducedJob(name: string, io: Io): Job {
  const folder = findRun(
    isAbsolute(name) || !/[/\\]/.test(name) ? name : resolve(io.cwd, name),
    join(io.cwd, 'runs'),
  );
  // findRun names folders with a record only
  const { config: configFile, variant } = readRecord(folder)!;
  return {
    config: readResolvedConfig(folder),
    configText: readRecordedText(folder),
    configFile,
    ...(variant === undefined ? {} : { variant }),
  };
}

function jobsOf(args: Arguments, io: Io): Job[] {
  const resume = args.text('resume');
  const variant = args.text('variant');
  const all = args.flag('all-variants');
  const refuse = (message: string): UserError =>
    new UserError('bad-argument', message, { hint: 'See: adapter-workbench train --help' });
  if (all && (variant !== undefined || resume !== undefined))
    throw refuse(`--all-variants stands alone, without --${variant === undefined ? 'resume' : 'variant'}.`);
  if (resume !== undefined) return [resumedJob(resume, args, io)];
  const [given] = args.positionals;
  const reproduced = args.text('reproduce');
  if (reproduced !== undefined) {
    if (given !== undefined || variant !== undefined || all || args.texts('set').length > 0)
      throw refuse('--reproduce stands alone: the run has its own config.');
    return [reproducedJob(reproduced, io)];
  }
  if (given === undefined) throw refuse('train needs FILE, or --resume RUN.');
  const file = resolve(io.cwd, given);
  const variants = all ? allVariants(file) : [variant];
  // all are checked before the first one begins
  return variants.map((name) => checkedJob(file, name, args, io));
}

/** The first request stops after the step, the second ends the process. */
export function stopOnInterrupt(io: Io): { signal: AbortSignal; done: () => void } {
  const abort = new AbortController();
  const done = io.onInterrupt(() => {
    if (abort.signal.aborted) {
      io.exit(exitCodes.stopped);
      return;
    }
    abort.abort();
    io.err('\nStopping after this step, with a checkpoint. Ctrl-C again ends at once.\n');
  });
  return { signal: abort.signal, done };
}

async function run(args: Arguments, io: Io): Promise<number> {
  const jobs = jobsOf(args, io);
  const json = args.flag('json');
  const { signal, done } = stopOnInterrupt(io);
  const outcomes: Outcome[] = [];
  let exitCode: number = exitCodes.done;
  try {
    const { finetune } = await import('../pipelines/finetune.ts');
    for (const job of jobs) {
      const name = configStem(job.configFile);
      const title = `${name} · ${job.variant ?? 'base'}`;
      const steps = job.resume === undefined ? 0 : (readRecord(job.resume)?.steps ?? 0);
      const follower = followRun({ title, base: job.config.base, steps, json }, io);
      try {
        const result = await finetune({ ...job, signal, onEvent: follower.event });
        exitCode = Math.max(exitCode, result.exitCode);
        if (!json && result.exitCode === exitCodes.failed)
          io.out(
            `next      adapter-workbench train --resume ${shellWord(printable(shownPath(result.folder, io.cwd)))}\n`,
          );
      } finally {
        follower.end();
      }
      outcomes.push({ variant: job.variant ?? 'base', progress: follower.progress() });
      if (signal.aborted) break;
    }
  } finally {
    done();
  }
  if (!json && jobs.length > 1) io.out(`\n${comparisonLines(outcomes, io.columns).join('\n')}\n`);
  return exitCode;
}

export const train: Command = {
  name: 'train',
  summary: 'Train an adapter, or go on with a run that ended early.',
  usage:
    'FILE [--variant NAME | --all-variants] [--set PATH=VALUE ...] [--resume RUN | --reproduce RUN] [--json]',
  about:
    'Ctrl-C stops after the current step and writes a checkpoint; a second Ctrl-C ends at once.\nThe keys of FILE: adapter-workbench help config',
  example: 'adapter-workbench train tickets.adapter.json --set training.learningRate=1e-4',
  options: {
    variant: { type: 'text', value: 'NAME', doc: 'Train this variant of the file.' },
    'all-variants': { type: 'flag', doc: 'Train the file as it is, then each variant, and compare them.' },
    set: setOption('this run'),
    resume: { type: 'text', value: 'RUN', doc: 'Go on with this run in its folder; FILE may be left out.' },
    reproduce: { type: 'text', value: 'RUN', doc: "Train anew with this run's recorded config and seed." },
    json: jsonOption,
  },
  positionals: [0, 1],
  run,
};
