/** @file What steps need: device, weights, engine, updater and start values, opened for a run or a range test. */
import { availableParallelism } from 'node:os';
import { providerOf } from '../config/options.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import type { TensorLookup } from '../model/peftAdapter.ts';
import { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import type { Parameters } from '../train/parameters.ts';
import { Updater } from '../train/update.ts';
import { Weights } from '../train/weights.ts';
import { startValues } from './adapterModel.ts';
import { changesBase, computeStart, rebase } from './computedStart.ts';
import type { LayerFacts } from './computedStart.ts';
import type { SharedParts } from './sharedParts.ts';
import { engineOptions } from './training.ts';
import type { TrainingSetup } from './training.ts';

export interface Trainer extends Disposable {
  readonly engine: Engine;
  /** Another engine made with these shares device and weights. */
  readonly options: EngineOptions;
  readonly updater: Updater;
  readonly parameters: readonly Parameters[];
  /** Of start values that were computed. */
  readonly facts: LayerFacts;
}

export interface TrainerOptions {
  /** Of arithmetic on the CPU; all that the system gives where absent. */
  readonly threads?: number;
  /** A run that goes on has its values elsewhere: none are computed. */
  readonly resumed?: boolean;
  /** The setup's base is this run's alone. */
  readonly own?: boolean;
  /** Is told what begins before step 0. */
  readonly say?: (message: string) => void;
}

/** Throws what computing start values throws. */
export async function openTrainer(
  config: ResolvedConfig,
  setup: TrainingSetup,
  parts: SharedParts,
  {
    threads = availableParallelism(),
    resumed = false,
    own = false,
    say = () => undefined,
  }: TrainerOptions = {},
): Promise<Trainer> {
  const device = parts.device({ provider: providerOf(config.device), threads });
  // a base that was made for this run shares nothing with others
  const weights = own
    ? new Weights(setup.base, device, undefined, config.memory !== 'low')
    : parts.weights(config.base, setup.base, device, config.memory);
  const options: EngineOptions = { ...engineOptions(config, setup), device, weights };
  const computed =
    resumed || config.method.from !== undefined
      ? undefined
      : await computeStart(config, setup, { engine: options, weights, parts, say });
  const changed = changesBase(setup.adapted)
    ? new Weights(setup.base, device, undefined, config.memory !== 'low')
    : weights;
  const engine = new Engine(setup.base, setup.adapted, { ...options, weights: changed });
  const updater = new Updater(device, config.training);
  const dispose = (): void => {
    updater[Symbol.dispose]();
    engine[Symbol.dispose]();
  };
  try {
    const parameters = await engine.model.parameters();
    // a tensor that is trained whole starts as the base has it
    const start: TensorLookup = (name) =>
      setup.start(name) ??
      computed?.values(name) ??
      (setup.adapted.saved.has(name) ? weights.values(name) : undefined);
    await startValues(parameters, start, config.training.seed);
    if (changed !== weights && !resumed) await rebase(changed, setup, parameters);
    for (const part of parameters) await updater.prepare(part);
    const facts = computed?.facts ?? new Map();
    return { engine, options, updater, parameters, facts, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
