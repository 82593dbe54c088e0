/** @file One block of any family, in the builder's words: the differences are read from `DecoderSpec`. */
import type { Value } from '../graph/ir.ts';
import type { GraphBuilder } from '../graph/ops.ts';
import type { BlockNames, CrossNames, DecoderSpec, LayerKind, LinearSpec } from './decoder.ts';
import { layerSpec } from './layerSpec.ts';

/** What a block reads besides the residual stream. */
export interface BlockContext {
  readonly op: GraphBuilder;
  readonly spec: DecoderSpec;
  /** Attention of one layer: q [tokens, heads * size], k and v [tokens, kvHeads * size] -> [tokens, heads * size]. */
  readonly attend: (q: Value, k: Value, v: Value, layer: LayerKind, index: number) => Value;
  /** What the encoder made of the source, for blocks with cross-attention. */
  readonly memory?: Memory;
  /** Position of each token in its document, int64 [tokens, 1]. */
  readonly positions: Value;
  /** Tables of the rotary embedding [positions, rotated / 2], by index into `spec.ropes`. */
  readonly ropes: readonly { readonly cos: Value; readonly sin: Value }[];
  /** A frozen or trained tensor of the base by its full name. */
  readonly weight: (name: string, shape: readonly number[]) => Value;
  /** x W^T + b, with whatever a method adds: [tokens, inputs] -> [tokens, outputs]. */
  readonly linear: (x: Value, linear: LinearSpec) => Value;
}

/** A second text that tokens attend to: q [tokens, heads * size] -> [tokens, heads * size], by the keys and values of one block. */
export interface Memory {
  readonly attend: (q: Value, cross: CrossNames) => Value;
}

/** Exact or tanh-approximated GELU, SiLU, or ReLU. */
function activate(op: GraphBuilder, kind: DecoderSpec['activation'], x: Value): Value {
  switch (kind) {
    case 'silu':
      return op.silu(x);
    case 'relu':
      return op.where(op.greater(x, 0), x, op.scalar(0));
    case 'gelu':
      // x / 2 (1 + erf(x / sqrt 2))
      return op.mul(op.mul(x, 0.5), op.add(op.erf(op.mul(x, Math.SQRT1_2)), 1));
    case 'gelu-tanh': {
      // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))
      const cubic = op.mul(x, op.add(op.mul(op.mul(x, x), 0.044715), 1));
      return op.mul(x, op.sigmoid(op.mul(cubic, 2 * Math.sqrt(2 / Math.PI))));
    }
  }
}

/** The family's norm over the last axis; `path` names the module that holds weight and, for LayerNorm, bias. */
export function norm(
  context: Pick<BlockContext, 'op' | 'spec' | 'weight'>,
  x: Value,
  path: string,
  size: number,
): Value {
  const { op, spec, weight } = context;
  const stored = weight(`${path}.weight`, [size]);
  const scale = spec.norm.offset === 0 ? stored : op.add(stored, spec.norm.offset);
  if (spec.norm.kind === 'rms') return op.rmsNorm(x, scale, spec.norm.eps);
  return op.layerNorm(x, scale, weight(`${path}.bias`, [size]), spec.norm.eps);
}

/** Norm over each head's `headSize` numbers, or over the whole projection (olmo2). */
function normHeads(context: BlockContext, x: Value, path: string | undefined, heads: number): Value {
  const { op, spec } = context;
  if (path === undefined || spec.qkNorm === 'none') return x;
  if (spec.qkNorm === 'full') return norm(context, x, path, heads * spec.headSize);
  const split = op.reshape(x, ['tokens', heads, spec.headSize]);
  return op.reshape(norm(context, split, path, spec.headSize), ['tokens', heads * spec.headSize]);
}

function rotate(context: BlockContext, x: Value, heads: number, rope: number | undefined): Value {
  if (rope === undefined) return x;
  const { op, spec, ropes, positions } = context;
  const { cos, sin } = ropes[rope]!;
  const width = heads * spec.headSize;
  // a row of length 1 each: ONNX Runtime wants sequences no longer than the tables
  const row = op.reshape(x, ['tokens', 1, width]);
  const turned = op.rotary(row, positions, cos, sin, { heads, rotated: spec.ropes[rope]!.rotated });
  return op.reshape(turned, ['tokens', width]);
}

