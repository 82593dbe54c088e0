/** @file Opens what a run trains and what it judges: the same model, or a smaller base and the original that its adapter is for. */
import type { ResolvedConfig } from '../contract/config.ts';
import type { MethodEvent } from '../contract/run.ts';
import { listCheckpoints } from '../runs/checkpoint.ts';
import type { AdapterToWrite } from './adapterFiles.ts';
import { OriginalModel } from './originalModel.ts';
import type { RunScene } from './runScene.ts';
import { onSmallerBase } from './smallerBase.ts';
import { openTrainer } from './trainer.ts';
import type { Trainer } from './trainer.ts';

export interface OpenedRun extends Disposable {
  readonly scene: RunScene;
  readonly trainer: Trainer;
  /** By layer path: what there is to show of it before step 1. */
  readonly facts: MethodEvent['layers'];
}

/** Throws what pruning a base, computing start values and opening a device throw; nothing stays open then. */
export async function openRun(
  given: Pick<RunScene, 'options' | 'parts' | 'setup' | 'recorder' | 'emit'>,
  config: ResolvedConfig,
): Promise<OpenedRun> {
  const { options, parts, recorder, emit } = given;
  const open: Disposable[] = [];
  const close = (): void => {
    for (const one of open.reverse()) one[Symbol.dispose]();
  };
  try {
    const threads = options.threads !== undefined ? { threads: options.threads } : {};
    // a run that ended before its first checkpoint begins anew, start values included
    const resumed = options.resume !== undefined && listCheckpoints(recorder.folder).whole.length > 0;
    const place = { folder: recorder.folder, resumed, ...threads, emit };
    const smaller = await onSmallerBase({ config, setup: given.setup, parts, ...place });
    if (smaller) open.push(smaller);
    const setup = smaller ?? given.setup;
    const trainer = await openTrainer(config, setup, parts, {
      ...threads,
      resumed,
      own: smaller !== undefined,
      say: (message) => {
        emit({ event: 'note', message });
      },
    });
    open.push(trainer);
    const { engine, updater, parameters: trained } = trainer;
    const original =
      smaller && (await OriginalModel.open({ ...smaller, base: smaller.original, trained }, trainer.options));
    if (original) open.push(original);
    const { adapted, method } = setup;
    const own = { adapted, method, base: setup.base, parameters: trained };
    const adapter: AdapterToWrite = original
      ? { ...own, base: original.base, parameters: original.parameters, trained, refresh: original.recover }
      : own;
    const model = original ?? { base: setup.base, engine, options: trainer.options };
    const scene = { options, parts, setup, recorder, emit, engine, updater, adapter, trained, model };
    return { scene, trainer, facts: startFacts(smaller?.facts, trainer.facts), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

type Facts = ReadonlyMap<string, Readonly<Record<string, number>>>;

function startFacts(ofBase: Facts = new Map(), ofValues: Facts): MethodEvent['layers'] {
  const paths = new Set([...ofBase.keys(), ...ofValues.keys()]);
  return Object.fromEntries([...paths].map((path) => [path, { ...ofBase.get(path), ...ofValues.get(path) }]));
}
