/** @file `runs [RUN]`: the runs of a folder as a table, or one with everything that its record says. */
import { join, resolve } from 'node:path';
import type { RunSummary } from '../contract/api/runs.ts';
import { exitCodes, UserError } from '../contract/errors.ts';
import { formatBytes, formatCount, formatDuration, formatNumber, shellWord } from '../contract/format.ts';
import type { RunEvent, RunRecord, SampleAnswer, Samples } from '../contract/run.ts';
import { readAnswers } from '../runs/answers.ts';
import { findingsOf } from '../runs/diagnosed.ts';
import { listCheckpoints } from '../runs/checkpoint.ts';
import { findRun, listRuns, readEvents, readSummary } from '../runs/read.ts';
import { shownPath } from './check.ts';
import { jsonOption } from './command.ts';
import type { Arguments, Command } from './command.ts';
import { renderFacts, renderTable } from './table.ts';
import type { Column } from './table.ts';
import { printable } from './terminal.ts';
import type { Io } from './terminal.ts';
import { compareNamed } from './runsCompare.ts';

/** `2026-03-01 10:00` in this machine's time zone. */
export function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '?';
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** `tickets · rank 64`. */
export const runName = ({ name, variant }: { name: string; variant?: string }): string =>
  variant === undefined ? name : `${name} · ${variant}`;

const columns: readonly Column[] = [
  { title: 'Run', overflow: 'keep' },
  { title: 'Name' },
  { title: 'State' },
  { title: 'Step', align: 'right', overflow: 'keep' },
  { title: 'Loss', align: 'right', overflow: 'keep' },
  { title: 'Started', overflow: 'keep' },
];

/** One row of the list. The last six characters of an id are enough to name a run. */
function rowOf({ record, progress }: RunSummary): string[] {
  const loss = progress?.loss ?? record.loss;
  const left = progress?.secondsLeft;
  return [
    record.id.slice(-6),
    runName(record),
    `${record.status}${left === undefined ? '' : `, ${formatDuration(left)} left`}`,
    `${progress?.step ?? record.step}/${record.steps}`,
    loss === undefined ? '' : formatNumber(loss),
    localTime(record.created),
  ];
}

/** The list as lines. */
export const listLines = (summaries: readonly RunSummary[], width: number): string[] =>
  renderTable(columns, summaries.map(rowOf), width);

type Fact = readonly [name: string, value: string];

/** What the events say of loss and speed. */
function measuredFacts(events: readonly RunEvent[]): Fact[] {
  const evaluations = events.filter((event) => event.event === 'evaluation');
  const last = evaluations.at(-1);
  const best = evaluations.findLast((evaluation) => evaluation.best);
  const steps = events.filter((event) => event.event === 'step');
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  return [
    ...(last ? [['validation', formatNumber(last.loss)] as const] : []),
    ...(best ? [['best', `${formatNumber(best.loss)} at step ${best.step}`] as const] : []),
    ...(seconds > 0
      ? [['speed', `${formatCount(tokens / seconds)} tok/s, ${formatDuration(seconds)} in steps`] as const]
      : []),
  ];
}

function stateWords({ record, pid }: RunSummary): string {
  const process = pid === undefined ? '' : ` (process ${pid})`;
  return `${record.status}${process}${record.message === undefined ? '' : `: ${record.message}`}`;
}

function memoryWords({ peakBytes, estimatedBytes }: RunRecord): string | undefined {
  const estimated = estimatedBytes === undefined ? undefined : `estimated ${formatBytes(estimatedBytes)}`;
  if (peakBytes === undefined) return estimated;
  return `${formatBytes(peakBytes)}${estimated === undefined ? '' : ` (${estimated})`}`;
}

function commitWords({ git }: RunRecord): string | undefined {
  if (git === undefined) return undefined;
  const branch = git.branch === '' ? '' : ` on ${git.branch}`;
  return `${git.commit.slice(0, 12)}${branch}${git.dirty ? ', with changes' : ''}`;
}

/** What a run's record and its events say, in the order in which a person asks. */
export function runFacts(
  summary: RunSummary,
  events: readonly RunEvent[],
  checkpoints: readonly number[],
): Fact[] {
  const { record, folder } = summary;
  const { trainable, loss } = record;
  const facts: (readonly [name: string, value: string | undefined])[] = [
    ['run', record.id],
    ['name', runName(record)],
    ['state', stateWords(summary)],
    ['started', localTime(record.created)],
    ['step', `${record.step} of ${record.steps}`],
    ['loss', loss === undefined ? undefined : formatNumber(loss)],
    ...measuredFacts(events),
    ['device', record.device],
    ['trained', trainable === undefined ? undefined : `${formatCount(trainable)} parameters`],
    ['memory', memoryWords(record)],
    ['seed', String(record.seed)],
    ['config', record.config],
    ['commit', commitWords(record)],
    ...Object.entries(record.hashes).map(([role, hash]): Fact => [role, `sha256 ${hash}`]),
    [
      'versions',
      Object.entries(record.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['checkpoints', checkpoints.length === 0 ? undefined : `at steps ${checkpoints.join(', ')}`],
    ['folder', folder],
    ['adapter', record.adapter],
  ];
  return facts.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as const],
  );
}

