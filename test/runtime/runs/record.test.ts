/** @file A run's record: what each file holds after each event, after a resume, and after a kill at any byte. */
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEvent, RunRecord } from '../../../runtime/contract/run.ts';
import { readEvents, readRecord, readSamples, readSummary } from '../../../runtime/runs/read.ts';
import { RunRecorder } from '../../../runtime/runs/record.ts';
import { runConfig } from '../../support/runConfig.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
let counter = 0;

/** A recorder in an output folder of its own whose clock goes a tenth of a second a look. */
function begin(variant?: string) {
  const output = join(root, String(counter++));
  mkdirSync(output);
  let time = Date.parse('2026-03-01T10:00:31.000Z');
  const now = (): Date => new Date((time += 100));
  const recorder = RunRecorder.create(
    {
      config: runConfig(output),
      configText: '{ /* as written */ }',
      configFile: join(output, 'my tickets.adapter.json'),
      ...(variant === undefined ? {} : { variant }),
      device: 'cpu',
      versions: { node: 'x' },
      hashes: { train: 'ab' },
    },
    now,
  );
  return { output, recorder, now };
}

const started: RunEvent = {
  event: 'started',
  run: 'r',
  steps: 10,
  rows: 10,
  trainable: 99,
  estimatedBytes: 5,
};
const losses = (seed: number) => Float32Array.of(0.5, seed / 8, 1 - seed / 8);
const samples = (step: number, row: number) => ({
  step,
  rows: [row],
  losses: [0.5],
  tokens: [9],
  supervised: [3],
});
const lines = (folder: string, name: string): unknown[] =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);

