/** @file Fine-tunes an adapter: opens everything, proves the start, trains, writes the adapter and proves that too. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { providerOf } from '../config/options.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { exitCodes, UserError } from '../contract/errors.ts';
import { shellWord } from '../contract/format.ts';
import type { AnswersLine, RunEvent } from '../contract/run.ts';
import { unadapted } from '../model/adapted.ts';
import { isOutOfMemory } from '../ort/outOfMemory.ts';
import { pruneCheckpoints, writeCheckpoint } from '../runs/checkpoint.ts';
import { readRecord } from '../runs/read.ts';
import { RunRecorder } from '../runs/record.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import { trainLoop } from '../train/loop.ts';
import type { LoopResult, LoopState } from '../train/loop.ts';
import { verifyAdapter, writeAdapter } from './adapterFiles.ts';
import { cardFacts } from './card.ts';
import { contentHashes, refuseChanged } from './contentHashes.ts';
import type { Hashes } from './contentHashes.ts';
import { loadValues, saveState, writeBest } from './checkpointState.ts';
import { memoryRanOut, refuseTooLarge } from './memoryLimits.ts';
import { peakBytes } from './peakMemory.ts';
import { proveDevice, proveFresh, snapshot, unmoved } from './proofs.ts';
import { answerSamples, sampleRows } from './sampleAnswers.ts';
import { SharedParts } from './sharedParts.ts';
import { balancing, MethodFacts } from './methodFacts.ts';
import { beginRun } from './beginRun.ts';
import { openRun } from './openRun.ts';
import type { FinetuneOptions, RunScene } from './runScene.ts';
import { setUpTraining } from './training.ts';
import type { TrainingSetup } from './training.ts';
import { versions } from './versions.ts';

export type { FinetuneOptions } from './runScene.ts';

export interface FinetuneResult {
  readonly exitCode: number;
  readonly folder: string;
  readonly adapter?: string;
}

/** Checkpoints kept besides the best. */
const KEPT_CHECKPOINTS = 2;

/**
 * Runs to the end or to a stop. Throws a `UserError` for what is found before step 0, with nothing written; what fails later is
 * in the run's record and gives exit code 1.
 */
export async function finetune(options: FinetuneOptions): Promise<FinetuneResult> {
  const resumed = options.resume === undefined ? undefined : RunRecorder.reopen(options.resume);
  const config = resumed?.config ?? options.config;
  const own = options.parts ? undefined : new SharedParts();
  const parts = options.parts ?? own!;
  try {
    const now = resumed && { now: new Date(resumed.record.created) };
    using setup = await setUpTraining(config, { ...now, parts });
    const hashes = await contentHashes(config, setup, parts);
    if (resumed) refuseChanged(resumed, hashes);
    refuseTooLarge(config, setup);
    await proveDevice(config, setup);
    const recorder = resumed ?? createRecorder(options, config, hashes);
    options.onFolder?.(recorder.folder);
    try {
      return await run({ options, parts }, config, setup, recorder);
    } catch (error) {
      // found before step 0: refused, with nothing left behind
      if (!resumed && recorder.record.status !== 'failed')
        rmSync(recorder.folder, { recursive: true, force: true });
      throw error;
    } finally {
      recorder.close();
    }
  } catch (error) {
    resumed?.close();
    throw error;
  } finally {
    await own?.[Symbol.asyncDispose]();
  }
}

function createRecorder(options: FinetuneOptions, config: ResolvedConfig, hashes: Hashes): RunRecorder {
  const { from } = config.method;
  // an adapter, a checkpoint or the best one lies in the folder of the run that made it
  const parent = from === undefined ? undefined : readRecord(dirname(from))?.id;
  return RunRecorder.create({
    config,
    configText: options.configText,
    configFile: options.configFile,
    ...(options.variant !== undefined && { variant: options.variant }),
    ...(options.sweep !== undefined && { sweep: options.sweep }),
    ...(parent !== undefined && { parent }),
    device: providerOf(config.device),
    versions: versions(),
    hashes,
  });
}

async function run(
  { options, parts }: Pick<RunScene, 'options' | 'parts'>,
  config: ResolvedConfig,
  given: TrainingSetup,
  recorder: RunRecorder,
): Promise<FinetuneResult> {
  const emit = (event: RunEvent): void => {
    recorder.event(event);
    options.onEvent(event);
  };
  let step = 0;
  let began = false;
  try {
    using opened = await openRun({ options, parts, setup: given, recorder, emit }, config);
    const { scene, trainer, facts } = opened;
    const { setup, engine } = scene;
    const state = await beginRun(scene);
    began = options.resume !== undefined;
    if (state.step === 0 && config.method.from === undefined)
      await proveFresh(setup, engine, trainer.options);
    began = true;
    if (state.step === 0 && Object.keys(facts).length > 0) emit({ event: 'method', step: 0, layers: facts });
    const samples = await askBase(scene, state.step);
    const result = await train(scene, samples, state, (done) => (step = done));
    if (result.reason === 'patience')
      emit({
        event: 'note',
        message: `Ended after step ${result.state.step} of ${setup.steps}: ${result.state.waited} evaluations brought no better loss (training.patience).`,
      });
    if (result.reason === 'stopped') {
      emit({
        event: 'stopped',
        step: result.state.step,
        resume: `adapter-workbench train --resume ${shellWord(recorder.folder)}`,
      });
      return { exitCode: exitCodes.stopped, folder: recorder.folder };
    }
    return { exitCode: exitCodes.done, folder: recorder.folder, adapter: await finish(scene, result) };
  } catch (error) {
    const reason = isOutOfMemory(error) ? memoryRanOut(config, given, error) : error;
    if (!began) throw reason;
    const failed = recorder.fail(reason, step);
    // a mistake of the program is told with its stack by who called
    if (!(reason instanceof UserError)) throw reason;
    options.onEvent(failed);
    return { exitCode: exitCodes.failed, folder: recorder.folder };
  }
}