const sampleColumns: readonly Column[] = [
  { title: 'Row', align: 'right', overflow: 'keep' },
  { title: 'Wanted', overflow: 'wrap' },
  { title: 'Base', overflow: 'wrap' },
  { title: 'Adapter', overflow: 'wrap' },
];

/** A terminal shows the first ones; the file has all. */
const mostSamples = 4;

/** The newest answers to the first held-out rows beside what was wanted. */
function sampleLines({ questions, base, given }: Samples, width: number): string[] {
  const last = given.at(-1);
  const asWanted = (answers: readonly SampleAnswer[]): number =>
    questions.filter(({ wanted }, i) => answers[i]?.text === wanted).length;
  const rows = questions
    .slice(0, mostSamples)
    .map(({ row, wanted }, i) =>
      [String(row + 1), wanted, base[i]?.text ?? '', last?.answers[i]?.text ?? ''].map(printable),
    );
  const found = last && `, ${asWanted(last.answers)} by the adapter of step ${last.step}`;
  return [
    '',
    `Samples: of ${questions.length} held-out rows ${asWanted(base)} as wanted by the base${found ?? ''}`,
    ...renderTable(sampleColumns, rows, width),
  ];
}

/** Runs in one call. */
const mostCompared = 200;

/** States from which a run can go on. */
const resumable = new Set(['stopped', 'interrupted', 'failed']);

function showOne(name: string, output: string, args: Arguments, io: Io): number {
  const folder = findRun(name, output);
  const summary = readSummary(folder)!;
  const events = readEvents(folder);
  const { whole, skipped } = listCheckpoints(folder);
  const steps = whole.map(({ step }) => step);
  const findings = findingsOf(summary.record, events);
  const samples = readAnswers(folder);
  if (args.flag('json')) {
    const all = { event: 'run', ...summary, checkpoints: steps, findings, ...(samples && { samples }) };
    io.out(`${JSON.stringify(all)}\n`);
    return exitCodes.done;
  }
  for (const line of renderFacts(runFacts(summary, events, steps), io.columns)) io.out(`${line}\n`);
  for (const { name: checkpoint, reason } of skipped)
    io.out(printable(`${checkpoint} is not used: ${reason}`) + '\n');
  for (const { title, evidence, hint } of findings)
    io.out(`\n${printable(`${title}. ${evidence}`)}\n${printable(hint)}\n`);
  if (samples) io.out(`${sampleLines(samples, io.columns).join('\n')}\n`);
  if (resumable.has(summary.record.status))
    io.out(
      `\nGo on with: adapter-workbench train --resume ${shellWord(printable(shownPath(folder, io.cwd)))}\n`,
    );
  return exitCodes.done;
}

function showAll(output: string, args: Arguments, io: Io): number {
  const summaries = listRuns(output);
  if (args.flag('json'))
    for (const summary of summaries) io.out(`${JSON.stringify({ event: 'run', ...summary })}\n`);
  else if (summaries.length === 0) io.out(`No runs in ${printable(output)}.\n`);
  else io.out(`${listLines(summaries, io.columns).join('\n')}\n`);
  return exitCodes.done;
}

export const runs: Command = {
  name: 'runs',
  summary: 'List the runs of a folder, show one, or compare some.',
  usage: '[RUN | compare RUN RUN ...] [--folder DIR] [--json]',
  about:
    'RUN is a path, an id, or a part of an id that no other run has. Comparing groups runs that differ in their seed alone.',
  example: 'adapter-workbench runs a1b2c3',
  options: {
    folder: { type: 'text', value: 'DIR', doc: 'Where the runs are; "runs" here when left out.' },
    json: jsonOption,
  },
  positionals: [0, mostCompared],
  run: (args, io) => {
    const output = resolve(io.cwd, args.text('folder') ?? join('.', 'runs'));
    const [name, ...others] = args.positionals;
    if (name === 'compare' && others.length > 0) return compareNamed(others, output, args.flag('json'), io);
    if (others.length > 0)
      throw new UserError('bad-argument', `${JSON.stringify(others[0])} is one argument too many.`, {
        hint: 'To see several runs side by side: adapter-workbench runs compare RUN RUN ...',
      });
    return name === undefined ? showAll(output, args, io) : showOne(name, output, args, io);
  },
};
