/** @file How a run begins: it says what it is, or goes back to its last whole checkpoint. */
import { providerOf } from '../config/options.ts';
import { describeError, UserError } from '../contract/errors.ts';
import { elementCount } from '../model/adapted.ts';
import { specTensors } from '../model/specTensors.ts';
import { listCheckpoints, removeLeftovers } from '../runs/checkpoint.ts';
import type { Checkpoint } from '../runs/checkpoint.ts';
import { flopsPerToken } from '../train/flops.ts';
import type { LoopState } from '../train/loop.ts';
import type { Parameters } from '../train/parameters.ts';
import type { Updater } from '../train/update.ts';
import { restoreState } from './checkpointState.ts';
import { changesBase, rebase } from './computedStart.ts';
import { productRate } from './estimate.ts';
import { balancing } from './methodFacts.ts';
import type { RunScene } from './runScene.ts';

/** Says that the run begins, or goes back to its last whole checkpoint. */
export async function beginRun({
  setup,
  recorder,
  options,
  engine,
  updater,
  trained,
  emit,
}: RunScene): Promise<LoopState> {
  const { base, train, steps, trainable, frozen, estimate } = setup;
  const { totals } = train;
  // a run that was killed before it could say how long it is says so now
  if (options.resume === undefined || recorder.record.steps === 0) {
    emit({
      event: 'started',
      run: recorder.id,
      steps,
      rows: train.rows,
      trainable,
      frozen,
      ...(base.spec.labels && { classes: base.spec.labels }),
      estimatedBytes: estimate.total,
      baseParameters: specTensors(base.spec).reduce((sum, { shape }) => sum + elementCount(shape), 0),
      flopsPerToken: flopsPerToken(base.spec, recorder.config.memory, totals.supervised / totals.tokens),
      ...(providerOf(recorder.config.device) === 'cpu' && { peakFlops: 1e9 * (await productRate()) }),
    });
    for (const { message } of train.lints.slice(0, 5)) emit({ event: 'note', message });
    const { note } = balancing(setup.adapted, train);
    if (note !== undefined) emit({ event: 'note', message: note });
  }
  if (options.resume === undefined) return { step: 0, waited: 0 };
  removeLeftovers(recorder.folder);
  const { whole, skipped } = listCheckpoints(recorder.folder);
  const notes = skipped.map(({ name, reason }) => `${name} is skipped: ${reason}`);
  const state = await newestState(whole, trained, updater, notes);
  if (changesBase(setup.adapted)) await rebase(engine.weights, setup, trained);
  emit({ event: 'resumed', fromStep: state.step });
  for (const message of notes) emit({ event: 'note', message });
  return state;
}

/** The state of the newest checkpoint that can be read. Throws what is wrong with the oldest where none can. */
async function newestState(
  checkpoints: readonly Checkpoint[],
  parameters: readonly Parameters[],
  updater: Updater,
  notes: string[],
): Promise<LoopState> {
  for (const checkpoint of checkpoints) {
    try {
      return await restoreState(checkpoint, parameters, updater);
    } catch (error) {
      if (!(error instanceof UserError) || checkpoint === checkpoints.at(-1)) throw error;
      notes.push(`checkpoint-${checkpoint.step} is skipped: ${describeError(error)}`);
    }
  }
  return { step: 0, waited: 0 };
}
