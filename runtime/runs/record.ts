/**
 * @file Writes a run while it goes on. A kill at any moment leaves a readable run: lines are appended whole and synced,
 * run.json is replaced at once, and what a killed writer left half-done is cut off before anything is added.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError, describeError } from '../contract/errors.ts';
import type { AnswersLine, RunEvent, RunRecord, SamplesLine } from '../contract/run.ts';
import { AppendFile } from '../formats/appendFile.ts';
import { EventFile } from '../formats/tensorboard.ts';
import { writeText } from '../formats/textFile.ts';
import { AnswerLog } from './answers.ts';
import { withoutSuperseded } from './events.ts';
import { acquireLock } from './lock.ts';
import { runFiles } from './names.ts';
import { createRunFolder, recordText } from './newRun.ts';
import type { NewRun } from './newRun.ts';
import { readEventLines, readRecord, readResolvedConfig } from './read.ts';
import { StepLog } from './stepLog.ts';
import { TrainerLog } from './trainerState.ts';

/** run.json follows the steps at most this often; metrics.jsonl has each at once. In milliseconds. */
const recordEvery = 1000;
/** Appended lines are on the disk after this time at the latest. In milliseconds. */
const syncEvery = 500;

export type Now = () => Date;

/** Fields to change; `undefined` takes one away. */
export type RecordChanges = { readonly [K in keyof RunRecord]?: RunRecord[K] | undefined };

