/** @file The training loop on an engine that only pretends: what a step is told, when it evaluates, keeps and stops. */
import { describe, expect, test } from 'vitest';
import type { TrainingConfig } from '../../../runtime/contract/config.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import type { EvaluationEvent, SamplesLine, StepEvent } from '../../../runtime/contract/run.ts';
import type { TokenRow } from '../../../runtime/train/batch.ts';
import type { Engine } from '../../../runtime/train/engine.ts';
import { evaluate, padRows, supervisedTokens, trainLoop } from '../../../runtime/train/loop.ts';
import type { LoopOptions, LoopResult, LoopState } from '../../../runtime/train/loop.ts';
import { Sampler } from '../../../runtime/train/sampler.ts';
import type { Updater } from '../../../runtime/train/update.ts';
import { fakeEngine } from '../../support/fakeEngine.ts';
import type { FakeEngine } from '../../support/fakeEngine.ts';
import { trainingConfig } from '../../support/trainingConfig.ts';

/** A row whose first token is no target; `mask` names the others that are. */
const rowOf = (ids: readonly number[], mask: readonly number[] = ids.map(() => 1)): TokenRow => ({
  ids: Uint32Array.from(ids),
  mask: Uint8Array.from(mask),
});

/** Lengths 2 to 7: 1 to 6 trained tokens, ids 10 r + place. */
const rows = Array.from({ length: 6 }, (_, r) => rowOf(Array.from({ length: r + 2 }, (_, i) => 10 * r + i)));

interface Run extends FakeEngine {
  readonly result: LoopResult | undefined;
  readonly error: unknown;
  readonly steps: StepEvent[];
  readonly samples: SamplesLine[];
  readonly evaluations: EvaluationEvent[];
  readonly losses: (readonly number[])[];
  readonly checkpoints: LoopState[];
  readonly updates: { readonly t: number; readonly rate: number; readonly clip: number }[];
  readonly best: number[];
}

interface Choices extends Partial<Omit<LoopOptions, 'config'>> {
  readonly training?: Partial<TrainingConfig>;
  readonly fake?: FakeEngine;
}

async function runLoop({ training = {}, fake = fakeEngine((id) => id / 8), ...more }: Choices): Promise<Run> {
  const quiet = { batch: 2, evaluateEvery: 0, checkpointEvery: 0, clip: 0, ...training };
  const config = trainingConfig(quiet);
  const run: Omit<Run, keyof FakeEngine | 'result' | 'error'> = {
    steps: [],
    samples: [],
    losses: [],
    evaluations: [],
    checkpoints: [],
    updates: [],
    best: [],
  };
  const updater = {
    clipFactor: (norm: number) => 1 / norm,
    step: (_: unknown, t: number, rate: number, clip: number) => {
      run.updates.push({ t, rate, clip });
      return Promise.resolve();
    },
  } as unknown as Updater;
  const sampler = new Sampler([...rows.keys()], (row) => rows[row]!.ids.length, {
    ...config,
    shuffle: false,
  });
  const options: LoopOptions = {
    engine: fake.engine,
    updater,
    parameters: [],
    sampler,
    config,
    steps: 3,
    packing: true,
    readRow: (row) => rows[row]!,
    rowNumber: (row) => row,
    state: { step: 0, waited: 0 },
    shouldStop: () => false,
    onStep: (event, samples, losses) => {
      run.steps.push(event);
      run.losses.push([...losses]);
      run.samples.push(samples);
    },
    onEvaluation: (event) => void run.evaluations.push(event),
    onCheckpoint: (state) => Promise.resolve(void run.checkpoints.push(state)),
    onBest: () => Promise.resolve(void run.best.push(run.steps.length)),
    ...more,
  };
  let result: LoopResult | undefined;
  let error: unknown;
  try {
    result = await trainLoop(options);
  } catch (thrown) {
    error = thrown;
  }
  return { ...fake, ...run, result, error };
}

/** Mean of id / 8 over the trained tokens of some rows. */
const meanLoss = (which: readonly number[]): number => {
  const ids = which.flatMap((r) => [...rows[r]!.ids].slice(1));
  return ids.reduce((sum, id) => sum + id / 8, 0) / ids.length;
};

