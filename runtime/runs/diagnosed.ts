/** @file A run's diagnosis from its folder, and its places in the config that wrote it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic, TextRange } from '../contract/diagnostic.ts';
import { diagnose } from '../contract/diagnosis.ts';
import type { Finding } from '../contract/diagnosis.ts';
import { keyPlace } from '../contract/keyPlace.ts';
import type { KeyPlace } from '../contract/keyPlace.ts';
import type { RunEvent, RunRecord } from '../contract/run.ts';
import { runFiles } from './names.ts';

/** What the events of a run, superseded ones left out, say. */
export function findingsOf(record: RunRecord, events: readonly RunEvent[]): Finding[] {
  const steps = events.filter((event) => event.event === 'step');
  const column = (name: 'step' | 'loss' | 'gradNorm' | 'learningRate'): Float64Array =>
    Float64Array.from(steps, (step) => step[name]);
  const failure = events.findLast((event) => event.event === 'failed' || event.event === 'resumed');
  return diagnose({
    step: column('step'),
    loss: column('loss'),
    gradNorm: column('gradNorm'),
    learningRate: column('learningRate'),
    evaluations: events.filter((event) => event.event === 'evaluation'),
    status: record.status,
    failure: failure?.event === 'failed' ? failure : undefined,
  });
}

/** A section or the whole would paint many lines: its first line is enough. */
function rangeOf(text: string, { offset, length }: KeyPlace): TextRange {
  const line = text.slice(0, offset).split('\n').length;
  const column = offset - text.lastIndexOf('\n', offset - 1);
  const end = text.indexOf('\n', offset);
  return { line, column, offset, length: Math.min(length, (end < 0 ? text.length : end) - offset) };
}

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** The findings at their keys in the config; none where the config isn't any more what the run was started with. */
export function configDiagnostics(
  folder: string,
  record: RunRecord,
  findings: readonly Finding[],
): Diagnostic[] {
  const text = readText(record.config);
  if (text === undefined || text !== readText(join(folder, runFiles.configText))) return [];
  return findings.flatMap(({ code, title, evidence, hint, key }) => {
    const place = keyPlace(text, key, record.variant);
    if (place === undefined) return [];
    const message = `Run ${record.id}: ${title}. ${evidence}`;
    return [{ severity: 'warning', code, message, hint, range: rangeOf(text, place) }];
  });
}
