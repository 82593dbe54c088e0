/** @file Which rows each step learns from: a pure function of seed and step, so that a resumed run finds its place by a number. */
import type { DataConfig, TrainingConfig } from '../contract/config.ts';
import { hashKey, permutation } from './random.ts';

export type SamplerConfig = Pick<
  TrainingConfig,
  'epochs' | 'steps' | 'batch' | 'tokens' | 'accumulate' | 'seed'
> &
  Pick<DataConfig, 'shuffle'>;

/** Rows of one step: micro-batches of row numbers. */
export type StepRows = readonly (readonly number[])[];

export class Sampler {
  readonly #config: SamplerConfig;
  readonly #rows: readonly number[];
  readonly #lengthOf: (row: number) => number;
  /** Index of the first step of each epoch begun so far; grows as steps are asked for. */
  readonly #epochStarts: number[] = [0];
  #epoch = -1;
  #steps: StepRows[] = [];

  /** `rows` are the numbers of the rows to train on, `lengthOf` their tokens. */
  constructor(rows: readonly number[], lengthOf: (row: number) => number, config: SamplerConfig) {
    this.#rows = rows;
    this.#lengthOf = lengthOf;
    this.#config = config;
  }

  /** Steps of the whole run: as configured, else those of all epochs, the last of which may be a part. */
  totalSteps(): number {
    const { steps, epochs, tokens } = this.#config;
    if (steps !== undefined) return steps;
    if (tokens === undefined) return Math.ceil(epochs * this.#countEpoch(0));
    let total = 0;
    for (let epoch = 0; epoch < epochs; epoch++)
      total += Math.ceil(Math.min(1, epochs - epoch) * this.#countEpoch(epoch));
    return total;
  }

  /** Steps of the first epoch; under a budget of tokens others may have a few more or less. */
  stepsPerEpoch(): number {
    return this.#countEpoch(0);
  }

  /** Rows of 0-based step t; steps never reach over an epoch's end. */
  step(t: number): { epoch: number; rows: StepRows } {
    let epoch = this.#epochStarts.findLastIndex((start) => start <= t);
    for (;;) {
      this.#load(epoch);
      const start = this.#epochStarts[epoch]!;
      if (t < start + this.#steps.length) return { epoch, rows: this.#steps[t - start]! };
      this.#epochStarts[epoch + 1] = start + this.#steps.length;
      epoch++;
    }
  }

  #countEpoch(epoch: number): number {
    this.#load(epoch);
    return this.#steps.length;
  }

  #load(epoch: number): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#steps = this.#plan(this.#order(epoch));
  }

  #order(epoch: number): readonly number[] {
    if (!this.#config.shuffle) return this.#rows;
    const order = permutation(this.#rows.length, hashKey('rows', this.#config.seed, epoch));
    return Array.from(order, (i) => this.#rows[i]!);
  }

  /** Cuts an epoch's order into micro-batches, and these into steps. */
  #plan(order: readonly number[]): StepRows[] {
    const { batch, tokens, accumulate } = this.#config;
    const micro: number[][] = [];
    let used = 0;
    for (const row of order) {
      const last = micro.at(-1);
      const length = this.#lengthOf(row);
      const fits = tokens === undefined ? (last?.length ?? 0) < batch : used + length <= tokens;
      if (last && fits) last.push(row);
      else {
        micro.push([row]);
        used = 0;
      }
      used += length;
    }
    return Array.from({ length: Math.ceil(micro.length / accumulate) }, (_, i) =>
      micro.slice(i * accumulate, (i + 1) * accumulate),
    );
  }
}
