/** @file Which units of a base stay, chosen at random or by what the loss's gradient says of them (LoRAM-Rand and -Stru). */
import { weightMatrix } from '../methods/parts/matrix.ts';
import type { Base, LinearSpec } from '../model/decoder.ts';
import { randomScores, saliences, selectUnits, taylorScores, unitCounts } from '../model/prune/select.ts';
import type { PruneRange, Saliences } from '../model/prune/select.ts';
import type { PrunePlan } from '../model/prune/units.ts';
import { blockLinears } from '../model/specTensors.ts';
import { hashKey, uniform } from '../train/random.ts';
import { gradientPass } from './gradientPass.ts';
import type { GradientPass } from './gradientPass.ts';

/** Units chosen at random, from the seed and the layer's number alone. Throws what `selectUnits` throws. */
export function randomPlan({ spec }: Pick<Base, 'spec'>, range: PruneRange, seed: number): PrunePlan {
  return selectUnits(spec, range, (layer) => randomScores(spec, uniform(hashKey('prune', seed, layer))));
}

/**
 * Units by first-order Taylor scores over the pass's rows; of each gradient only its sums are kept.
 * Throws `no-supervised-token`, `prune-no-gradient` and what `selectUnits` throws.
 */
export async function taylorPlan(pass: GradientPass, range: PruneRange): Promise<PrunePlan> {
  const { spec, tensors } = pass.base;
  // what is wrong with the range is said before anything is computed
  unitCounts(spec, range);
  const layers = Array.from({ length: range.end - range.start }, (_, i) => range.start + i);
  const sums = new Map<string, Saliences>();
  const wanted = layers.flatMap((layer) => blockLinears(spec, layer)).map((linear) => ({ linear }));
  await gradientPass(pass, wanted, (linear, estimate) => {
    if (estimate.kind !== 'full') throw new Error('scores need whole gradients');
    const stored = tensors.readFloat32(`${linear.path}.weight`);
    const weight = weightMatrix(stored, linear, linear.transposed);
    sums.set(linear.path, saliences(linear, weight.data, estimate.G.data));
    return Promise.resolve();
  });
  return selectUnits(spec, range, (layer) =>
    taylorScores(spec, layer, ({ path }: LinearSpec) => sums.get(path)!),
  );
}
