/** @file An experiment on a small base: complete, taken up where it was stopped, and nothing computed twice. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { conducted, surveyed } from '../../../bench/experiments/conduct.ts';
import type { Conduct } from '../../../bench/experiments/conduct.ts';
import type { Experiment } from '../../../bench/experiments/experiment.ts';
import { nextTrials } from '../../../bench/experiments/protocol.ts';
import { ResultStore } from '../../../bench/experiments/store.ts';
import { armOf, resultOf, studyOf } from '../../support/experiment.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const train = tokenisedRows(join(scratch, 'rows.jsonl'), 12);
const held = tokenisedRows(join(scratch, 'held.jsonl'), 4);
const rates = { first: 1e-3, factor: 3, count: 2, extend: 0 };

const study = studyOf({
  task: {
    name: 'small',
    title: 'random rows on a random base',
    base: writeRandomBase(join(scratch, 'base')),
    data: { train, validation: held, format: 'tokenised' },
    measures: [],
    seconds: { step: 1, evaluation: 1, rest: 1 },
  },
  arms: [
    armOf('LoRA', { rates }),
    armOf('PiSSA', { rates, method: { kind: 'lora', rank: 2, init: 'pissa' } }),
  ],
  training: { steps: 6, batch: 2, evaluateEvery: 3 },
  seeds: [0, 1],
  tuningSeeds: 1,
});
const experiment: Experiment = {
  name: 'small',
  title: 'Small',
  claim: { text: '', source: '' },
  studies: [study],
  leftOut: [],
};

const conductIn = (
  folder: string,
  changes: Partial<Conduct> = {},
): Conduct & { readonly lines: string[] } => {
  const lines: string[] = [];
  return {
    store: new ResultStore(join(scratch, folder)),
    threads: 1,
    device: 'cpu',
    code: 'now',
    anyCode: false,
    signal: new AbortController().signal,
    say: (line) => lines.push(line),
    broke: (line) => lines.push(`broke: ${line}`),
    secondsLeft: () => Infinity,
    lines,
    ...changes,
  };
};

/** What was measured, without times. */
const losses = async (conduct: Conduct): Promise<unknown> => {
  const [result] = await conducted(experiment, conduct);
  return result!.done.map(({ trial, result: { losses, evaluations } }) => [trial, losses, evaluations]);
};

/** Is asked after each step, and says yes from the n-th time on. */
const stopAfter = (n: number): AbortSignal => {
  let asked = 0;
  return {
    get aborted() {
      return ++asked > n;
    },
  } as AbortSignal;
};

it('trains all that is wanted and keeps it, stopped and taken up or not', async () => {
  const whole = conductIn('whole');
  const [before] = await surveyed(experiment, whole);
  expect(before!.done).toEqual([]);
  const undisturbed = await losses(whole);
  const [known] = await conducted(experiment, whole);
  expect(known!.done).toHaveLength(6);
  expect(nextTrials(study, known!.done)).toEqual([]);
  expect(known!.done.every(({ result }) => result.failed === undefined && result.losses.length === 6)).toBe(
    true,
  );

  // what the base does alone, by which every training begins
  expect(before!.alone).toBeUndefined();
  expect(known!.alone!.result.evaluations).toEqual([{ step: 0, loss: expect.any(Number) as number }]);
  expect(known!.alone!.result.evaluations[0]!.loss).toBeGreaterThan(
    known!.done[0]!.result.evaluations.at(-1)!.loss,
  );

  // stopped in the middle of a training: at the next call it goes on from its checkpoint, to the same numbers
  const stopped = conductIn('stopped', { signal: stopAfter(10) });
  await conducted(experiment, stopped);
  const runs = (): string[] =>
    readdirSync(join(scratch, 'stopped', 'runs')).filter((name) => !name.startsWith('.'));
  expect(readdirSync(join(scratch, 'stopped', 'begun'))).toHaveLength(1);
  expect(runs()).toHaveLength(1);
  expect(await losses(conductIn('stopped'))).toEqual(undisturbed);
  expect(readdirSync(join(scratch, 'stopped', 'begun'))).toEqual([]);
  expect(runs()).toEqual([]);
});

it('computes nothing twice, unless the code changed', async () => {
  const lines = async (changes: Partial<Conduct>): Promise<number> => {
    const conduct = conductIn('whole', changes);
    await conducted(experiment, conduct);
    return conduct.lines.length;
  };
  expect(await lines({})).toBe(0);
  expect(await lines({ code: 'later', anyCode: true })).toBe(0);
  expect(await lines({ code: 'later', secondsLeft: () => 0 })).toBe(0);
  expect(await lines({ code: 'later' })).toBe(6);
});

/** Another process has the first training that is asked for, and has finished it when it is asked for again. */
class SharedStore extends ResultStore {
  #others: string | undefined;

  override claim(key: string): (() => void) | undefined {
    if (this.#others === undefined) {
      this.#others = key;
      return undefined;
    }
    if (key === this.#others) this.write(key, resultOf(0.001));
    return super.claim(key);
  }
}

it('leaves to another process what that one is at, and takes its result when it is there', async () => {
  const store = new SharedStore(join(scratch, 'shared'));
  const [result] = await conducted(experiment, conductIn('shared', { store }));
  expect(nextTrials(study, result!.done)).toEqual([]);
  expect(result!.done.filter((done) => done.result.evaluations.at(-1)!.loss === 0.001)).toHaveLength(1);
});

it('begins nothing that the time does not suffice for', async () => {
  const conduct = conductIn('late', { secondsLeft: () => 1 });
  const [result] = await conducted(experiment, conduct);
  expect(result!.done).toEqual([]);
  expect(nextTrials(study, result!.done)).toHaveLength(4);
});

it('goes on with the other methods where one breaks, and keeps nothing of it', async () => {
  const impossible = armOf('impossible', { rates, method: { kind: 'lora-xs', rank: 1000 } });
  const conduct = conductIn('broken');
  const [result] = await conducted(
    { ...experiment, studies: [{ ...study, arms: [impossible, study.arms[0]!] }] },
    conduct,
  );
  expect(conduct.lines.filter((line) => line.startsWith('broke: toy, impossible: '))).toHaveLength(1);
  expect(new Set(result!.done.map(({ trial }) => trial.arm))).toEqual(new Set(['LoRA']));
});
