/** @file `sweep FILE`: variants x seeds from a queue, some at a time, compared at the end. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fullCheck } from '../config/fullCheck.ts';
import { readConfigText } from '../config/read.ts';
import type { SweepRun } from '../contract/api/sweeps.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { hasErrors } from '../contract/diagnostic.ts';
import { exitCodes, UserError } from '../contract/errors.ts';
import { shellWord } from '../contract/format.ts';
import type { RunEvent } from '../contract/run.ts';
import { refuseIncomparable, runSweep } from '../pipelines/sweep.ts';
import { findSweep, SweepKeeper } from '../runs/sweep.ts';
import { shownPath } from './check.ts';
import { jsonOption, setOption } from './command.ts';
import type { Arguments, Command } from './command.ts';
import { compareFolders, groupLines } from './runsCompare.ts';
import { forkWorker } from './sweepWorkers.ts';
import { printable } from './terminal.ts';
import type { Io } from './terminal.ts';
import { checkedJob, resumedPlaces, stopOnInterrupt } from './train.ts';

const mostRuns = 1000;

const wrong = (message: string): UserError =>
  new UserError('bad-argument', message, { hint: 'See: adapter-workbench sweep --help' });

/** `3`: so many, counted from `first`; `0,1,2`: these; absent: `first` alone. Throws `bad-argument`. */
export function seedsOf(text: string | undefined, first: number): number[] {
  if (text === undefined) return [first];
  const numbers = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  if (numbers.length === 0 || numbers.some((seed) => !Number.isSafeInteger(seed) || seed < 0))
    throw wrong(
      `--seeds is a list of whole numbers, or how many there are; ${JSON.stringify(text)} is none.`,
    );
  const [count] = numbers;
  if (!text.includes(',')) return Array.from({ length: Math.min(count!, mostRuns + 1) }, (_, i) => first + i);
  return [...new Set(numbers)];
}

/** Names of variants, undefined for the file as it is, which "base" means unless a variant is named so. Throws `variant-unknown`. */
export function variantsOf(
  asked: readonly string[] | undefined,
  known: readonly string[],
): (string | undefined)[] {
  if (asked === undefined) return [undefined, ...known];
  return [...new Set(asked)].map((name) => {
    if (known.includes(name)) return name;
    if (name === 'base') return undefined;
    throw new UserError('variant-unknown', `There is no variant ${JSON.stringify(name)}.`, {
      hint: `The file has: ${['base', ...known].join(', ')}.`,
    });
  });
}

/** A whole number from 1 on. */
function parallelOf(args: Arguments): number | undefined {
  const parallel = args.number('parallel');
  if (parallel !== undefined && !(Number.isSafeInteger(parallel) && parallel >= 1 && parallel <= 64))
    throw wrong('--parallel is a whole number from 1 to 64.');
  return parallel;
}

interface Prepared {
  readonly keeper: SweepKeeper;
  readonly configs: readonly ResolvedConfig[];
}

/** The config of one run of a sweep, by the text that the sweep keeps. Throws `config-refused`. */
function configOf(keeper: SweepKeeper, text: string, { variant, seed }: SweepRun): ResolvedConfig {
  const { config: file, sets } = keeper.sweep;
  const view = { ...(variant === undefined ? {} : { variant }), sets: [...sets, `training.seed=${seed}`] };
  const { config, diagnostics } = fullCheck(text, file, view);
  if (config !== undefined && !hasErrors(diagnostics)) return config;
  const first = diagnostics.find(({ severity }) => severity === 'error');
  throw new UserError(
    'config-refused',
    `The sweep can't go on: ${first?.message ?? 'its config is refused.'}`,
    {
      place: { file: join(keeper.folder, 'config.jsonc') },
    },
  );
}

/** Checks everything before anything begins. */
function newSweep(args: Arguments, io: Io): Prepared {
  const [given] = args.positionals;
  if (given === undefined) throw wrong('sweep needs FILE, or --resume SWEEP.');
  const file = resolve(io.cwd, given);
  const configText = readConfigText(file);
  const sets = args.texts('set');
  const listed = args
    .text('variants')
    ?.split(',')
    .map((name) => name.trim());
  const named = args.texts('variant');
  const asked = listed === undefined && named.length === 0 ? undefined : [...(listed ?? []), ...named];
  const variants = variantsOf(asked, fullCheck(configText, file).variants);
  const plain = variants.map((variant) => checkedJob(file, variant, args, io));
  // each seed once for all variants before the next: a sweep that is stopped early still compares all of them
  const seeds = plain.map(({ config }) => seedsOf(args.text('seeds'), config.training.seed));
  const rounds = Math.max(...seeds.map(({ length }) => length));
  const runs = Array.from({ length: rounds }, (_, round) =>
    variants.map((variant, i) => ({
      run: { ...(variant === undefined ? {} : { variant }), seed: seeds[i]![round]! },
      config: plain[i]!.config,
    })),
  ).flat();
  if (runs.length === 0 || runs.length > mostRuns)
    throw wrong(`This would be ${runs.length} runs; a sweep has 1 to ${mostRuns}.`);
  const stopHopeless = args.flag('stop-hopeless');
  if (stopHopeless) refuseIncomparable(plain.map(({ config }) => config));
  const keeper = SweepKeeper.create({
    configFile: file,
    configText,
    sets,
    output: plain[0]!.config.output,
    parallel: parallelOf(args) ?? 1,
    stopHopeless,
    runs: runs.map(({ run }) => run),
  });
  const configs = runs.map(({ run, config }) => ({
    ...config,
    training: { ...config.training, seed: run.seed },
  }));
  return { keeper, configs };
}

