/** @file Runs the jobs of a sweep in this process, one after the other: what they have in common stays open. */
import { exitCodes } from '../contract/errors.ts';
import { finetune } from './finetune.ts';
import { SharedParts } from './sharedParts.ts';
import type { JobListener, SweepJob, SweepWorker } from './sweep.ts';

/** What decides whether a job may go on with the parts of the one before. */
const placeOf = ({ config, threads }: SweepJob): string =>
  JSON.stringify([config.base, config.device, config.memory, threads]);

export class SharingWorker implements SweepWorker {
  readonly #signal: AbortSignal | undefined;
  #parts = new SharedParts();
  #place: string | undefined;

  /** `signal` ends the job that goes on after its current step. */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Another base than before is opened instead of the old one, not beside it; after a failure everything is opened anew. */
  async run(job: SweepJob, { onFolder, onEvent }: JobListener): Promise<number> {
    const place = placeOf(job);
    if (this.#place !== place) await this.#renew();
    this.#place = place;
    let exitCode: number = exitCodes.failed;
    try {
      const options = { ...job, parts: this.#parts, onFolder, onEvent };
      ({ exitCode } = await finetune(this.#signal ? { ...options, signal: this.#signal } : options));
      return exitCode;
    } finally {
      if (exitCode === exitCodes.failed) this.#place = undefined;
    }
  }

  async #renew(): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
    this.#parts = new SharedParts();
  }

  async close(): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }
}
