/** @file Reads runs: one, its events, its rows, or all of a folder. What a killed writer left is read as far as it is true. */
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import type { RunSummary } from '../contract/api/runs.ts';
import type { RunEvent, RunRecord, RunStatus, SamplesLine, StepEvent } from '../contract/run.ts';
import { writeText } from '../formats/textFile.ts';
import { parseEvent, parseSamples, withoutSuperseded } from './events.ts';
import { readLines } from './lines.ts';
import { lockHolder } from './lock.ts';
import { runFiles } from './names.ts';

/** A record holds a few thousand bytes. */
const largestRecord = 1 << 20;
/** The end of metrics.jsonl or samples.jsonl that is looked at for the last steps. */
const tailBytes = 1 << 14;
/** Steps whose time is taken for the time that is left. */
const timedSteps = 10;

const statuses: Readonly<Record<RunStatus, true>> = {
  waiting: true,
  running: true,
  stopped: true,
  failed: true,
  done: true,
  interrupted: true,
};

/** run.json as it stands, undefined where there is none or it is none of ours. */
export function readRecord(folder: string): RunRecord | undefined {
  const path = join(folder, runFiles.record);
  try {
    if (statSync(path).size > largestRecord) return undefined;
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Record<keyof RunRecord, unknown>> | null;
    if (typeof value !== 'object' || value === null) return undefined;
    const texts = [value.id, value.name, value.created, value.updated, value.status];
    const counts = [value.step, value.steps];
    const fits =
      texts.every((text) => typeof text === 'string') &&
      counts.every((count) => typeof count === 'number') &&
      Object.hasOwn(statuses, value.status as string);
    return fits ? (value as unknown as RunRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** A name is a line that a person typed. In bytes. */
const longestLabel = 1000;

/** The name that a person gave the run, undefined where they gave none. */
export function readLabel(folder: string): string | undefined {
  const path = join(folder, runFiles.label);
  try {
    // most runs have none: no exception for the usual case
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined || size > longestLabel) return undefined;
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Names the run; an empty name takes its name away. Throws `disk-full`, `file-unwritable` and `bad-name`. */
export function writeLabel(folder: string, label: string): void {
  const path = join(folder, runFiles.label);
  const name = label.trim();
  if (/\p{Cc}/u.test(name) || Buffer.byteLength(name) > longestLabel)
    throw new UserError('bad-name', 'A name is one line of at most 1,000 bytes.');
  if (name === '') rmSync(path, { force: true });
  else writeText(path, `${name}\n`);
}

/** The config that a run goes on with. Throws `run-damaged` where it is none. */
export function readResolvedConfig(folder: string): ResolvedConfig {
  const path = join(folder, runFiles.resolvedConfig);
  const damaged = (cause?: unknown): UserError =>
    new UserError('run-damaged', "holds no readable config, so the run can't go on.", {
      place: { file: path },
      cause,
    });
  let value: Partial<Record<keyof ResolvedConfig, unknown>> | null;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as typeof value;
  } catch (cause) {
    throw damaged(cause);
  }
  const texts = [value?.base, value?.output, value?.device, value?.memory];
  const sections = [value?.data, value?.method, value?.training];
  const fits =
    texts.every((text) => typeof text === 'string') &&
    sections.every((section) => typeof section === 'object' && section !== null);
  if (!fits) throw damaged();
  // a run of a version that knew no samples can go on
  return { ...value, training: { samples: 0, ...(value!.training as object) } } as ResolvedConfig;
}

/** The config's text as the run began with it, comments and all; empty where it is gone or no text of ours. */
export function readRecordedText(folder: string): string {
  const path = join(folder, runFiles.configText);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? Infinity;
  return size > largestRecord ? '' : readFileSync(path, 'utf8');
}

/** Events of metrics.jsonl in the file's order; lines that are none are left out. */
export function* readEventLines(path: string): Generator<RunEvent> {
  for (const line of readLines(path)) {
    const event = parseEvent(line);
    if (event !== undefined) yield event;
  }
}

/** All events of a run that still hold: those that a resume superseded are left out. */
export const readEvents = (folder: string): RunEvent[] =>
  withoutSuperseded(readEventLines(join(folder, runFiles.metrics)));

/** The rows of a step as they were last trained on, undefined where the step didn't come (again). */
export function readSamples(folder: string, step: number): SamplesLine | undefined {
  let found: SamplesLine | undefined;
  for (const line of readLines(join(folder, runFiles.samples))) {
    const event = parseSamples(line);
    if (event === undefined) continue;
    if (!('event' in event)) found = event.step === step ? event : found;
    else if (event.fromStep < step) found = undefined;
  }
  return found;
}

/** The last whole lines of a file, oldest first; none where it can't be opened. */
function lastLines(path: string): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(0, size - tailBytes);
    const bytes = Buffer.alloc(size - start);
    const count = readSync(descriptor, bytes, 0, bytes.length, start);
    // the first line is cut by where we began, the last has no end yet
    return bytes
      .toString('utf8', 0, count)
      .split('\n')
      .slice(start === 0 ? 0 : 1, -1);
  } finally {
    closeSync(descriptor);
  }
}

/** The last whole events of a run, oldest first. */
export const lastEvents = (folder: string): RunEvent[] =>
  withoutSuperseded(
    lastLines(join(folder, runFiles.metrics))
      .map(parseEvent)
      .filter((event) => event !== undefined),
  );

/** The rows of a run's last steps, oldest first. */
export const lastSamples = (folder: string): SamplesLine[] =>
  lastLines(join(folder, runFiles.samples))
    .map(parseSamples)
    .filter((line): line is SamplesLine => line !== undefined && !('event' in line));

/** The middle of the last steps' times: one slow step (a checkpoint, an evaluation) says little about the next. */
export function secondsLeft(steps: readonly StepEvent[], planned: number): number | undefined {
  const last = steps.at(-1);
  const times = steps.slice(-timedSteps).map(({ seconds }) => seconds);
  const middle = times.sort((a, b) => a - b)[times.length >> 1];
  return last === undefined || middle === undefined ? undefined : Math.max(0, planned - last.step) * middle;
}

/** What ended a run whose process is gone: its last line, where it could write one, else it was interrupted. */
function endOf(events: readonly RunEvent[]): Partial<RunRecord> {
  const last = events.at(-1);
  if (last?.event === 'done') return { status: 'done', adapter: last.adapter };
  if (last?.event === 'stopped') return { status: 'stopped', step: last.step };
  if (last?.event === 'failed') return { status: 'failed', message: last.message };
  return { status: 'interrupted' };
}

/** The run in `folder`, or undefined where there is none. A run that says it goes on, but whose process is gone, is interrupted. */
export function readSummary(folder: string): RunSummary | undefined {
  const written = readRecord(folder);
  if (written === undefined) return undefined;
  const label = readLabel(folder);
  const named = label === undefined ? {} : { label };
  if (written.status !== 'running' && written.status !== 'waiting')
    return { record: written, folder, ...named };
  const pid = lockHolder(folder);
  const events = lastEvents(folder);
  const steps = events.filter((event) => event.event === 'step');
  const last = steps.at(-1);
  const record: RunRecord = {
    ...written,
    ...(last === undefined ? {} : { step: last.step, loss: last.loss }),
    ...(pid === undefined ? endOf(events) : {}),
  };
  const left = pid === undefined ? undefined : secondsLeft(steps, written.steps);
  return {
    record,
    folder,
    ...named,
    ...(pid === undefined ? {} : { pid }),
    ...(last === undefined
      ? {}
      : {
          progress: {
            step: last.step,
            loss: last.loss,
            ...(left === undefined ? {} : { secondsLeft: left }),
          },
        }),
  };
}

/** All runs in a folder, newest first; hidden folders (caches, runs in the making) are none. */
export function listRuns(output: string): RunSummary[] {
  if (!existsSync(output)) return [];
  const entries = readdirSync(output, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => readSummary(join(output, entry.name)))
    .filter((summary) => summary !== undefined)
    .sort((a, b) => (a.record.created < b.record.created ? 1 : a.record.created > b.record.created ? -1 : 0));
}

/**
 * The folder of a run by path, by id, or by a part of its id that no other has, in `output`.
 * Throws `run-missing` or `run-ambiguous`.
 */
export function findRun(name: string, output: string): string {
  const path = resolve(name);
  if (readRecord(path) !== undefined) return path;
  const plain = !isAbsolute(name) && !/[/\\]/.test(name);
  const found = plain ? listRuns(output).filter(({ record }) => record.id.includes(name)) : [];
  const [only] = found;
  const exact = found.find(({ record }) => record.id === name);
  if (exact !== undefined || (only !== undefined && found.length === 1)) return (exact ?? only!).folder;
  if (found.length > 1)
    throw new UserError(
      'run-ambiguous',
      `${JSON.stringify(name)} is part of ${found.length} runs in ${output}.`,
      {
        hint: `The newest are ${found
          .slice(0, 3)
          .map(({ record }) => record.id)
          .join(', ')}.`,
      },
    );
  throw new UserError('run-missing', `There is no run ${JSON.stringify(name)} here or in ${output}.`, {
    hint: 'List them with: adapter-workbench runs',
  });
}
