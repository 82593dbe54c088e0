/** @file What a study's base does without an adapter: where all its methods begin. */
import type { ResolvedConfig } from '../../runtime/contract/config.ts';
import type { Alone, Measure, Study } from './experiment.ts';
import { measureModel } from './measureModel.ts';
import { keyOf, machineOf, resolveTrial } from './trial.ts';
import type { Laboratory } from './trial.ts';

/** From the store, or measured where `computes`. Undefined where it isn't known, or the task holds out a share of its rows. */
export async function baseAlone(
  study: Study,
  laboratory: Laboratory,
  computes: boolean,
): Promise<Alone | undefined> {
  const { store, code, device } = laboratory;
  const first = { arm: study.arms[0]!.name, k: 0, seed: study.seeds[0]! };
  const { config } = resolveTrial(study, first, store.folder, device);
  const { validation } = config.data;
  if (typeof validation !== 'string') return undefined;
  const key = await keyOf(study.task, untrained(config), laboratory);
  const known = store.read(key);
  if (known || !computes) return known && { key, result: known };
  const began = performance.now();
  const held: Measure = { name: 'validation', kind: 'loss', file: validation };
  const { validation: loss, ...measured } = await measureModel(
    null,
    [held, ...study.task.measures],
    config,
    laboratory,
  );
  const result = {
    trainable: 0,
    losses: [],
    evaluations: [{ step: 0, loss: loss! }],
    measured,
    seconds: { step: 0, total: (performance.now() - began) / 1000 },
    code,
    machine: machineOf(config, laboratory),
  };
  store.write(key, result);
  return { key, result };
}

/** Method and training decide nothing of it. */
const untrained = (config: ResolvedConfig): ResolvedConfig =>
  ({ ...config, method: { kind: 'none' }, training: {} }) as unknown as ResolvedConfig;
