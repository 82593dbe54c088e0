/** @file Start values that methods compute from the base's weights or gradients, layer by layer, before step 0. */
import { availableParallelism } from 'node:os';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { MatrixError, storedOrder, weightMatrix } from '../methods/parts/matrix.ts';
import type { Matrix } from '../methods/parts/matrix.ts';
import type { AdapterMethod, GradientEstimate, Started, StartRule } from '../methods/method.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapter, Attachment } from '../model/adapted.ts';
import type { LinearSpec } from '../model/decoder.ts';
import type { TensorLookup } from '../model/peftAdapter.ts';
import { OrtProducts } from '../ort/products.ts';
import type { TokenRow } from '../train/batch.ts';
import type { EngineOptions } from '../train/engine.ts';
import type { Parameters } from '../train/parameters.ts';
import { hashKey, uniform } from '../train/random.ts';
import { learningRateAt } from '../train/schedule.ts';
import type { Weights } from '../train/weights.ts';
import { gradientPass } from './gradientPass.ts';
import type { SharedParts } from './sharedParts.ts';
import { allTensors, layerTensors } from './storedAdapter.ts';
import type { TrainingSetup } from './training.ts';

/** Numbers worth showing of each layer, by its path. */
export type LayerFacts = ReadonlyMap<string, Readonly<Record<string, number>>>;

export interface ComputedStart {
  readonly values: TensorLookup;
  readonly facts: LayerFacts;
}

interface Wanted {
  readonly linear: LinearSpec;
  readonly attachment: Attachment<AdapterMethod>;
  readonly rule: StartRule;
}

/** Layers whose gradients are kept at the same time hold at most this many numbers, in some four copies of 4 bytes. */
const LARGEST_GRADIENTS = 16e6;

/** The layers whose method computes start values. */
function wantedOf({ linears }: Adapter, setup: Pick<TrainingSetup, 'base'>): Wanted[] {
  const shapes = new Map(linearsOf(setup.base.spec).map((linear) => [linear.path, linear]));
  return [...linears].flatMap(([path, attachment]) => {
    const rule = attachment.method.start?.(attachment.options);
    return rule ? [{ linear: shapes.get(path)!, attachment, rule }] : [];
  });
}

/** How the adapted model may differ from the base at step 0. */
export function freshness({ linears }: Adapter): StartRule['fresh'] {
  const order = ['equal', 'nearly', 'moved'] as const;
  const found = [...linears.values()].map(({ method, options }) => method.start?.(options)?.fresh ?? 'equal');
  return order[Math.max(0, ...found.map((fresh) => order.indexOf(fresh)))]!;
}

interface StartScene {
  readonly engine: EngineOptions;
  readonly weights: Weights;
  readonly parts: SharedParts;
  /** Is told what begins: on large bases it takes a while. */
  readonly say: (message: string) => void;
}

/**
 * Undefined where no method asks for any. Throws `start-values` naming the layer whose weight or gradient gives none (zero
 * everywhere, not finite, too small for the rank), and `no-supervised-token`.
 */