function changed(record: RunRecord, changes: RecordChanges): RunRecord {
  const kept = Object.entries({ ...record, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as unknown as RunRecord;
}

export class RunRecorder {
  readonly folder: string;
  readonly config: ResolvedConfig;
  readonly #release: () => void;
  readonly #now: Now;
  readonly #metrics: AppendFile;
  readonly #steps: StepLog;
  readonly #answers: AnswerLog;
  readonly #log: AppendFile;
  #record: RunRecord;
  #board: EventFile | undefined;
  #trainer: TrainerLog | undefined;
  #recorded = 0;
  #closed = false;
  #synced = 0;

  /** Makes a run's folder and holds its lock. Throws `disk-full` or `file-unwritable`. */
  static create(run: NewRun, now: Now = () => new Date()): RunRecorder {
    const { folder, record, release } = createRunFolder(run, now());
    return new RunRecorder({ folder, record, release, config: run.config, now });
  }

  /** Goes on with a run that ended early. Throws `run-missing`, `run-in-use`, `run-done`. Follow it with the event `resumed`. */
  static reopen(folder: string, now: Now = () => new Date()): RunRecorder {
    const missing = (why: string): UserError =>
      new UserError('run-missing', why, { place: { file: folder } });
    if (readRecord(folder) === undefined) throw missing('holds no run.');
    const release = acquireLock(folder);
    try {
      const record = readRecord(folder);
      if (record === undefined) throw missing('holds no run any more.');
      if (record.status === 'done')
        throw new UserError('run-done', `${record.id} is done: there is nothing to resume.`, {
          place: { file: folder },
          hint: 'To train further, start a new run with "method.from" set to its adapter.',
        });
      const config = readResolvedConfig(folder);
      rmSync(join(folder, runFiles.stop), { force: true });
      return new RunRecorder({ folder, record, release, config, now });
    } catch (error) {
      release();
      throw error;
    }
  }

  private constructor(parts: {
    folder: string;
    record: RunRecord;
    release: () => void;
    config: ResolvedConfig;
    now: Now;
  }) {
    const { folder } = parts;
    this.folder = folder;
    this.config = parts.config;
    this.#record = parts.record;
    this.#release = parts.release;
    this.#now = parts.now;
    this.#metrics = AppendFile.openLines(join(folder, runFiles.metrics));
    this.#steps = new StepLog(folder);
    this.#answers = new AnswerLog(folder);
    this.#log = AppendFile.openLines(join(folder, runFiles.log));
  }

  get id(): string {
    return this.#record.id;
  }

  get record(): RunRecord {
    return this.#record;
  }

  /** Appends an event, and takes over into run.json, trainer_state.json and TensorBoard's file what it says. Throws `disk-full`. */
  event(event: RunEvent): void {
    this.#metrics.append(`${JSON.stringify(event)}\n`);
    if (event.event === 'resumed') this.#steps.resumed(event.fromStep);
    if (event.event === 'started' || event.event === 'resumed') this.#begin(event);
    else this.#trainer?.add(event);
    this.#toBoard(event);
    this.#toLog(event);
    const changes = changesOf(event);
    if (event.event === 'step') this.#step(changes);
    else {
      this.#sync();
      if (changes !== undefined) this.update(changes);
      if (event.event !== 'note' && event.event !== 'started') this.#writeTrainerState(event);
    }
  }

  /** Appends the rows of a step, and the losses of their supervised tokens, row after row. Throws `disk-full`. */
  samples(line: SamplesLine, losses: Float32Array): void {
    this.#steps.add(line, losses);
  }

  /** Appends what was answered after a step. Throws `disk-full`. */
  answers(line: AnswersLine): void {
    this.#answers.add(line);
  }

  /** Replaces run.json. Throws `disk-full`. */
  update(changes: RecordChanges): void {
    this.#record = changed(this.#record, { ...changes, updated: this.#now().toISOString() });
    this.#recorded = this.#now().getTime();
    writeText(join(this.folder, runFiles.record), recordText(this.#record));
  }

  /** A line of log.txt with its time. */
  log(message: string): void {
    this.#log.append(`${this.#now().toISOString()} ${message.replaceAll('\n', '\n    ')}\n`);
  }

  /** trainer_state.json for a checkpoint's folder. */
  trainerState(): string {
    return this.#trainer?.text() ?? '{}\n';
  }

  /** Someone asked the run to stop after its step. */
  stopRequested(): boolean {
    return existsSync(join(this.folder, runFiles.stop));
  }

  /** Notes the failure as well as the disk allows, and returns its event; never throws. */
  fail(error: unknown, step?: number): RunEvent {
    const expected = error instanceof UserError;
    const event: RunEvent = {
      event: 'failed',
      message: expected ? describeError(error) : `internal error: ${describeError(error)}`,
      ...(step === undefined ? {} : { step }),
      ...(expected ? { code: error.code } : {}),
    };
    try {
      this.event(event);
    } catch {
      // the disk is full: the lock's end shows the run as interrupted
    }
    return event;
  }

  /** Syncs, closes and gives the lock back; once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#sync();
    } finally {
      for (const file of [this.#metrics, this.#steps, this.#answers, this.#log]) file.close();
      this.#board?.close();
      rmSync(join(this.folder, runFiles.stop), { force: true });
      this.#release();
    }
  }

  #begin(event: RunEvent & { event: 'started' | 'resumed' }): void {
    const steps = event.event === 'started' ? event.steps : this.#record.steps;
    this.#trainer = new TrainerLog(trainerFacts(this.config, this.#metrics.path, steps));
    // the steps before a resume are in the file; those after its checkpoint are dropped
    let best: number | undefined;
    for (const past of withoutSuperseded(readEventLines(this.#metrics.path))) {
      this.#trainer.add(past);
      if (past.event === 'evaluation') best = Math.min(best ?? past.loss, past.loss);
    }
    // an evaluation after the checkpoint that a resume goes back to doesn't hold any more
    this.#record = changed(this.#record, { bestLoss: best });
    this.#board?.close();
    const seconds = this.#now().getTime() / 1000;
    const purge = event.event === 'resumed' ? { purgeStep: event.fromStep + 1 } : {};
    this.#board = EventFile.create(this.folder, { seconds, ...purge });
  }

  #step(changes: RecordChanges | undefined): void {
    const now = this.#now().getTime();
    if (now - this.#synced >= syncEvery) this.#sync();
    if (now - this.#recorded >= recordEvery) this.update(changes ?? {});
    else this.#record = changed(this.#record, changes ?? {});
  }

  #sync(): void {
    this.#synced = this.#now().getTime();
    this.#metrics.sync();
    this.#steps.sync();
    this.#answers.sync();
  }

  #toBoard(event: RunEvent): void {
    const seconds = this.#now().getTime() / 1000;
    if (event.event === 'step') {
      const epoch = this.#trainer?.epochOf(event.step);
      this.#board?.scalars(seconds, event.step, {
        'train/loss': event.loss,
        'train/learning_rate': event.learningRate,
        'train/grad_norm': event.gradNorm,
        ...(epoch === undefined ? {} : { 'train/epoch': epoch }),
        'train/tokens_per_second': event.seconds > 0 ? event.tokens / event.seconds : 0,
      });
    } else if (event.event === 'evaluation')
      this.#board?.scalars(seconds, event.step, {
        'eval/loss': event.loss,
        ...(event.accuracy !== undefined && { 'eval/accuracy': event.accuracy }),
      });
  }

  #toLog(event: RunEvent): void {
    if (event.event === 'step') return;
    const { event: kind, ...rest } = event;
    this.log(`${kind} ${'message' in rest ? rest.message : JSON.stringify(rest)}`);
  }

  #writeTrainerState(event: RunEvent): void {
    if (this.#trainer === undefined) return;
    const ended = event.event === 'done' || event.event === 'stopped' || event.event === 'failed';
    writeText(join(this.folder, runFiles.trainerState), this.#trainer.text({ ended }));
  }
}

/** What an event changes in run.json. */
function changesOf(event: RunEvent): RecordChanges | undefined {
  switch (event.event) {
    case 'started': {
      const { steps, trainable, frozen, estimatedBytes } = event;
      return {
        status: 'running',
        steps,
        trainable,
        ...(frozen === undefined ? {} : { frozen }),
        ...(estimatedBytes === undefined ? {} : { estimatedBytes }),
      };
    }
    case 'step':
      return { step: event.step, loss: event.loss };
    case 'resumed':
      return { status: 'running', step: event.fromStep, message: undefined };
    case 'stopped':
      return { status: 'stopped', step: event.step };
    case 'failed':
      return { status: 'failed', message: event.message };
    case 'done':
      return { status: 'done', adapter: event.adapter };
    case 'evaluation':
      return event.best ? { bestLoss: event.loss } : {};
    case 'checkpoint':
      return {};
    case 'method':
    case 'note':
      return undefined;
  }
}

/** Steps an epoch has: from the plan, or from the rows where the number of steps was given. */
function trainerFacts(
  config: ResolvedConfig,
  metrics: string,
  steps: number,
): ConstructorParameters<typeof TrainerLog>[0] {
  const { training } = config;
  let rows: number | undefined;
  for (const event of readEventLines(metrics)) {
    if (event.event !== 'started') continue;
    rows = event.rows;
    break;
  }
  const stepsPerEpoch =
    training.steps === undefined
      ? steps / training.epochs
      : rows === undefined || training.tokens !== undefined
        ? undefined
        : Math.ceil(rows / (training.batch * training.accumulate));
  return {
    steps,
    epochs: stepsPerEpoch === undefined ? training.epochs : steps / stepsPerEpoch,
    batch: training.tokens === undefined ? training.batch : undefined,
    evaluateEvery: training.evaluateEvery,
    checkpointEvery: training.checkpointEvery,
    stepsPerEpoch,
  };
}