describe('events', () => {
  test('reach the files in order, and run.json says what they say', () => {
    const { recorder } = begin();
    const events: RunEvent[] = [
      started,
      stepEvent(1),
      { event: 'evaluation', step: 1, loss: 3, tokens: 9, seconds: 0.5, best: true },
      { event: 'checkpoint', step: 1, path: 'checkpoint-1' },
      stepEvent(2),
      { event: 'note', message: 'two\nlines' },
      { event: 'done', run: recorder.id, adapter: 'adapter' },
    ];
    recorder.samples(samples(1, 0), losses(1));
    for (const event of events) recorder.event(event);
    recorder.update({ peakBytes: 77 });
    recorder.close();
    expect(lines(recorder.folder, 'metrics.jsonl')).toEqual(events);
    expect(readEvents(recorder.folder)).toEqual(events);
    expect(lines(recorder.folder, 'samples.jsonl')).toEqual([samples(1, 0)]);
    expect(readRecord(recorder.folder)).toMatchObject({
      status: 'done',
      adapter: 'adapter',
      step: 2,
      steps: 10,
      loss: 5,
      trainable: 99,
      estimatedBytes: 5,
      peakBytes: 77,
      bestLoss: 3,
    } satisfies Partial<RunRecord>);
    const log = readFileSync(join(recorder.folder, 'log.txt'), 'utf8');
    expect(log).toContain(' note two\n    lines\n');
    expect(log.split('\n')[0]).toMatch(/^2026-03-01T10:00:\d\d\.\d{3}Z started \{/);
    expect(
      readdirSync(recorder.folder).filter((name) => name.startsWith('events.out.tfevents.')),
    ).toHaveLength(1);
    const state = JSON.parse(readFileSync(join(recorder.folder, 'trainer_state.json'), 'utf8')) as {
      log_history: unknown[];
    };
    expect(state.log_history).toHaveLength(4);
  });

  test('the best validation loss is that of what still holds', () => {
    const { recorder } = begin();
    const evaluation = (step: number, loss: number): RunEvent => ({
      event: 'evaluation',
      step,
      loss,
      tokens: 9,
      seconds: 1,
      best: true,
    });
    recorder.event(started);
    recorder.event(evaluation(5, 3));
    recorder.event(evaluation(9, 1));
    expect(recorder.record.bestLoss).toBe(1);
    // the steps after the checkpoint come again, and may come out otherwise
    recorder.event({ event: 'resumed', fromStep: 7 });
    expect(recorder.record.bestLoss).toBe(3);
    recorder.close();
    expect(readRecord(recorder.folder)?.bestLoss).toBe(3);
  });

  test('a step is in metrics.jsonl at once and in run.json within its second', () => {
    const { recorder } = begin();
    recorder.event(started);
    let behind = 0;
    for (let step = 1; step <= 100; step++) {
      recorder.event(stepEvent(step));
      expect(lines(recorder.folder, 'metrics.jsonl')).toHaveLength(step + 1);
      behind = Math.max(behind, step - readRecord(recorder.folder)!.step);
    }
    // five looks at the clock a step, a tenth of a second each
    expect(behind).toBeGreaterThan(0);
    expect(behind).toBeLessThan(10);
    expect(readSummary(recorder.folder)).toMatchObject({
      record: { step: 100 },
      progress: { step: 100, loss: 0.1 },
    });
    recorder.close();
  });

  test('a failure is kept with its message, a request to stop is seen', () => {
    const { recorder } = begin();
    recorder.event(started);
    expect(recorder.stopRequested()).toBe(false);
    writeFileSync(join(recorder.folder, 'stop'), '');
    expect(recorder.stopRequested()).toBe(true);
    recorder.fail(new Error('boom'), 3);
    recorder.close();
    expect(readRecord(recorder.folder)?.message).toMatch(/^internal error: Error: boom/);
    expect(readEvents(recorder.folder).at(-1)).toMatchObject({ event: 'failed', step: 3 });
    expect(existsSync(join(recorder.folder, 'stop'))).toBe(false);
    expect(() => {
      recorder.fail(new Error('again'));
      recorder.close();
    }).not.toThrow();
  });
});

describe('a resumed run', () => {
  const half = () => {
    const { recorder, now } = begin();
    recorder.event(started);
    for (const step of [1, 2, 3]) {
      recorder.event(stepEvent(step));
      recorder.samples(samples(step, step), losses(step));
    }
    return { recorder, now };
  };

  test('drops what came after its checkpoint, cuts half lines, and clears what the end said', () => {
    const { recorder, now } = half();
    recorder.event({ event: 'failed', message: 'x' });
    recorder.close();
    appendFileSync(join(recorder.folder, 'metrics.jsonl'), '{"event":"st');
    appendFileSync(join(recorder.folder, 'samples.jsonl'), '{"step"');
    writeFileSync(join(recorder.folder, 'stop'), '');
    const again = RunRecorder.reopen(recorder.folder, now);
    expect(again.config).toEqual(recorder.config);
    expect(again.stopRequested()).toBe(false);
    again.event({ event: 'resumed', fromStep: 1 });
    expect(readRecord(again.folder)).toMatchObject({ status: 'running', step: 1 });
    expect(readRecord(again.folder)).not.toHaveProperty('message');
    expect(readSummary(again.folder)?.progress?.step).toBe(1);
    expect(readSamples(again.folder, 2)).toBeUndefined();
    again.event(stepEvent(2, { loss: 42 }));
    again.samples(samples(2, 20), losses(20));
    again.close();
    expect(readEvents(again.folder).filter(({ event }) => event === 'step')).toEqual([
      stepEvent(1),
      stepEvent(2, { loss: 42 }),
    ]);
    expect(readSamples(again.folder, 1)).toEqual(samples(1, 1));
    expect(readSamples(again.folder, 2)).toEqual(samples(2, 20));
    expect(readSamples(again.folder, 3)).toBeUndefined();
    const state = JSON.parse(again.trainerState()) as {
      global_step: number;
      log_history: { loss: number }[];
    };
    expect(state.global_step).toBe(2);
    expect(state.log_history.map(({ loss }) => loss)).toEqual([10, 42]);
    const boards = readdirSync(again.folder).filter((name) => name.startsWith('events.out.tfevents.'));
    expect(boards).toHaveLength(2);
  });

  test('is refused while its process lives, when it is done, and where there is none', () => {
    const { recorder } = half();
    expect(() => RunRecorder.reopen(recorder.folder)).toThrow(/is being written by process/);
    recorder.event({ event: 'done', run: 'x', adapter: 'y' });
    recorder.close();
    expect(() => RunRecorder.reopen(recorder.folder)).toThrow(/is done/);
    expect(existsSync(join(recorder.folder, 'run.lock'))).toBe(false);
    expect(() => RunRecorder.reopen(root)).toThrow(/holds no run/);
  });
});

test('cut at any byte, a run is readable and goes on', () => {
  const { recorder } = begin();
  recorder.event(started);
  for (const step of [1, 2, 3]) {
    recorder.event(stepEvent(step));
    recorder.samples(samples(step, step), losses(step));
  }
  recorder.close();
  const whole = readFileSync(join(recorder.folder, 'metrics.jsonl'));
  const starts = [0, ...[...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1)];
  const copy = join(root, 'copy');
  cpSync(recorder.folder, copy, { recursive: true });
  for (let length = 0; length <= whole.length; length += 29) {
    for (const name of ['metrics.jsonl', 'samples.jsonl', 'run.json'])
      copyFileSync(join(recorder.folder, name), join(copy, name));
    truncateSync(join(copy, 'metrics.jsonl'), length);
    const kept = starts.filter((start) => start > 0 && start <= length).length;
    expect(readEvents(copy)).toHaveLength(kept);
    expect(readSummary(copy)?.record.status).toBe('interrupted');
    const again = RunRecorder.reopen(copy);
    again.event({ event: 'resumed', fromStep: 0 });
    again.event(stepEvent(1, { loss: 7 }));
    again.close();
    expect(readEvents(copy)).toEqual([
      ...(kept > 0 ? [started] : []),
      { event: 'resumed', fromStep: 0 },
      stepEvent(1, { loss: 7 }),
    ]);
  }
});
