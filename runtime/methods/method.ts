/** @file What an adapter method is: parameters as data, and a formula for one linear. */
import type { Value } from '../graph/ir.ts';
import type { Op } from '../graph/ops.ts';

/** What a method may know of a layer before any weight is read. */
export interface LayerShape {
  /** Module path, e.g. "model.layers.0.self_attn.q_proj". */
  readonly path: string;
  readonly inputs: number;
  readonly outputs: number;
}

export type Initializer =
  | 'zeros'
  | 'ones'
  /** U(-1/sqrt(inputs), 1/sqrt(inputs)): PyTorch's kaiming_uniform_ with a = sqrt 5, as PEFT starts lora_A. */
  | 'kaiming-uniform';

export interface ParamSpec {
  /** What follows the module path in PEFT's files, e.g. "lora_A.weight". */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly init: Initializer;
  /** Biases and norms are left out of weight decay unless the config decays all. */
  readonly decays: boolean;
}

/** What `apply` reads. The frozen weight is [outputs, inputs], or [inputs, outputs] where `transposed`. */
export interface LinearContext {
  readonly op: Op;
  readonly layer: LayerShape;
  readonly weight: Value;
  readonly transposed: boolean;
  /** x, [tokens, inputs]. */
  readonly x: Value;
  /** x after the config's dropout, for the adapter's own path; x itself outside training. */
  readonly dropped: Value;
  /** x W^T without the layer's bias, [tokens, outputs]. */
  readonly y: Value;
}

export interface AdapterMethod<Options> {
  readonly kind: string;
  readonly title: string;
  readonly paper: string;
  /** Parameters of one layer by the names `apply` uses. */
  readonly params: (options: Options, layer: LayerShape) => Readonly<Record<string, ParamSpec>>;
  /** The adapted x W^T (the layer's own bias is added after), [tokens, outputs]. */
  readonly apply: (
    context: LinearContext,
    params: Readonly<Record<string, Value>>,
    options: Options,
  ) => Value;
  /**
   * Turns row `output` of the frozen weight, [inputs], into that of the one weight which does the work of both, in double
   * precision. Biases of the adapter are not its business.
   */
  readonly mergeRow: (
    row: Float64Array,
    output: number,
    params: Readonly<Record<string, Float32Array>>,
    options: Options,
  ) => void;
}

/** Keeps a method's option type to itself while its fields are checked. */
export function defineMethod<Options>(method: AdapterMethod<Options>): AdapterMethod<Options> {
  return method;
}
