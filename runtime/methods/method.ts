/** @file What an adapter method is: keys and parameters as data, a formula for one linear, and the form it is written in. */
import type { DataConfig, MethodConfig, TrainingConfig } from '../contract/config.ts';
import type { Keys } from '../contract/optionSpec.ts';
import type { Value } from '../graph/ir.ts';
import type { Op } from '../graph/ops.ts';
import type { GradientSketch, SketchBasis } from './parts/gradientSketch.ts';
import type { Matrix } from './parts/matrix.ts';
import type { SvdSources } from './parts/randomisedSvd.ts';

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
  | 'kaiming-uniform'
  /** From the frozen weight or its gradient before step 0: the method's `start` names the initialiser. */
  | 'computed';

export interface ParamSpec {
  /** What follows the module path in the adapter's files, e.g. "lora_A.weight". */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly init: Initializer;
  /** Biases and norms are left out of weight decay unless the config decays all. */
  readonly decays: boolean;
  /** Part of the adapter, but never changed: no gradient, no optimiser state. */
  readonly frozen?: true;
  /** Multiplied into another tensor in the adapter's file. */
  readonly folded?: true;
  /** Factor on the learning rate; 1 where absent. */
  readonly rate?: number;
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
  readonly side: SideChannel;
}

/** What a linear may hand over beside its output, so that its signature stays that of a linear. */
export interface SideChannel {
  /** True in graphs that learn. */
  readonly training: boolean;
  /** Number of each token's row in the micro-batch, int64 [tokens]. */
  readonly rows: () => Value;
  /** 1 / tokens of the row for each token, [tokens, 1]; 0 for what pads. */
  readonly shares: () => Value;
  /** 1 for each token of a row, what pads the row included, [tokens, 1]; 0 for the token that ends the list. */
  readonly present: () => Value;
  /** A number a row of the data's `task_type`: 1 for type 1, -1 for type 0, [rows, 1]. */
  readonly taskSigns: () => Value;
  /** Adds a scalar [1] to what is minimised, beside the loss. */
  readonly minimise: (loss: Value) => void;
  /** Gives a value to who watches the run; its name is the layer's path with this ending. */
  readonly observe: (name: string, value: Value) => void;
}

/** What every method has of each layer; alpha is what the adapter's file says. */
export interface MethodOptions {
  readonly rank: number;
  readonly alpha: number;
}

export interface Target {
  readonly rank: number;
  /** As the config's pattern or default gives it; methods without that key ignore it. */
  readonly alpha: number;
}

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
/** A layer's tensors by the names `params` gives them. */
export type LayerTensors = Readonly<Record<string, StoredTensor>>;

/** How PEFT (or the method's own reader) finds one layer in an adapter folder. */
export interface StoredForm {
  /** By what follows the module path. */
  readonly tensors: LayerTensors;
  readonly rank: number;
  readonly alpha: number;
  readonly rankStabilized: boolean;
  readonly dora?: true;
  readonly bias?: boolean;
  /** `peft_type` where it isn't LORA, with the config fields that belong to it. */
  readonly own?: { readonly type: string; readonly fields: Readonly<Record<string, unknown>> };
}

/** The gradient of a frozen weight, [outputs, inputs], mean over `batches` micro-batches, or what a sketch kept of it. */
export type GradientEstimate =
  | { readonly kind: 'full'; readonly G: Matrix; readonly batches: number }
  | { readonly kind: 'sketch'; readonly sketch: GradientSketch; readonly basis: SketchBasis };

/** What start values of one layer may be computed from. */
export interface StartInput {
  readonly layer: LayerShape;
  /** [outputs, inputs], however it is stored. */
  readonly weight: () => Matrix;
  /** Of the loss before step 0, where the rule reads it. */
  readonly gradient: () => GradientEstimate;
  /** Large products, and uniform numbers that follow from the run's seed and the layer. */
  readonly sources: SvdSources;
  readonly optimizer: TrainingConfig['optimizer'];
  /** The schedule's learning rate of the first step. */
  readonly firstStepRate: number;
}

/** How a method computes start values before step 0, and from what. */
export interface StartRule {
  readonly reads: 'weight' | 'gradient' | 'gradient-or-sketch';
  /** Whether the adapted model is the base at step 0; `nearly` allows for the rounding of a subtraction. */
  readonly fresh: 'equal' | 'nearly' | 'moved';
  /** Values of the parameters whose `init` is "computed", and numbers worth showing. Throws where there are none. */
  readonly compute: (input: StartInput) => Started | Promise<Started>;
}
export interface Started {
  /** By the parameters' names; what is absent starts by its own rule. */
  readonly tensors: Readonly<Record<string, Matrix>>;
  readonly facts?: Readonly<Record<string, number>>;
}

