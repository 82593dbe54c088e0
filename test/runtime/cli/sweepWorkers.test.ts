/** @file Workers as processes, played by small programs: what they say, and what is said when they end by themselves. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forkWorker, sweepWorker } from '../../../runtime/cli/sweepWorkers.ts';
import { readArguments } from '../../../runtime/cli/command.ts';
import type { SweepJob } from '../../../runtime/pipelines/sweep.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const job = (variant: string): SweepJob => ({
  sweep: 's',
  config: runConfig(scratch),
  configText: '',
  configFile: '',
  threads: 1,
  variant,
});

/** A program that answers the variant's name; "dies" ends it. */
const script = join(scratch, 'worker.mjs');
writeFileSync(
  script,
  `if (process.argv[2] !== 'sweep-worker' || process.env.ORT_DISABLE_TELEMETRY !== '1') process.exit(9);
process.on('message', ({ variant }) => {
  if (variant === 'dies') { process.stderr.write('last words', () => process.exit(3)); return; }
  if (variant === 'refused') { process.send({ kind: 'refused', message: 'no base' }); return; }
  process.send({ kind: 'folder', folder: '/' + variant });
  process.send({ kind: 'event', event: { event: 'note', message: variant } });
  process.send({ kind: 'ended', exitCode: 130 });
});`,
);

test('a worker tells folder, events and exit code, one job after the other, and ends when it is closed', async () => {
  const worker = forkWorker(script);
  const heard: string[] = [];
  const listener = {
    onFolder: (folder: string) => heard.push(folder),
    onEvent: (event: unknown) => heard.push(JSON.stringify(event)),
  };
  expect(await worker.run(job('a'), listener)).toBe(130);
  await expect(worker.run(job('refused'), listener)).rejects.toThrow('no base');
  expect(await worker.run(job('b'), listener)).toBe(130);
  const note = (message: string) => JSON.stringify({ event: 'note', message });
  expect(heard).toEqual(['/a', note('a'), '/b', note('b')]);
  await worker.close();
});

test('one that ends by itself says how, with its last words', async () => {
  const worker = forkWorker(script);
  const quiet = { onFolder: () => undefined, onEvent: () => undefined };
  await expect(worker.run(job('dies'), quiet)).rejects.toThrow('ended (exit code 3: last words)');
  await worker.close();
});

test('a program that can not be started is told as one that ended', async () => {
  const worker = forkWorker(join(scratch, 'missing.mjs'));
  const quiet = { onFolder: () => undefined, onEvent: () => undefined };
  await expect(worker.run(job('a'), quiet)).rejects.toThrow('The process of this run ended');
  await worker.close();
});

test('started by hand it says what to use instead', async () => {
  const send = process.send?.bind(process);
  delete (process as { send?: unknown }).send;
  try {
    await expect(sweepWorker.run(readArguments(sweepWorker, []), fakeIo())).rejects.toThrow(
      'is started by sweep',
    );
  } finally {
    if (send) process.send = send;
  }
});