/** Answers what the adapter of a step makes of the held-out rows that are sampled; undefined where none are. */
type AskAdapter = (step: number) => Promise<AnswersLine>;

/** The base's own answers stand first; `step` is where the run begins or goes on. */
async function askBase(scene: RunScene, step: number): Promise<AskAdapter | undefined> {
  const { setup, recorder, model, emit } = scene;
  const { tokenizer, validation } = setup;
  const { samples } = recorder.config.training;
  if (samples === 0 || validation === undefined) return undefined;
  if (tokenizer === undefined) {
    emit({ event: 'note', message: 'No samples: the base has no tokenizer to read its answers with.' });
    return undefined;
  }
  const rows = sampleRows(validation, samples);
  if (rows.length === 0) return undefined;
  if (step === 0) {
    using plain = new Engine(model.base, unadapted, model.options);
    recorder.answers(await answerSamples(plain, tokenizer, rows, 0));
  }
  return async (now) => {
    await model.recover?.();
    return answerSamples(model.engine, tokenizer, rows, now);
  };
}

async function train(
  scene: RunScene,
  samples: AskAdapter | undefined,
  state: LoopState,
  onStep: (step: number) => void,
): Promise<LoopResult> {
  const { setup, recorder, options, engine, updater, adapter, model, trained: parameters, emit } = scene;
  const { config } = recorder;
  let before = state.step === 0 ? await snapshot(parameters) : undefined;
  const validation = setup.validation && (() => rowsOf(setup.validation!));
  const facts = new MethodFacts(setup.adapted, setup.base.spec);
  const showMethod = async (step: number): Promise<void> => {
    const layers = await facts.take(parameters);
    if (layers) emit({ event: 'method', step, layers });
  };
  return trainLoop({
    engine,
    updater,
    parameters,
    sampler: setup.sampler,
    config: config.training,
    steps: setup.steps,
    packing: config.data.packing,
    readRow: (row) => setup.train.read(row),
    rowNumber: (row) => setup.train.source(row),
    ...(validation && { validation }),
    state,
    ...(model.recover && { judge: { engine: model.engine, prepare: model.recover } }),
    auxiliary: balancing(setup.adapted, setup.train).on,
    onLearned: (learned, rows) => {
      facts.add(learned, rows);
    },
    shouldStop: () => options.signal?.aborted === true || recorder.stopRequested(),
    onStep: async (event, rows, losses) => {
      onStep(event.step);
      recorder.samples(rows, losses);
      emit(event);
      const message = before && unmoved(before, await snapshot(parameters), event.learningRate);
      if (message !== undefined) emit({ event: 'note', message });
      before = undefined;
    },
    onEvaluation: async (event) => {
      // before the event: who sees it finds the answers
      if (samples) recorder.answers(await samples(event.step));
      await showMethod(event.step);
      emit(event);
    },
    onBest: async () => {
      if (config.training.keepBest) await writeBest(join(recorder.folder, 'best'), adapter);
    },
    onCheckpoint: async (now) => {
      if (!validation) await showMethod(now.step);
      const { path } = await writeCheckpoint(recorder.folder, now.step, (folder) =>
        saveState(folder, adapter, updater, now, recorder.trainerState()),
      );
      pruneCheckpoints(recorder.folder, KEPT_CHECKPOINTS, now.best?.step);
      emit({ event: 'checkpoint', step: now.step, path });
    },
  });
}

function* rowsOf(data: NonNullable<TrainingSetup['validation']>): Iterable<TokenRow> {
  for (let row = 0; row < data.rows; row++) yield data.read(row);
}

/** Writes the adapter (the best one where that was asked for), and reads it back. */
async function finish(
  { parts, setup, recorder, engine, adapter, model, trained, emit }: RunScene,
  { state }: LoopResult,
): Promise<string> {
  const { keepBest } = recorder.config.training;
  // what follows needs memory of its own, and no forward values
  engine.model.release();
  if (keepBest && state.best && state.best.step !== state.step) {
    await loadValues(join(recorder.folder, 'best'), trained);
    emit({
      event: 'note',
      message: `The adapter is that of step ${state.best.step}, the best by validation loss.`,
    });
  }
  const folder = join(recorder.folder, 'adapter');
  await writeAdapter(folder, { ...adapter, card: cardFacts(recorder, setup, state) });
  const rows = setup.sampler
    .step(0)
    .rows[0]!.slice(0, 4)
    .map((row) => setup.train.read(row));
  await verifyAdapter(folder, adapter, model.engine, model.options, rows);
  // a process remembers the peak of all its runs: that of a later one isn't known
  if (parts.counts('device').asked === 1) recorder.update({ peakBytes: peakBytes() });
  emit({ event: 'done', run: recorder.id, adapter: folder });
  return folder;
}
