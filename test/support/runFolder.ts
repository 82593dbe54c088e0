/** @file Run folders as the runtime leaves them, written by hand: for tests of what reads them. */
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent, RunRecord } from '../../runtime/contract/run.ts';
import { runSummary } from './runSummary.ts';

export interface RunFolder {
  readonly folder: string;
  readonly record: (changes: Partial<RunRecord>) => void;
  readonly append: (...events: readonly RunEvent[]) => void;
  /** Text at the end of the metrics as it is: half a line, or none. */
  readonly appendText: (text: string) => void;
}

/** Makes `<output>/<id>` with a record, replaced atomically by each `record` as the runtime does. */
export function makeRun(output: string, id: string, changes: Partial<RunRecord> = {}): RunFolder {
  const folder = join(output, id);
  mkdirSync(folder, { recursive: true });
  let current: RunRecord = { ...runSummary().record, id };
  const record: RunFolder['record'] = (more) => {
    current = { ...current, ...more };
    writeFileSync(join(folder, 'run.json.part'), JSON.stringify(current));
    renameSync(join(folder, 'run.json.part'), join(folder, 'run.json'));
  };
  const appendText: RunFolder['appendText'] = (text) => {
    appendFileSync(join(folder, 'metrics.jsonl'), text);
  };
  record(changes);
  return {
    folder,
    record,
    appendText,
    append: (...events) => {
      appendText(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    },
  };
}

/** The lock of a run whose process is this one. */
export function holdLock(folder: string, pid = process.pid): void {
  writeFileSync(join(folder, 'run.lock'), JSON.stringify({ pid, started: '', boot: '' }));
}