function resumedSweep(name: string, args: Arguments, io: Io): Prepared {
  const { output, path } = resumedPlaces(name, args, io);
  const parallel = parallelOf(args);
  const keeper = SweepKeeper.reopen(findSweep(path, output), parallel === undefined ? {} : { parallel });
  try {
    const text = keeper.configText;
    return { keeper, configs: keeper.sweep.runs.map((run) => configOf(keeper, text, run)) };
  } catch (error) {
    keeper.close();
    throw error;
  }
}

const titleOf = ({ variant, seed }: SweepRun): string => `${variant ?? 'base'} · seed ${seed}`;

/** What is told of a run whose status has changed. */
function changeLine(index: number, total: number, run: SweepRun, cwd: string): string {
  const where = run.folder === undefined ? '' : `  ${shownPath(run.folder, cwd)}`;
  const why = run.message === undefined ? '' : `: ${run.message}`;
  return printable(`${index + 1}/${total}  ${titleOf(run)}  ${run.status}${why}${where}`);
}

async function run(args: Arguments, io: Io): Promise<number> {
  const resume = args.text('resume');
  const { keeper, configs } = resume === undefined ? newSweep(args, io) : resumedSweep(resume, args, io);
  const json = args.flag('json');
  const { signal, done } = stopOnInterrupt(io);
  const total = keeper.sweep.runs.length;
  const say = (event: Readonly<Record<string, unknown>>): void => {
    if (json) io.out(`${JSON.stringify(event)}\n`);
  };
  say({ event: 'sweep', sweep: keeper.sweep.id, folder: keeper.folder, runs: total });
  const told = new Map<number, string>();
  try {
    const exitCode = await runSweep({
      keeper,
      configs,
      signal,
      startWorker: () => forkWorker(),
      threads: availableParallelism(),
      onChange: (index, now) => {
        say({ event: 'sweep-run', index, ...now });
        if (json || told.get(index) === now.status) return;
        told.set(index, now.status);
        io.out(`${io.interactive ? '\r\u001b[K' : ''}${changeLine(index, total, now, io.cwd)}\n`);
      },
      onEvent: (index, event) => {
        if (io.interactive && !json) io.out(liveLine(index, total, event));
      },
    });
    const folders = keeper.sweep.runs.flatMap(({ folder }) => (folder === undefined ? [] : [folder]));
    const comparison = compareFolders(folders);
    say({ event: 'swept', sweep: keeper.sweep.id, exitCode, groups: comparison.groups });
    if (!json) {
      io.out(`\n${groupLines(comparison.groups, io.columns).join('\n')}\n`);
      const next =
        exitCode === exitCodes.done
          ? `runs compare ${folders.map((folder) => folder.slice(-6)).join(' ')}`
          : `sweep --resume ${shellWord(shownPath(keeper.folder, io.cwd))}`;
      io.out(printable(`next  adapter-workbench ${next}`) + '\n');
    }
    return exitCode;
  } finally {
    done();
    keeper.close();
  }
}

const liveLine = (index: number, total: number, event: RunEvent): string =>
  event.event === 'step' ? `\r\u001b[K${index + 1}/${total}  step ${event.step}  loss ${event.loss}` : '';

export const sweep: Command = {
  name: 'sweep',
  summary: 'Train variants with several seeds from a queue, and compare them.',
  usage:
    'FILE [--variants A,B] [--seeds LIST] [--parallel N] [--stop-hopeless] [--set PATH=VALUE ...] | --resume SWEEP [--json]',
  about:
    'Each run is an ordinary one. Runs of one process share base, data and compiled graphs. A run that fails does not end the others. Ctrl-C stops after the current steps, with checkpoints; --resume goes on with what is not done.\n--stop-hopeless ends a run whose best loss is above the median of at least three others (Golovin et al. 2017).',
  example: 'adapter-workbench sweep tickets.adapter.json --seeds 3 --parallel 2',
  options: {
    variants: {
      type: 'text',
      value: 'A,B',
      doc: 'These variants; "base" is the file as it is. All when left out.',
    },
    variant: {
      type: 'texts',
      value: 'NAME',
      doc: 'One variant, for a name with a comma; may be given several times.',
    },
    seeds: { type: 'text', value: 'LIST', doc: "0,1,2 or how many, counted from the config's own (1)." },
    parallel: { type: 'text', value: 'N', doc: 'Runs at the same time; they divide the cores (1).' },
    'stop-hopeless': { type: 'flag', doc: 'Give up runs that the others leave behind.' },
    set: setOption('all runs'),
    resume: { type: 'text', value: 'SWEEP', doc: 'Go on with this sweep, a path or an id.' },
    json: jsonOption,
  },
  positionals: [0, 1],
  run,
};
