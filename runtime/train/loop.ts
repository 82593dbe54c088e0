/** @file The training loop: steps, evaluations, checkpoints, and the guards that stop a run which can't succeed. */
import type { TrainingConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import type { EvaluationEvent, SamplesLine, StepEvent } from '../contract/run.ts';
import type { TokenRow } from './batch.ts';
import type { Engine, Learned, Losses } from './engine.ts';
import type { Parameters } from './parameters.ts';
import { hashKey } from './random.ts';
import type { Sampler } from './sampler.ts';
import { learningRateAt } from './schedule.ts';
import type { Updater } from './update.ts';

/** Progress that a checkpoint keeps besides tensors; all else follows from seed and step. */
export interface LoopState {
  /** Steps done. */
  readonly step: number;
  readonly best?: { readonly step: number; readonly loss: number };
  /** Evaluations since the best one. */
  readonly waited: number;
}

export interface LoopOptions {
  readonly engine: Engine;
  readonly updater: Updater;
  readonly parameters: readonly Parameters[];
  readonly sampler: Sampler;
  readonly config: TrainingConfig;
  readonly steps: number;
  /** False pads each micro-batch's rows to the longest. */
  readonly packing: boolean;
  readonly readRow: (row: number) => TokenRow;
  /** A row's number in its file, for the record and for messages. */
  readonly rowNumber: (row: number) => number;
  /** Rows to evaluate on, read anew each time; absent switches evaluation off. */
  readonly validation?: () => Iterable<TokenRow>;
  readonly state: LoopState;
  /** Learning rate of 0-based step t; the config's schedule where absent. */
  readonly rateAt?: (t: number) => number;
  /** What is evaluated in the place of the engine's own model: the original of the one that is trained. */
  readonly judge?: { readonly engine: Engine; readonly prepare: () => Promise<void> };
  /** What methods minimise beside the loss is left out where this is false. */
  readonly auxiliary?: boolean;
  /** After each micro-batch: what its forward pass showed. */
  readonly onLearned?: (learned: Learned, rows: readonly TokenRow[]) => void;
  readonly shouldStop: () => boolean;
  /** `losses` of the supervised tokens, row after row in the order of `samples.rows`. */
  readonly onStep: (event: StepEvent, samples: SamplesLine, losses: Float32Array) => void | Promise<void>;
  readonly onEvaluation: (event: EvaluationEvent) => void | Promise<void>;
  /** Must write everything that resuming needs. */
  readonly onCheckpoint: (state: LoopState) => Promise<void>;
  /** The values are the best so far. */
  readonly onBest: () => Promise<void>;
}

export interface LoopResult {
  readonly reason: 'done' | 'stopped' | 'patience';
  readonly state: LoopState;
}

/** Tokens of an evaluation's micro-batch at least, so that many short rows share a call. */
const EVALUATION_TOKENS = 1024;

/** Sum of the mask's bits that are targets; a row with a class has one. */
export function supervisedTokens({ mask, label }: TokenRow): number {
  if (label !== undefined) return 1;
  let count = 0;
  for (let i = 1; i < mask.length; i++) count += mask[i]!;
  return count;
}

/** Rows made equally long with tokens that carry no loss; causality keeps them from touching the others. */
export function padRows(rows: readonly TokenRow[]): TokenRow[] {
  const longest = Math.max(...rows.map(({ ids }) => ids.length));
  return rows.map((row) => {
    const ids = new Uint32Array(longest);
    const mask = new Uint8Array(longest);
    ids.set(row.ids);
    mask.set(row.mask);
    return { ...row, ids, mask, valid: row.ids.length };
  });
}

export interface Evaluated {
  readonly loss: number;
  readonly tokens: number;
  /** Share of the rows whose class is the likeliest one, where the base classifies. */
  readonly accuracy?: number;
}

/** Mean loss over the supervised tokens of `rows`. */
export async function evaluate(engine: Engine, rows: Iterable<TokenRow>): Promise<Evaluated> {
  let [sum, tokens, right] = [0, 0, 0];
  const classifies = engine.spec.task === 'classification';
  const run = async (batch: readonly TokenRow[]): Promise<void> => {
    if (!classifies) {
      const { tokenLoss } = await engine.losses(batch);
      for (const loss of tokenLoss) sum += loss;
      tokens += tokenLoss.length;
      return;
    }
    const found = classResults((await engine.logits(batch)).logits, batch);
    for (const { loss, isRight } of found) {
      sum += loss;
      if (isRight) right += 1;
    }
    tokens += found.length;
  };
  let batch: TokenRow[] = [];
  let length = 0;
  for (const row of rows) {
    if (batch.length > 0 && length + row.ids.length > EVALUATION_TOKENS) {
      await run(batch);
      [batch, length] = [[], 0];
    }
    batch.push(row);
    length += row.ids.length;
  }
  if (batch.length > 0) await run(batch);
  return {
    loss: sum / Math.max(1, tokens),
    tokens,
    ...(classifies && { accuracy: right / Math.max(1, tokens) }),
  };
}

/** What outputs [rows, classes] say of each row that has a class: -log softmax there, and whether it is the likeliest. */
function classResults(
  logits: Float32Array,
  rows: readonly TokenRow[],
): { readonly loss: number; readonly isRight: boolean }[] {
  const classes = logits.length / rows.length;
  return rows.flatMap(({ label }, row) => {
    if (label === undefined) return [];
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const most = own.reduce((a, b) => Math.max(a, b));
    const sum = own.reduce((total, value) => total + Math.exp(value - most), 0);
    // of equal outputs the first is the likeliest, as an argmax has it
    return [{ loss: most + Math.log(sum) - own[label]!, isRight: own.indexOf(most) === label }];
  });
}

/** Runs steps until all are done, the person stops, or patience ends. Throws `loss-not-finite` with the step's rows. */
export async function trainLoop(options: LoopOptions): Promise<LoopResult> {
  const { config, steps, shouldStop } = options;
  let { state } = options;
  const every = (interval: number): boolean => interval > 0 && state.step % interval === 0;
  while (state.step < steps) {
    await trainStep(options, state.step);
    state = { ...state, step: state.step + 1 };
    const last = state.step === steps;
    if (options.validation && (last || every(config.evaluateEvery))) {
      state = await evaluateStep(options, options.validation, state);
      if (config.patience > 0 && state.waited >= config.patience) {
        await options.onCheckpoint(state);
        return { reason: 'patience', state };
      }
    }
    const stop = !last && shouldStop();
    if (last || stop || every(config.checkpointEvery)) await options.onCheckpoint(state);
    if (stop) return { reason: 'stopped', state };
  }
  return { reason: 'done', state };
}

/** The loss that counts, and the one of the model that is trained where these are two. */
async function judged(
  { engine, judge }: LoopOptions,
  rows: () => Iterable<TokenRow>,
): Promise<Evaluated & { readonly trainedLoss?: number }> {
  const own = await evaluate(engine, rows());
  if (!judge) return own;
  await judge.prepare();
  return { ...(await evaluate(judge.engine, rows())), trainedLoss: own.loss };
}

async function evaluateStep(
  options: LoopOptions,
  rows: () => Iterable<TokenRow>,
  state: LoopState,
): Promise<LoopState> {
  const started = performance.now();
  const { loss, tokens, accuracy, trainedLoss } = await judged(options, rows);
  // a loss that is no number is never the best: nothing would be better afterwards
  const best = loss < (state.best?.loss ?? Number.POSITIVE_INFINITY);
  const seconds = (performance.now() - started) / 1000;
  const found = {
    loss,
    tokens,
    ...(accuracy !== undefined && { accuracy }),
    ...(trainedLoss !== undefined && { trainedLoss }),
  };
  await options.onEvaluation({ event: 'evaluation', step: state.step, ...found, seconds, best });
  if (!best) return { ...state, waited: state.waited + 1 };
  await options.onBest();
  return { step: state.step, best: { step: state.step, loss }, waited: 0 };
}

interface RowLosses {
  readonly row: number;
  sum: number;
  readonly tokens: number;
  readonly supervised: number;
}

/** One optimiser step: the mean loss over all supervised tokens of all its micro-batches. */
async function trainStep(options: LoopOptions, t: number): Promise<void> {
  const { engine, updater, sampler, config, steps, packing, readRow, rowNumber } = options;
  const started = performance.now();
  const { rows } = sampler.step(t);
  const read = rows.map((micro) =>
    micro.map((row) => ({ ...readRow(row), key: hashKey('dropout', config.seed, t, row) })),
  );
  const supervised = read.flat().reduce((sum, row) => sum + supervisedTokens(row), 0);
  if (supervised === 0) throw noSupervision(rows.flat().map(rowNumber), t);
  // beside the loss, the mean over the micro-batches
  const weights = { token: 1 / supervised, auxiliary: options.auxiliary === false ? 0 : 1 / read.length };
  const perRow: RowLosses[] = [];
  const tokenLosses = new Float32Array(supervised);
  let recorded = 0;
  let total = 0;
  for (const [i, micro] of read.entries()) {
    // whole documents are kept apart by masks: padding would be seen by what stands before it
    const padded = !packing && engine.spec.task === undefined;
    const losses = await engine.accumulate(padded ? padRows(micro) : micro, weights, i === 0);
    options.onLearned?.(losses, micro);
    total += collect(losses, rows[i]!.map(rowNumber), micro, perRow);
    tokenLosses.set(losses.tokenLoss, recorded);
    recorded += losses.tokenLoss.length;
  }
  const loss = total / supervised;
  const gradNorm = engine.gradientNorm;
  const learningRate = options.rateAt?.(t) ?? learningRateAt(config, t, steps);
  if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
    throw notFinite(loss, gradNorm, learningRate, perRow, t);
  await updater.step(options.parameters, t + 1, learningRate, updater.clipFactor(gradNorm));
  const tokens = perRow.reduce((sum, row) => sum + row.tokens, 0);
  const seconds = (performance.now() - started) / 1000;
  const step = t + 1;
  const memory = process.memoryUsage.rss();
  await options.onStep(
    { event: 'step', step, loss, gradNorm, learningRate, tokens, supervised, seconds, memory },
    samplesLine(step, perRow),
    tokenLosses,
  );
}

function collect(
  { batch, tokenLoss }: Losses,
  rows: readonly number[],
  read: readonly TokenRow[],
  into: RowLosses[],
): number {
  const own = rows.map((row, i) => ({
    row,
    sum: 0,
    tokens: read[i]!.ids.length,
    supervised: supervisedTokens(read[i]!),
  }));
  let total = 0;
  tokenLoss.forEach((loss, i) => {
    own[batch.labelled.rows[i]!]!.sum += loss;
    total += loss;
  });
  into.push(...own);
  return total;
}

function samplesLine(step: number, rows: readonly RowLosses[]): SamplesLine {
  return {
    step,
    rows: rows.map(({ row }) => row),
    losses: rows.map(({ sum, supervised }) => sum / Math.max(1, supervised)),
    tokens: rows.map(({ tokens }) => tokens),
    supervised: rows.map(({ supervised }) => supervised),
  };
}

function noSupervision(rows: readonly number[], t: number): UserError {
  return new UserError('no-supervised-token', `step ${t + 1} holds no token to learn from.`, {
    place: { what: `rows ${rows.join(', ')}` },
    hint: 'Check data.trainOn and data.length, or leave these rows out.',
  });
}

function notFinite(
  loss: number,
  gradNorm: number,
  rate: number,
  rows: readonly RowLosses[],
  t: number,
): UserError {
  const worst = rows.filter(({ sum }) => !Number.isFinite(sum)).map(({ row }) => row);
  const named = worst.length > 0 ? worst : rows.map(({ row }) => row);
  return new UserError(
    'loss-not-finite',
    `step ${t + 1} stopped: ${Number.isFinite(loss) ? `the gradient's norm is ${gradNorm}` : `the loss is ${loss}`}.`,
    {
      place: { what: `rows ${named.join(', ')}` },
      hint: `The last good state is kept; try a learning rate below ${rate.toPrecision(2)}, or look at these rows.`,
    },
  );
}
