/** @file What `serve` answers about what lies behind a run's numbers: rows of a step, texts, a diagnosis. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunDetailsApi, StepRow, StepRows } from '../contract/api/runDetails.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { formatCount } from '../contract/format.ts';
import type { RunRecord } from '../contract/run.ts';
import { readAnswers } from '../runs/answers.ts';
import { configDiagnostics, findingsOf } from '../runs/diagnosed.ts';
import { runFiles } from '../runs/names.ts';
import { readEvents, readResolvedConfig, readSummary } from '../runs/read.ts';
import { readStep } from '../runs/stepLog.ts';
import type { StepRecord } from '../runs/stepLog.ts';
import type { Answers } from './answers.ts';
import { rowTexts, trainingFile } from './rowTexts.ts';
import type { RowText } from './rowTexts.ts';

/** A page shows the end of a log. */
const logBytes = 1 << 16;

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Rows by their part of the step's summed loss; one whose loss isn't finite has all of it. */
export function rankRows(
  { samples, tokenLosses }: StepRecord,
  texts: ReadonlyMap<number, RowText>,
): StepRow[] {
  const sums = samples.losses.map((loss, i) => loss * samples.supervised[i]!);
  const broken = sums.some((sum) => !Number.isFinite(sum));
  const total = sums.reduce((a, b) => a + b, 0);
  const share = (sum: number): number =>
    broken ? (Number.isFinite(sum) ? 0 : 1) : total > 0 ? sum / total : 0;
  const rows = samples.rows.map((row, i): StepRow => ({
    row,
    ...texts.get(row),
    loss: finite(samples.losses[i]!),
    share: share(sums[i]!),
    tokens: samples.tokens[i]!,
    supervised: samples.supervised[i]!,
    ...(tokenLosses && { tokenLosses: [...tokenLosses[i]!] }),
  }));
  return rows.sort((a, b) => b.share - a.share);
}

async function rowsOf(folder: string, step: number): Promise<StepRows> {
  const record = readStep(folder, step);
  if (record === undefined)
    throw new UserError('no-step', `Step ${formatCount(step)} has no recorded rows.`, {
      place: { file: folder },
      hint: 'Rows are recorded with each step from its end on; one that a resume repeats comes again.',
    });
  const { train } = readResolvedConfig(folder).data;
  let texts: ReadonlyMap<number, RowText> = new Map();
  let file = train;
  try {
    file = trainingFile(train);
    texts = await rowTexts(file, record.samples.rows);
  } catch (error) {
    // the data was moved or changed since: its numbers are still worth showing
    if (!(error instanceof UserError)) throw error;
  }
  return { step, file, config: join(folder, runFiles.resolvedConfig), rows: rankRows(record, texts) };
}

function endOf(path: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, logBytes));
    const text = bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, size - bytes.length));
    return size > logBytes ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    closeSync(descriptor);
  }
}

/** The resolved config, or nothing where it can't be read: a page shows what there is. */
function resolvedOf(folder: string): ResolvedConfig | null {
  try {
    return readResolvedConfig(folder);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function recordOf(folder: string): RunRecord {
  const record = readSummary(folder)?.record;
  if (record !== undefined) return record;
  throw new UserError('no-run', 'There is no run in this folder.', { place: { file: folder } });
}

export function runDetailHandlers(): Answers<RunDetailsApi> {
  return {
    dispose: () => undefined,
    handlers: {
      'run/rows': ({ folder, step }) => rowsOf(folder, step),
      'run/texts': ({ folder }) => {
        recordOf(folder);
        const adapter = statSync(join(folder, runFiles.adapter, 'adapter_model.safetensors'), {
          throwIfNoEntry: false,
        });
        return {
          config: textOf(join(folder, runFiles.configText)),
          resolved: resolvedOf(folder),
          log: endOf(join(folder, runFiles.log)),
          ...(adapter === undefined ? {} : { adapterBytes: adapter.size }),
        };
      },
      'run/samples': ({ folder }) => {
        recordOf(folder);
        return readAnswers(folder) ?? null;
      },
      'run/diagnose': ({ folder }) => {
        const record = recordOf(folder);
        const findings = findingsOf(record, readEvents(folder));
        return { config: record.config, diagnostics: configDiagnostics(folder, record, findings) };
      },
    },
  };
}