/** A smaller base to train on, of which the adapter is then recovered for the original (LoRAM). */
export interface SmallerBase {
  readonly prune: 'structured' | 'random' | 'semi' | 'unstructured';
  readonly ratio: number;
  /** Layers that stay whole; `wholeLayers` says how many where absent. */
  readonly firstLayers?: number;
  readonly lastLayers?: number;
  /** Training rows for scores or calibration. */
  readonly scoreRows: number;
  readonly alignSteps: number;
  readonly alignRate: number;
  /** Rows for these steps; the training rows where absent. */
  readonly alignData?: string;
  /** A folder that holds one already. */
  readonly pruned?: string;
  readonly quantization?: 'nf4' | 'nf4-double';
}

/** Keys that don't go together under a method, or that it forbids. */
export interface Conflict {
  readonly section: 'method' | 'training' | 'data';
  readonly key: string;
  /** One sentence. */
  readonly message: string;
  readonly hint?: string;
  /** A value that mends it. */
  readonly instead?: string | number | boolean;
  /** An error unless this says otherwise. */
  readonly severity?: 'warning' | 'information';
}

/**
 * What graphs are built from. Members are written as methods, whose parameters TypeScript compares both ways: one list can
 * hold methods with options of their own, each called with the options that it made itself.
 */
export interface GraphMethod<Options extends MethodOptions = MethodOptions> {
  readonly kind: string;
  /** Parameters of one layer by the names `apply` uses. */
  params(options: Options, layer: LayerShape): Readonly<Record<string, ParamSpec>>;
  /** The adapted x W^T (the layer's own bias is added after), [tokens, outputs]. */
  apply(context: LinearContext, params: Readonly<Record<string, Value>>, options: Options): Value;
}

export interface AdapterMethod<Options extends MethodOptions = MethodOptions> extends GraphMethod<Options> {
  readonly title: string;
  readonly paper: string;
  /** What it does, in a line. */
  readonly doc: string;
  /** What it computes, in a line: rows x, weights [outputs, inputs]. */
  readonly formula: string;
  /** What PEFT calls it, where it has it. */
  readonly peft?: string;
  /** Keys of the config beside those that all kinds have (rank, targets, layers, rankPattern, modulesToSave, from). */
  readonly keys: Keys;
  /** Options of one target under a config. */
  layerOptions(config: MethodConfig, target: Target, training: Pick<TrainingConfig, 'optimizer'>): Options;
  /** Factor on B A. */
  scale(options: Options): number;
  /** What forbids these options on this layer: the end of a sentence that begins with the layer's name. */
  refuse?(options: Options, layer: LayerShape): string | undefined;
  /** Keys of the config that don't go together; nothing of the base is known yet. */
  conflicts?(config: MethodConfig, training: TrainingConfig, data: DataConfig): readonly Conflict[];
  /** The base that is trained on where it isn't the config's own. */
  smallerBase?(config: MethodConfig): SmallerBase;
  /** Start values that need the base's weights or gradients; absent where each tensor's own rule does. */
  start?(options: Options): StartRule | undefined;
  /** Numbers worth watching that follow from a layer's tensors, by name. */
  facts?(tensors: LayerTensors, options: Options): Readonly<Record<string, number>>;
  /** What a value that `apply` observed says of a micro-batch: by name a sum and how much it is the sum of. */
  observed?(
    name: string,
    value: { readonly dims: readonly number[]; readonly data: Float32Array },
    types: readonly (0 | 1 | undefined)[],
    options: Options,
  ): Readonly<Record<string, readonly [sum: number, count: number]>>;
  /** Whether these options minimise something by the rows' `task_type`. */
  balances?(options: Options): boolean;
  /** What a mode that changes the base leaves of a layer's weight; absent where the base stays as it is. */
  rebase?(options: Options): ((weight: Matrix, tensors: LayerTensors) => Matrix) | undefined;
  /** Why no single weight does the work of base and adapter, a clause; absent where one does. */
  readonly unmergeable?: string;
  /** What an adapter folder holds of a layer: plain LoRA or DoRA wherever there is such a form. */
  stored(tensors: LayerTensors, options: Options, layer: LayerShape): StoredForm;
}

/** Keeps a method's option type to itself while its fields are checked. */
export function defineMethod<Options extends MethodOptions>(
  method: AdapterMethod<Options>,
): AdapterMethod<Options> {
  return method;
}
