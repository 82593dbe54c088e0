/**
 * @file Gradients of frozen weights before step 0: ordinary training passes over probes that add nothing (gradientProbes.ts),
 * for as many layers at a time as memory allows; no optimiser takes part.
 */
import { UserError } from '../contract/errors.ts';
import type { GradientEstimate } from '../methods/method.ts';
import { fullGradient, sketchedGradient } from '../methods/parts/gradientProbes.ts';
import type { SketchOptions } from '../methods/parts/gradientProbes.ts';
import { sketchBasis, sketchSize } from '../methods/parts/gradientSketch.ts';
import type { SketchBasis } from '../methods/parts/gradientSketch.ts';
import { matrix } from '../methods/parts/matrix.ts';
import type { Matrix } from '../methods/parts/matrix.ts';
import type { Attachment } from '../model/adapted.ts';
import type { Base, LinearSpec } from '../model/decoder.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import { supervisedTokens } from '../train/loop.ts';
import { hashKey, uniform } from '../train/random.ts';
import { namedTensors, startValues } from './adapterModel.ts';

/** One layer's wish: the whole gradient, or a sketch that is enough for `rank`. */
export interface WantedGradient {
  readonly linear: LinearSpec;
  readonly sketchRank?: number;
}

export interface GradientPass {
  readonly base: Base;
  readonly engine: EngineOptions;
  /** Each micro-batch counts by the mean loss of its supervised tokens, and all of them alike. */
  readonly batches: readonly (readonly TokenRow[])[];
  readonly seed: number;
  /** Numbers of gradients and sketches that may exist at the same time; one layer's are always allowed. */
  readonly largest: number;
}

/** A layer as a pass probes it. */
interface Probe {
  readonly linear: LinearSpec;
  readonly attachment: Attachment;
  /** Drawn anew from the seed whenever it is needed: it is as large as what it sketches. */
  readonly basis?: () => SketchBasis;
  readonly size: number;
}

/**
 * Hands each layer's estimate to `visit`, in the order of `wanted`; its numbers are gone after that.
 * Throws `no-supervised-token` where no row has a token to learn from.
 */
export async function gradientPass(
  pass: GradientPass,
  wanted: readonly WantedGradient[],
  visit: (linear: LinearSpec, estimate: GradientEstimate) => Promise<void>,
): Promise<void> {
  const batches = pass.batches.filter((rows) => rows.some((row) => supervisedTokens(row) > 0));
  if (batches.length === 0)
    throw new UserError('no-supervised-token', 'the rows for the gradient hold no token to learn from.', {
      place: { what: 'method.gradientRows' },
      hint: 'Check data.trainOn and data.length, or let more rows take part.',
    });
  for (const group of grouped(
    wanted.map((one) => probeOf(one, pass.seed)),
    pass.largest,
  ))
    await probe({ ...pass, batches }, group, visit);
}

/** A sketch where it is smaller than the gradient itself. */
function probeOf({ linear, sketchRank }: WantedGradient, seed: number): Probe {
  const { path, inputs, outputs } = linear;
  const whole = inputs * outputs;
  if (sketchRank !== undefined) {
    const { q, l } = sketchSize(sketchRank, linear);
    const basis = (): SketchBasis => sketchBasis(sketchRank, linear, uniform(hashKey('sketch', seed, path)));
    const options: SketchOptions = { rank: sketchRank, alpha: sketchRank, q, l };
    const size = q * outputs + l * inputs;
    if (size < whole) return { linear, basis, size, attachment: { method: sketchedGradient, options } };
  }
  return { linear, size: whole, attachment: { method: fullGradient, options: { rank: 1, alpha: 1 } } };
}

/** Neighbours together, so that few graphs differ. */
function grouped(probes: readonly Probe[], largest: number): Probe[][] {
  const groups: Probe[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const one of probes) {
    if (size + one.size > largest) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)!.push(one);
    size += one.size;
  }
  return groups;
}

async function probe(
  { base, engine: options, batches }: GradientPass,
  group: readonly Probe[],
  visit: (linear: LinearSpec, estimate: GradientEstimate) => Promise<void>,
): Promise<void> {
  const linears = new Map(group.map(({ linear, attachment }) => [linear.path, attachment]));
  using engine = new Engine(base, { linears, saved: new Set() }, options);
  const parameters = await engine.model.parameters();
  await startValues(parameters, basisLookup(group), 0);
  for (const [i, rows] of batches.entries()) {
    const supervised = rows.reduce((sum, row) => sum + supervisedTokens(row), 0);
    await engine.accumulate(rows, { token: 1 / supervised / batches.length, auxiliary: 0 }, i === 0);
  }
  engine.model.release();
  const found = new Map((await namedTensors(parameters, 'gradient')).map((tensor) => [tensor.name, tensor]));
  // one layer at a time in double precision
  const take = (name: string): Matrix => {
    const { shape, data } = found.get(name)!;
    return matrix(shape[0]!, shape[1]!, Float64Array.from(data));
  };
  for (const { linear, basis } of group) {
    const { path } = linear;
    const estimate: GradientEstimate = basis
      ? {
          kind: 'sketch',
          sketch: { Y: take(`${path}.sketch_Y`), Z: take(`${path}.sketch_Z`) },
          basis: basis(),
        }
      : { kind: 'full', G: take(`${path}.gradient`), batches: batches.length };
    await visit(linear, estimate);
  }
}

/** The frozen sketching matrices by name. */
function basisLookup(group: readonly Probe[]): (name: string) => Float32Array | undefined {
  const drawn = new Map<string, () => Matrix>();
  for (const { linear, basis } of group)
    if (basis)
      drawn
        .set(`${linear.path}.sketch_Omega`, () => basis().Omega)
        .set(`${linear.path}.sketch_Psi`, () => basis().Psi);
  return (name) => {
    const draw = drawn.get(name);
    return draw && Float32Array.from(draw().data);
  };
}