describe('a step', () => {
  test('tells the loss of each supervised token, row after row, however it is cut into micro-batches', async () => {
    const expected = [0, 1, 2, 3].flatMap((r) =>
      [...rows[r]!.ids.keys()]
        .filter((i) => i > 0 && rows[r]!.mask[i] === 1)
        .map((i) => rows[r]!.ids[i]! / 8),
    );
    for (const training of [{ batch: 4 }, { batch: 1, accumulate: 4 }]) {
      const { losses, samples } = await runLoop({ steps: 1, training });
      expect(losses[0]).toEqual(expected);
      let begin = 0;
      for (const [i, count] of samples[0]!.supervised.entries()) {
        const own = expected.slice(begin, (begin += count));
        expect(samples[0]!.losses[i]).toBe(own.reduce((sum, loss) => sum + loss, 0) / count);
      }
    }
  });

  test('has the mean loss over the trained tokens of all its micro-batches', async () => {
    const whole = await runLoop({ steps: 1, training: { batch: 4 } });
    const cut = await runLoop({ steps: 1, training: { batch: 1, accumulate: 4 } });
    for (const { steps } of [whole, cut]) {
      expect(steps[0]!.loss).toBeCloseTo(meanLoss([0, 1, 2, 3]), 12);
      expect([steps[0]!.tokens, steps[0]!.supervised]).toEqual([14, 10]);
    }
    expect(cut.trained.map(({ fresh }) => fresh)).toEqual([true, false, false, false]);
    // each micro-batch weighs by the tokens of the whole step, not by its own
    for (const { weight } of [...whole.trained, ...cut.trained]) expect(weight.token).toBe(1 / 10);
    // what methods minimise beside counts by its mean over the micro-batches
    expect(whole.trained.map(({ weight }) => weight.auxiliary)).toEqual([1]);
    expect(cut.trained.map(({ weight }) => weight.auxiliary)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  test('is counted from 1 and updates with the schedule’s rate and the clip factor of its norm', async () => {
    let norm = 0;
    const { steps, updates } = await runLoop({
      fake: fakeEngine(
        () => 1,
        () => (norm += 2),
      ),
      training: { schedule: 'linear', learningRate: 3 },
    });
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(steps.map(({ gradNorm }) => gradNorm)).toEqual([2, 4, 6]);
    expect(updates).toEqual([
      { t: 1, rate: 3, clip: 1 / 2 },
      { t: 2, rate: 2, clip: 1 / 4 },
      { t: 3, rate: 1, clip: 1 / 6 },
    ]);
  });

  test('tells each row’s own mean loss and tokens', async () => {
    const { samples } = await runLoop({ steps: 1, training: { batch: 1, accumulate: 3 } });
    expect(samples).toEqual([
      {
        step: 1,
        rows: [0, 1, 2],
        losses: [meanLoss([0]), meanLoss([1]), meanLoss([2])],
        tokens: [2, 3, 4],
        supervised: [1, 2, 3],
      },
    ]);
  });

  test('gives dropout another key for each row and step, the same however they are cut', async () => {
    const keys = async (training: Partial<TrainingConfig>): Promise<(number | undefined)[]> =>
      (await runLoop({ steps: 6, training })).trained.flatMap((micro) => micro.rows.map(({ key }) => key));
    const whole = await keys({ batch: 2 });
    expect(new Set(whole).size).toBe(whole.length);
    expect(await keys({ batch: 1, accumulate: 2 })).toEqual(whole);
    expect(await keys({ batch: 2, seed: 8 })).not.toEqual(whole);
  });

  test('pads rows only without packing', async () => {
    const lengths = async (packing: boolean): Promise<number[]> =>
      (await runLoop({ steps: 1, packing })).trained.flatMap((micro) =>
        micro.rows.map(({ ids }) => ids.length),
      );
    expect(await lengths(true)).toEqual([2, 3]);
    expect(await lengths(false)).toEqual([3, 3]);
    const padded = await runLoop({ steps: 1, packing: false });
    expect([padded.steps[0]!.loss, padded.steps[0]!.tokens]).toEqual([meanLoss([0, 1]), 5]);
  });

  test('refuses rows without a token to learn from', async () => {
    const silent = rowOf([1, 2, 3], [1, 0, 0]);
    const { error, trained, updates } = await runLoop({ readRow: () => silent });
    expect(error).toMatchObject({ code: 'no-supervised-token', place: { what: 'rows 0, 1' } });
    expect([trained.length, updates.length]).toEqual([0, 0]);
  });
});

describe('a number that is none', () => {
  test('in the loss stops before the values move, naming the rows', async () => {
    // the second step trains rows 2 and 3; ids of row 3 are 30 to 34
    const fake = fakeEngine((id) => (id >= 30 ? Number.NaN : 1));
    const { error, updates, steps, checkpoints } = await runLoop({ fake, training: { learningRate: 0.5 } });
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ code: 'loss-not-finite', place: { what: 'rows 3' } });
    expect((error as UserError).message).toContain('step 2 stopped: the loss is NaN');
    expect((error as UserError).hint).toContain('below 0.50');
    expect([updates.length, steps.length, checkpoints.length]).toEqual([1, 1, 0]);
  });

  test('in the gradient does too, naming all of the step’s rows', async () => {
    const fake = fakeEngine(
      () => 1,
      () => Number.POSITIVE_INFINITY,
    );
    const { error, updates } = await runLoop({ fake });
    expect(error).toMatchObject({ code: 'loss-not-finite', place: { what: 'rows 0, 1' } });
    expect((error as UserError).message).toContain("the gradient's norm is Infinity");
    expect(updates).toEqual([]);
  });
});

/** Evaluations whose losses follow the list, one each. */
function falling(losses: readonly number[]): Choices {
  let next = -1;
  return {
    fake: fakeEngine((id) => (id === 99 ? losses[next]! : 1)),
    validation: () => {
      next++;
      return [rowOf([0, 99, 99])];
    },
    steps: losses.length,
    training: { evaluateEvery: 1 },
  };
}

describe('evaluation', () => {
  test('comes every so many steps and after the last', async () => {
    const at = async (evaluateEvery: number): Promise<number[]> =>
      (await runLoop({ ...falling([5, 4, 3, 2, 1]), steps: 5, training: { evaluateEvery } })).evaluations.map(
        ({ step }) => step,
      );
    expect(await at(2)).toEqual([2, 4, 5]);
    expect(await at(5)).toEqual([5]);
    expect(await at(0)).toEqual([5]);
    expect((await runLoop({})).evaluations).toEqual([]);
  });

  test('tells which is the best so far, once a time', async () => {
    const { evaluations, best, result } = await runLoop(falling([3, 2, 2, 4, 1]));
    expect(evaluations.map((event) => event.best)).toEqual([true, true, false, false, true]);
    expect(evaluations.map(({ loss, tokens }) => [loss, tokens])).toEqual([3, 2, 2, 4, 1].map((x) => [x, 2]));
    expect(best).toEqual([1, 2, 5]);
    expect(result!.state).toEqual({ step: 5, best: { step: 5, loss: 1 }, waited: 0 });
  });

  test('without a better loss ends the run when patience does, with a checkpoint', async () => {
    const choices = falling([3, 2, 4, 2.5, 1]);
    const { result, checkpoints } = await runLoop({
      ...choices,
      training: { ...choices.training, patience: 2 },
    });
    const state = { step: 4, best: { step: 2, loss: 2 }, waited: 2 };
    expect(result).toEqual({ reason: 'patience', state });
    expect(checkpoints).toEqual([state]);
  });

  test('that gave no number is never the best', async () => {
    const { evaluations, result } = await runLoop(falling([Number.NaN, 3, Number.NaN, 2]));
    expect(evaluations.map((event) => event.best)).toEqual([false, true, false, true]);
    expect(result!.state.best).toEqual({ step: 4, loss: 2 });
  });

  test('goes on counting where a resumed run left off', async () => {
    const state: LoopState = { step: 2, best: { step: 1, loss: 1 }, waited: 1 };
    const choices = falling([5, 5, 5, 5]);
    const { result } = await runLoop({ ...choices, state, training: { ...choices.training, patience: 2 } });
    expect(result).toEqual({ reason: 'patience', state: { ...state, step: 3, waited: 2 } });
  });

  test('is the mean over tokens, short rows sharing calls', async () => {
    const fake = fakeEngine((id) => id);
    const long = rowOf(new Array<number>(700).fill(4));
    const { loss, tokens } = await evaluate(fake.engine, [rowOf([0, 1]), rowOf([0, 2, 2]), long, long]);
    expect([loss, tokens]).toEqual([(1 + 2 * 2 + 2 * 699 * 4) / (3 + 2 * 699), 3 + 2 * 699]);
    expect(fake.evaluated.map((batch) => batch.length)).toEqual([3, 1]);
  });
});

describe('evaluation of classes', () => {
  test('has the loss of each row’s class and the share that is right', async () => {
    const outputs = [
      [0, 2, 0],
      [3, 3, 1],
      [0, 0, 4],
    ];
    const logits = (batch: readonly TokenRow[]) =>
      Promise.resolve({ logits: Float32Array.from(batch.flatMap(({ ids }) => outputs[ids[0]!]!)) });
    const engine = { spec: { task: 'classification' }, logits } as unknown as Engine;
    const labelled = [1, 1, 2].map((label, row) => ({ ...rowOf([row]), label }));
    const { loss, tokens, accuracy } = await evaluate(engine, labelled);
    const losses = outputs.map((row, i) => {
      return Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[[1, 1, 2][i]!]!;
    });
    expect(loss).toBeCloseTo(losses.reduce((sum, x) => sum + x, 0) / 3, 6);
    // of two equal outputs the first counts
    expect([tokens, accuracy]).toEqual([3, 2 / 3]);
  });
});

describe('checkpoints', () => {
  test('come every so many steps and after the last, once where both fall together', async () => {
    const at = async (checkpointEvery: number, steps: number): Promise<number[]> =>
      (await runLoop({ steps, training: { checkpointEvery } })).checkpoints.map(({ step }) => step);
    expect(await at(2, 5)).toEqual([2, 4, 5]);
    expect(await at(2, 4)).toEqual([2, 4]);
    expect(await at(0, 3)).toEqual([3]);
  });

  test('a request to stop writes one and ends after the step', async () => {
    let asked = 0;
    const { result, checkpoints, steps } = await runLoop({ steps: 9, shouldStop: () => ++asked === 2 });
    expect(result).toEqual({ reason: 'stopped', state: { step: 2, waited: 0 } });
    expect(checkpoints).toEqual([{ step: 2, waited: 0 }]);
    expect(steps.length).toBe(2);
  });

  test('a request during the last step changes nothing: the run is done', async () => {
    const { result } = await runLoop({ steps: 1, shouldStop: () => true });
    expect(result!.reason).toBe('done');
  });

  test('a resumed run takes the steps that are left', async () => {
    const whole = await runLoop({ steps: 5 });
    const rest = await runLoop({ steps: 5, state: { step: 3, waited: 0 } });
    expect(rest.samples).toEqual(whole.samples.slice(3));
    expect(rest.updates).toEqual(whole.updates.slice(3));
    expect((await runLoop({ steps: 5, state: { step: 5, waited: 0 } })).checkpoints).toEqual([]);
  });
});

test('padded rows are as long as the longest; what is added is no target', () => {
  const given = [rowOf([5, 6]), { ...rowOf([1, 2, 3, 4]), key: 9 }];
  const padded = padRows(given);
  expect(padded.map(({ ids }) => [...ids])).toEqual([
    [5, 6, 0, 0],
    [1, 2, 3, 4],
  ]);
  expect(padded.map(supervisedTokens)).toEqual(given.map(supervisedTokens));
  expect(padded[1]!.key).toBe(9);
  // the first token has nothing before it to be predicted from
  expect(supervisedTokens(rowOf([1, 2, 3], [1, 0, 1]))).toBe(1);
});
