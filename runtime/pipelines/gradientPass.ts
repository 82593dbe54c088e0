/**
 * @file Gradients of frozen weights before step 0, over probes that add nothing (gradientProbes.ts): a forward pass that keeps what
 * groups of blocks read, then group by group from the last, each with what is behind it. Every block runs twice and back once, however
 * few layers' gradients memory holds at a time; no optimiser takes part.
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
import { unadapted } from '../model/adapted.ts';
import type { Base, DecoderSpec, LinearSpec } from '../model/decoder.ts';
import { blockLinears, headLinears } from '../model/specTensors.ts';
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

/** Blocks that go back together, for one or more groups of layers: more only where a single block is too large. */
interface Stage {
  readonly first: number;
  readonly last: number;
  readonly groups: readonly (readonly Probe[])[];
}

/**
 * Hands each layer's estimate to `visit`, layers of later blocks first; its numbers are gone after that.
 * Throws `no-supervised-token` where no row has a token to learn from.
 */
export async function gradientPass(
  given: GradientPass,
  wanted: readonly WantedGradient[],
  visit: Visit,
): Promise<void> {
  const batches = given.batches.filter((rows) => rows.some((row) => supervisedTokens(row) > 0));
  if (batches.length === 0)
    throw new UserError('no-supervised-token', 'the rows for the gradient hold no token to learn from.', {
      place: { what: 'method.gradientRows' },
      hint: 'Check data.trainOn and data.length, or let more rows take part.',
    });
  const pass = { ...given, batches };
  const { spec } = pass.base;
  const probes = new Map(wanted.map((one) => [one.linear.path, probeOf(one, pass.seed)]));
  const own = (linears: readonly LinearSpec[]): Probe[] =>
    linears.flatMap(({ path }) => probes.get(path) ?? []);
  const ofBlocks = spec.layers.map((_, block) => own(blockLinears(spec, block)));
  const ofHead = own(headLinears(spec));
  if (ofBlocks.flat().length + ofHead.length < probes.size)
    throw new Error('a gradient is wanted of a linear that the base has not');
  const stages = stagesOf(ofBlocks, pass.largest);
  const before = await streamsBefore(pass, new Set(stages.map(({ first }) => first)));
  const last = spec.layers.length;
  let behind = await throughHead(pass, before.get(last)!, ofHead, visit);
  before.delete(last);
  for (const stage of stages) {
    const streams = before.get(stage.first)!;
    before.delete(stage.first);
    behind = await throughStage(pass, stage, { streams, behind }, visit);
  }
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

/** From the last block to the first that has probes; neighbours together while their numbers are at most so many. */
function stagesOf(blocks: readonly (readonly Probe[])[], largest: number): Stage[] {
  const stages: Stage[] = [];
  const sizeOf = (probes: readonly Probe[]): number => probes.reduce((sum, { size }) => sum + size, 0);
  const lowest = blocks.findIndex((probes) => probes.length > 0);
  let size = Infinity;
  for (let block = blocks.length - 1; block >= lowest && lowest >= 0; block--) {
    const probes = blocks[block]!;
    const own = sizeOf(probes);
    const open = stages.at(-1);
    if (open && size + own <= largest) {
      size += own;
      stages[stages.length - 1] = { ...open, first: block, groups: [[...probes, ...open.groups[0]!]] };
      continue;
    }
    const groups = own > largest ? grouped(probes, largest) : [probes];
    stages.push({ first: block, last: block, groups });
    size = own;
  }
  return stages;
}

/** Layers of a block that is too large, in parts. */
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

/** Residual streams of the micro-batches, [tokens, hidden] each. */
type Streams = readonly Float32Array[];

/** What the given blocks read, and under the number of blocks what the head reads. */
async function streamsBefore(
  { base, engine: options, batches }: GradientPass,
  blocks: ReadonlySet<number>,
): Promise<Map<number, Streams>> {
  // a segment each, so that any block's input can be kept
  using engine = new Engine(base, unadapted, { ...options, span: 1 });
  const kept = new Map<number, Float32Array[]>();
  const count = base.spec.layers.length;
  for (const rows of batches) {
    let stream: Float32Array | undefined;
    for (let segment = 0; segment <= count; segment++) {
      stream = (await engine.pass([segment, segment], rows, stream)).stream;
      if (!blocks.has(segment) && segment < count) continue;
      const own = kept.get(segment) ?? [];
      own.push(stream);
      kept.set(segment, own);
    }
  }
  return kept;
}

/** The weight of each token's loss in a micro-batch: its mean, and all micro-batches alike. */
const tokenWeight = (rows: readonly TokenRow[], batches: number): number =>
  1 / rows.reduce((sum, row) => sum + supervisedTokens(row), 0) / batches;

type Visit = (linear: LinearSpec, estimate: GradientEstimate) => Promise<void>;

/** The gradient behind the last block, micro-batch by micro-batch; the head's own layers are handed out. */
async function throughHead(
  { base, engine: options, batches }: GradientPass,
  streams: Streams,
  probes: readonly Probe[],
  visit: Visit,
): Promise<Streams> {
  using engine = await probing(base, { ...options, span: 1 }, probes);
  const behind: Float32Array[] = [];
  for (const [i, rows] of batches.entries())
    behind.push(await engine.headGradient(rows, streams[i]!, tokenWeight(rows, batches.length), i === 0));
  await handOut(engine, probes, batches.length, visit);
  return behind;
}

/** The gradient before a stage's blocks. */
async function throughStage(
  { base, engine: options, batches }: GradientPass,
  { first, last, groups }: Stage,
  { streams, behind }: { readonly streams: Streams; readonly behind: Streams },
  visit: Visit,
): Promise<Streams> {
  const part = { ...base, spec: blocksOnly(base.spec, first, last) };
  const segments = Math.ceil((last - first + 1) / options.span);
  const before: Float32Array[] = [];
  for (const [g, probes] of groups.entries()) {
    using engine = await probing(part, { ...options, everyInput: true }, probes);
    for (const [i, rows] of batches.entries()) {
      const learn = { fresh: i === 0, behind: behind[i]! };
      const { gradient } = await engine.pass([1, segments], rows, streams[i], learn);
      if (g === 0) before.push(gradient!);
    }
    engine.model.release();
    await handOut(engine, probes, batches.length, visit);
  }
  return before;
}

/** A model of some of the blocks. */
function blocksOnly(spec: DecoderSpec, first: number, last: number): DecoderSpec {
  const { layers, names } = spec;
  const blocks = names.blocks.slice(first, last + 1);
  return { ...spec, layers: layers.slice(first, last + 1), names: { ...names, blocks } };
}

async function probing(base: Base, options: EngineOptions, probes: readonly Probe[]): Promise<Engine> {
  const linears = new Map(probes.map(({ linear, attachment }) => [linear.path, attachment]));
  const engine = new Engine(base, { linears, saved: new Set() }, options);
  await startValues(await engine.model.parameters(), basisLookup(probes), 0);
  return engine;
}

async function handOut(
  engine: Engine,
  probes: readonly Probe[],
  batches: number,
  visit: Visit,
): Promise<void> {
  const parameters = await engine.model.parameters();
  const found = new Map((await namedTensors(parameters, 'gradient')).map((tensor) => [tensor.name, tensor]));
  // one layer at a time in double precision
  const take = (name: string): Matrix => {
    const { shape, data } = found.get(name)!;
    return matrix(shape[0]!, shape[1]!, Float64Array.from(data));
  };
  for (const { linear, basis } of probes) {
    const { path } = linear;
    const estimate: GradientEstimate = basis
      ? {
          kind: 'sketch',
          sketch: { Y: take(`${path}.sketch_Y`), Z: take(`${path}.sketch_Z`) },
          basis: basis(),
        }
      : { kind: 'full', G: take(`${path}.gradient`), batches };
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
