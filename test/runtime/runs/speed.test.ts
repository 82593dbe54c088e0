/** @file A run's speed from the ends of its files, and which runs have none to tell. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ResolvedConfig } from '../../../runtime/contract/config.ts';
import type { RunRecord, RunSpeed } from '../../../runtime/contract/run.ts';
import { machineName } from '../../../runtime/formats/machine.ts';
import { readSummary } from '../../../runtime/runs/read.ts';
import { readSpeed } from '../../../runtime/runs/speed.ts';
import { runConfig } from '../../support/runConfig.ts';
import { makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const output = temporaryFolder();
let count = 0;

interface Made {
  readonly record?: Partial<RunRecord>;
  readonly method?: Partial<ResolvedConfig['method']>;
  readonly label?: string;
}

/** Nine steps of a quarter of a second and 800 tokens, the first of them slow. */
function speedOf({ record, method, label }: Made = {}): RunSpeed | undefined {
  const id = `run-${count++}`;
  const { folder, append } = makeRun(output, id, {
    status: 'done',
    machine: machineName(),
    trainable: 1000,
    step: 9,
    ...record,
  });
  const config = runConfig(output);
  writeFileSync(
    join(folder, 'config.resolved.json'),
    JSON.stringify({ ...config, method: { ...config.method, ...method } }),
  );
  for (let step = 1; step <= 9; step++) append(stepEvent(step, { seconds: step === 1 ? 9 : 0.25 }));
  const sample = { step: 9, rows: [0, 1], losses: [1, 1], tokens: [100, 300], supervised: [9, 9] };
  writeFileSync(join(folder, 'samples.jsonl'), `${JSON.stringify(sample)}\n`);
  if (label !== undefined) writeFileSync(join(folder, 'name.txt'), label);
  return readSpeed(readSummary(folder)!);
}

test('the middle of the steps after the first', () => {
  expect(speedOf()).toEqual({
    run: 'run-0',
    base: join(output, 'base.gguf'),
    device: 'cpu',
    memory: 'balanced',
    method: runConfig(output).method,
    adapter: 1000,
    frozen: 0,
    secondsPerToken: 0.25 / 800,
    tokens: 800,
    labelled: 0.25,
    // 100 tokens stand in a row of 100, 300 in one of 300
    rowTokens: 250,
  });
  expect(speedOf({ record: { frozen: 500 } })?.frozen).toBe(500);
  expect(speedOf({ label: 'the good one' })?.run).toBe('the good one');
});

test.each<[string, Made]>([
  ['another machine', { record: { machine: 'another 64' } }],
  ['a machine without a name', { record: { machine: '' } }],
  ['a sweep, which may have shared the machine', { record: { sweep: 's' } }],
  ['too few steps', { record: { step: 4 } }],
  ['modules trained whole', { method: { modulesToSave: ['lm_head'] } }],
  ['an adapter that was continued', { method: { from: 'x' } }],
  ['a damaged config', { method: { modulesToSave: null as never } }],
])('nothing from a run of %s', (_, made) => {
  expect(speedOf(made)).toBeUndefined();
});
