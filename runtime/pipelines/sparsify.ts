/**
 * @file Masks of a base's block linears by SparseGPT, layer after layer (LoRAM-Semi and -Unst): each layer is pruned by what comes in
 * from those before it as they are then, as in the reference. A layer runs by itself, on residual streams that are kept: each runs
 * twice, however many there are.
 */
import { inputMoments } from '../methods/parts/inputMoments.ts';
import { storedOrder, weightMatrix } from '../methods/parts/matrix.ts';
import { unadapted } from '../model/adapted.ts';
import type { Base, DecoderSpec, LinearSpec } from '../model/decoder.ts';
import { requireDecoder } from '../model/prune/select.ts';
import { pruneByMagnitude, sparseGpt } from '../model/prune/sparseGpt.ts';
import type { Sparse, SparsePattern } from '../model/prune/sparseGpt.ts';
import { blockLinears } from '../model/specTensors.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import { Weights } from '../train/weights.ts';
import { namedTensors } from './adapterModel.ts';

export interface SparsifyPass {
  readonly base: Base;
  readonly engine: EngineOptions;
  /** Micro-batches of calibration rows; which tokens are trained doesn't matter. */
  readonly batches: readonly (readonly TokenRow[])[];
}

/** Takes one masked tensor, in the order in which the base stores it, with the number of its layer. */
export type TakeSparse = (name: string, sparse: Sparse, layer: number) => void;

/** Prunes by SparseGPT. Throws `prune-unsupported`, `prune-calibration` and `prune-pattern`. */
export async function sparsify(
  { base, engine, batches }: SparsifyPass,
  pattern: SparsePattern,
  take: TakeSparse,
): Promise<void> {
  requireDecoder(base.spec);
  const options: EngineOptions = { ...engine, policy: 'low', span: 1 };
  // read at each use, so that a layer which is pruned by then counts as it is
  const weights = new Weights(base, engine.device, new Map(), false);
  let streams = await embedded(base, { ...options, weights }, batches);
  for (const layer of base.spec.layers.keys()) {
    const alone = { ...base, spec: oneLayer(base.spec, layer) };
    const moments = await layerMoments(alone, { ...options, weights }, batches, streams);
    for (const [readers, H] of moments)
      for (const linear of readers) {
        const sparse = pruneLinear(base, linear, (weight) => sparseGpt(weight, H, linear, pattern));
        weights.replace(`${linear.path}.weight`, sparse.weight);
        take(`${linear.path}.weight`, sparse, layer);
      }
    streams = await passed(alone, { ...options, weights }, batches, streams);
  }
}

/** Prunes by magnitude alone, for who asks for that. Throws `prune-unsupported` and `prune-pattern`. */
export function sparsifyByMagnitude(base: Base, pattern: SparsePattern, take: TakeSparse): void {
  requireDecoder(base.spec);
  base.spec.layers.forEach((_, layer) => {
    for (const linear of blockLinears(base.spec, layer)) {
      const sparse = pruneLinear(base, linear, (weight) => pruneByMagnitude(weight, linear, pattern));
      take(`${linear.path}.weight`, sparse, layer);
    }
  });
}

/** A model of one of the layers. */
function oneLayer(spec: DecoderSpec, layer: number): DecoderSpec {
  const { layers, names } = spec;
  return { ...spec, layers: [layers[layer]!], names: { ...names, blocks: [names.blocks[layer]!] } };
}

type Batches = SparsifyPass['batches'];
/** Residual streams of the micro-batches, [tokens, hidden] each: what a layer reads, so that it runs by itself. */
type Streams = readonly Float32Array[];

async function embedded(base: Base, options: EngineOptions, batches: Batches): Promise<Streams> {
  using engine = new Engine(base, unadapted, options);
  const streams: Float32Array[] = [];
  for (const rows of batches) streams.push((await engine.pass([0, 0], rows, undefined)).stream);
  return streams;
}

/** Behind the base's only layer. */
async function passed(
  base: Base,
  options: EngineOptions,
  batches: Batches,
  before: Streams,
): Promise<Streams> {
  using engine = new Engine(base, unadapted, options);
  const streams: Float32Array[] = [];
  for (const [i, rows] of batches.entries())
    streams.push((await engine.pass([1, 1], rows, before[i])).stream);
  return streams;
}

/** Linears of the only block by the value they read. */
function readersOf(spec: DecoderSpec): LinearSpec[][] {
  const { q, k, v, qkv, o, gate, up, gateUp, down } = spec.names.blocks[0]!;
  return [[q, k, v, qkv], [o], [gate, up, gateUp], [down]].map((group) =>
    group.filter((linear) => linear !== undefined),
  );
}

/** X^T X of each input of the base's only layer, with the linears that read it. */
async function layerMoments(
  base: Base,
  options: EngineOptions,
  batches: Batches,
  streams: Streams,
): Promise<[LinearSpec[], Float64Array][]> {
  const groups = readersOf(base.spec);
  const probe = { method: inputMoments, options: { rank: 1, alpha: 1 } };
  const linears = new Map(groups.map(([first]) => [first!.path, probe]));
  using engine = new Engine(base, { linears, saved: new Set() }, options);
  for (const [i, rows] of batches.entries()) await engine.pass([1, 1], rows, streams[i], { fresh: i === 0 });
  const found = new Map<string, Float64Array>();
  for (const { name, data } of await namedTensors(await engine.model.parameters(), 'gradient'))
    found.set(name, Float64Array.from(data));
  return groups.map((group) => [group, found.get(`${group[0]!.path}.moments`)!]);
}

/** Masks of the weight as [outputs, inputs], given back in the order in which it is stored. */
function pruneLinear(base: Base, linear: LinearSpec, prune: (weight: Float32Array) => Sparse): Sparse {
  const stored = base.tensors.readFloat32(`${linear.path}.weight`);
  if (!linear.transposed) return prune(stored);
  const { inputs, outputs } = linear;
  const { weight, gone } = prune(Float32Array.from(weightMatrix(stored, linear, true).data));
  const turned = (data: ArrayLike<number>): Float64Array =>
    storedOrder({ rows: outputs, columns: inputs, data: Float64Array.from(data) }, true);
  return { weight: Float32Array.from(turned(weight)), gone: Uint8Array.from(turned(gone)) };
}
