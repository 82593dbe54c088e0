/** @file Which linears of a base carry an adapter and with which options: what segments are built from. */
import type { LoraOptions } from '../methods/lora.ts';
import type { AdapterMethod, GraphMethod, MethodOptions, ParamSpec } from '../methods/method.ts';
import type { DecoderSpec, LinearSpec } from './decoder.ts';
import { blockLinears, headLinears } from './specTensors.ts';

export interface Attachment<Method extends GraphMethod = GraphMethod> {
  readonly method: Method;
  /** Made by `method`. */
  readonly options: MethodOptions;
}

/** Whether the adapter of a linear brings a bias (PEFT's lora_bias). */
export const hasBias = ({ options }: Pick<Attachment, 'options'>): boolean =>
  'bias' in options && options.bias === true;

/** Adapters by module path, and base tensors that are trained (or replaced) as a whole. */
export interface Adapted<Method extends GraphMethod = GraphMethod> {
  readonly linears: ReadonlyMap<string, Attachment<Method>>;
  /** LoRA on the embedding table, PEFT's lora_embedding_A [r, vocab] and lora_embedding_B [hidden, r]. */
  readonly embedding?: { readonly options: LoraOptions };
  /** Full names of base tensors that the adapter trains: `modules_to_save`. */
  readonly saved: ReadonlySet<string>;
  /** Probability with which an element of an adapter's input is dropped in training; 0 where absent. */
  readonly dropout?: number;
}

/** An adapter that can be written: each of its methods has a stored form. */
export type Adapter = Adapted<AdapterMethod>;

export const unadapted: Adapter = { linears: new Map(), saved: new Set() };

/** One tensor of an adapter inside a segment's flat vector. */
export interface FlatEntry {
  /** PEFT's name without its "base_model.model." prefix. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly init: ParamSpec['init'];
  readonly decays: boolean;
  /** Factor on the learning rate. */
  readonly rate: number;
}

export interface FlatLayout {
  readonly size: number;
  readonly entries: readonly FlatEntry[];
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((n, size) => n * size, 1);
}

/** All linears of the blocks in order, then those behind them, the head last. */
export function linearsOf(spec: DecoderSpec): LinearSpec[] {
  return [...spec.names.blocks.flatMap((_, i) => blockLinears(spec, i)), ...headLinears(spec)];
}