function projections(context: BlockContext, names: BlockNames, x: Value): readonly [Value, Value, Value] {
  const { op, spec, linear } = context;
  if (names.qkv) {
    const all = linear(x, names.qkv);
    const q = spec.heads * spec.headSize;
    const kv = spec.kvHeads * spec.headSize;
    return [op.slice(all, 1, 0, q), op.slice(all, 1, q, q + kv), op.slice(all, 1, q + kv, q + 2 * kv)];
  }
  return [linear(x, names.q!), linear(x, names.k!), linear(x, names.v!)];
}

function attention(context: BlockContext, index: number, x: Value): Value {
  const { op, spec } = context;
  const names = spec.names.blocks[index]!;
  const layer = spec.layers[index]!;
  const [q, k, v] = projections(context, names, x);
  const turnedQ = rotate(context, normHeads(context, q, names.qNorm, spec.heads), spec.heads, layer.rope);
  const turnedK = rotate(context, normHeads(context, k, names.kNorm, spec.kvHeads), spec.kvHeads, layer.rope);
  const scaledQ = layer.scoreScale === undefined ? turnedQ : op.mul(turnedQ, layer.scoreScale);
  return context.linear(context.attend(scaledQ, turnedK, v, layer, index), names.o);
}

/** Queries from the stream, keys and values from the memory. */
function crossAttention({ linear, memory }: BlockContext, names: CrossNames, x: Value): Value {
  if (!memory) throw new Error(`${names.q.path} has no memory to attend to`);
  return linear(memory.attend(linear(x, names.q), names), names.o);
}

function mlp(context: BlockContext, names: BlockNames, x: Value): Value {
  const { op, spec, linear } = context;
  if (spec.mlp === 'plain') return linear(activate(op, spec.activation, linear(x, names.up!)), names.down);
  const both = names.gateUp && linear(x, names.gateUp);
  const gate = both ? op.slice(both, 1, 0, spec.intermediate) : linear(x, names.gate!);
  const up = both ? op.slice(both, 1, spec.intermediate, 2 * spec.intermediate) : linear(x, names.up!);
  return linear(op.mul(activate(op, spec.activation, gate), up), names.down);
}

/** The residual stream after block `index`, [tokens, hidden] -> [tokens, hidden]. */
export function decoderBlock(model: BlockContext, index: number, x: Value): Value {
  const context = { ...model, spec: layerSpec(model.spec, model.spec.layers[index]!) };
  const { op, spec } = context;
  const names = spec.names.blocks[index]!;
  if (spec.normPlacement === 'sum') return sumNormBlock(context, index, x);
  const maybeNorm = (value: Value, path: string | undefined): Value =>
    path === undefined ? value : norm(context, value, path, spec.hidden);
  const scaled = (value: Value): Value =>
    spec.residualScale === 1 ? value : op.mul(value, spec.residualScale);
  const attended = attention(context, index, maybeNorm(x, names.inputNorm));
  const seen = op.add(x, scaled(maybeNorm(attended, names.postAttentionNorm)));
  const { cross } = names;
  const middle = cross
    ? op.add(seen, scaled(crossAttention(context, cross, maybeNorm(seen, cross.norm))))
    : seen;
  const fed = mlp(context, names, maybeNorm(middle, names.preMlpNorm));
  return maybeNorm(op.add(middle, scaled(maybeNorm(fed, names.postMlpNorm))), names.outputNorm);
}

/** norm(x + f(x)), as the first transformers were built. */
function sumNormBlock(context: BlockContext, index: number, x: Value): Value {
  const { op, spec } = context;
  const names = spec.names.blocks[index]!;
  const middle = norm(
    context,
    op.add(x, attention(context, index, x)),
    names.postAttentionNorm!,
    spec.hidden,
  );
  return norm(context, op.add(middle, mlp(context, names, middle)), names.postMlpNorm!, spec.hidden);
}