export async function computeStart(
  config: ResolvedConfig,
  setup: TrainingSetup,
  { engine, weights, parts, say }: StartScene,
): Promise<ComputedStart | undefined> {
  const wanted = wantedOf(setup.adapted, setup);
  if (wanted.length === 0) return undefined;
  const host = parts.device({ provider: 'cpu', threads: availableParallelism() });
  const { multiply } = new OrtProducts(engine.device.onHost ? engine.device : host);
  const { training } = config;
  const values = new Map<string, Float32Array>();
  const facts = new Map<string, Readonly<Record<string, number>>>();
  const compute = async (
    { linear, attachment, rule }: Wanted,
    gradient?: GradientEstimate,
  ): Promise<void> => {
    const { path } = linear;
    const started = await named(path, () =>
      rule.compute({
        layer: linear,
        weight: () => frozenMatrix(weights, linear),
        gradient: () => gradient!,
        sources: { multiply, random: uniform(hashKey('start', training.seed, path)) },
        optimizer: training.optimizer,
        firstStepRate: learningRateAt(training, 0, setup.steps),
      }),
    );
    keep(started, linear, attachment, values);
    if (started.facts) facts.set(path, started.facts);
  };
  const byWeight = wanted.filter(({ rule }) => rule.reads === 'weight');
  if (byWeight.length > 0) say(`Computes start values of ${byWeight.length} linears from their weights.`);
  for (const one of byWeight) await compute(one);
  const byGradient = new Map(
    wanted.filter(({ rule }) => rule.reads !== 'weight').map((one) => [one.linear.path, one]),
  );
  if (byGradient.size > 0) {
    const batches = gradientBatches(config, setup);
    const rows = batches.reduce((count, batch) => count + batch.length, 0);
    say(`Computes start values of ${byGradient.size} linears from the gradient of ${rows} rows.`);
    await gradientPass(
      { base: setup.base, engine, batches, seed: training.seed, largest: LARGEST_GRADIENTS },
      [...byGradient.values()].map(({ linear, rule, attachment }) => ({
        linear,
        ...(rule.reads === 'gradient-or-sketch' && { sketchRank: attachment.options.rank }),
      })),
      (linear, estimate) => compute(byGradient.get(linear.path)!, estimate),
    );
  }
  // as the layers lie in the model, whatever came first
  const ordered = wanted.flatMap(({ linear: { path } }) => {
    const own = facts.get(path);
    return own ? [[path, own] as const] : [];
  });
  return { values: (name) => values.get(name), facts: new Map(ordered) };
}

/** The first rows of the file as micro-batches of the training's size. */
function gradientBatches({ method, training }: ResolvedConfig, { train }: TrainingSetup): TokenRow[][] {
  const count = Math.min(train.rows, method['gradientRows'] as number);
  const batches: TokenRow[][] = [];
  for (let row = 0; row < count; row += training.batch)
    batches.push(
      Array.from({ length: Math.min(training.batch, count - row) }, (_, i) => train.read(row + i)),
    );
  return batches;
}

const frozenMatrix = (weights: Weights, linear: LinearSpec): Matrix =>
  weightMatrix(weights.values(`${linear.path}.weight`), linear, linear.transposed);

/** Runs a layer's computation; what no matrix can be made of is an error of that layer. */
async function named<T>(path: string, compute: () => T | Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    throw new UserError('start-values', `${path} has no start values: ${error.message}.`, {
      place: { what: path },
      hint: 'Leave the layer out of method.targets, or choose a smaller rank or other rows.',
    });
  }
}

function keep(
  { tensors }: Started,
  linear: LinearSpec,
  { method, options }: Attachment<AdapterMethod>,
  into: Map<string, Float32Array>,
): void {
  const specs = method.params(options, linear);
  for (const [key, { data }] of Object.entries(tensors))
    into.set(`${linear.path}.${specs[key]!.tensor}`, Float32Array.from(data));
}

/** Whether a method of this adapter sits on changed weights. */
export const changesBase = ({ linears }: Adapter): boolean =>
  [...linears.values()].some(({ method, options }) => method.rebase?.(options) !== undefined);

/** Puts into `weights` what such methods leave of the base, by the adapter's values of now. */
export async function rebase(
  weights: Weights,
  setup: Pick<TrainingSetup, 'base' | 'adapted'>,
  parameters: readonly Parameters[],
): Promise<void> {
  const tensors = await allTensors(parameters);
  const shapes = new Map(linearsOf(setup.base.spec).map((linear) => [linear.path, linear]));
  for (const [path, attachment] of setup.adapted.linears) {
    const change = attachment.method.rebase?.(attachment.options);
    if (!change) continue;
    const linear = shapes.get(path)!;
    const own = layerTensors(attachment, linear, (name) => tensors.get(name));
    const left = await named(path, () => change(frozenMatrix(weights, linear), own));
    weights.replace(`${path}.weight`, Float32Array.from(storedOrder(left, linear.transposed)));
  }
}
