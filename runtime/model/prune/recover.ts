/**
 * @file Adapters of a pruned base in the original's shapes and back (LoRAM's recovery): B's rows and A's columns of pruned units are
 * zero, so that the original keeps its own weights there. Scale and rank don't change.
 */
import { UserError } from '../../contract/errors.ts';
import { elementCount } from '../adapted.ts';
import type { DecoderSpec } from '../decoder.ts';
import { blockLinears } from '../specTensors.ts';
import { blockSlices } from './units.ts';
import type { LinearSlice, PrunePlan } from './units.ts';

export interface AdapterTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by PEFT's names without prefix. */
export type AdapterTensors = ReadonlyMap<string, AdapterTensor>;

/** Which axis of a tensor runs over its linear's inputs or outputs; one without an entry has sizes of its own. */
type Axis = { readonly side: 'inputs' | 'outputs'; readonly axis: 0 | 1 } | undefined;

const axes: Readonly<Record<string, Axis>> = {
  'lora_A.weight': { side: 'inputs', axis: 1 },
  'lora_B.weight': { side: 'outputs', axis: 0 },
  'lora_B.bias': { side: 'outputs', axis: 0 },
};

/** How one tensor of a pruned linear is cut: `full` indices along `axis`, of which `kept` stay. */
interface Cut {
  readonly axis: 0 | 1;
  readonly kept: Int32Array;
  readonly full: number;
}

/** What a pruned linear's tensors have to do with its slice, by the tensor's name. */
function cuts(spec: DecoderSpec, plan: PrunePlan): (name: string) => Cut | undefined {
  const slices = new Map<string, { slice: LinearSlice; inputs: number; outputs: number }>();
  for (const [index, kept] of plan) {
    const sliced = blockSlices(spec, index, kept);
    for (const { path, inputs, outputs } of blockLinears(spec, index))
      slices.set(path, { slice: sliced.get(path)!, inputs, outputs });
  }
  return (name) => {
    const path = pathOf(name, slices);
    if (path === undefined) return undefined;
    const tensor = name.slice(path.length + 1);
    if (!Object.hasOwn(axes, tensor))
      throw new UserError('loram-tensor', `${name} has no recovered form; A and B of LoRA have one.`, {
        hint: 'Adapters of other methods, and whole layers, belong to their pruned base alone.',
      });
    const { side, axis } = axes[tensor]!;
    const { slice, inputs, outputs } = slices.get(path)!;
    const kept = slice[side];
    return kept && { axis, kept, full: side === 'inputs' ? inputs : outputs };
  };
}

/** The pruned linear that a tensor belongs to: its name up to one of the dots. */
function pathOf(name: string, slices: ReadonlyMap<string, unknown>): string | undefined {
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1))
    if (slices.has(name.slice(0, dot))) return name.slice(0, dot);
  return undefined;
}

function checkSize(name: string, shape: readonly number[], axis: number, size: number): void {
  if (shape[axis] === size) return;
  throw new UserError(
    'loram-misfit',
    `${name} has shape [${shape.join(', ')}]; ${size} was expected at axis ${axis}.`,
    { hint: 'The adapter and the manifest belong to different pruned bases.' },
  );
}

/** Visits each kept index k of the axis as a run of `width` numbers: its place in the compact and in the full tensor. */
function eachRun(
  shape: readonly number[],
  { axis, kept, full }: Cut,
  visit: (compact: number, whole: number, width: number) => void,
): void {
  const rows = elementCount(shape.slice(0, axis));
  const width = elementCount(shape.slice(axis + 1));
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < kept.length; k++)
      visit((row * kept.length + k) * width, (row * full + kept[k]!) * width, width);
}

const withSize = (shape: readonly number[], axis: number, size: number): number[] =>
  shape.map((old, i) => (i === axis ? size : old));

/**
 * The adapter in the original's shapes. `noise` is the paper's ablation normA: pruned columns of A are filled from it, standard
 * deviation 1 / rank, instead of zero. `spec` describes the original. Throws `loram-misfit` or `loram-tensor`.
 */
export function recoverAdapter(
  tensors: AdapterTensors,
  spec: DecoderSpec,
  plan: PrunePlan,
  noise?: () => number,
): Map<string, AdapterTensor> {
  const cutOf = cuts(spec, plan);
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const cut = cutOf(name);
      if (!cut) return [name, tensor];
      checkSize(name, tensor.shape, cut.axis, cut.kept.length);
      const shape = withSize(tensor.shape, cut.axis, cut.full);
      const data = new Float32Array(elementCount(shape));
      if (noise && name.endsWith('lora_A.weight'))
        for (let i = 0; i < data.length; i++) data[i] = noise() / shape[0]!;
      eachRun(tensor.shape, cut, (compact, whole, width) => {
        data.set(tensor.data.subarray(compact, compact + width), whole);
      });
      return [name, { shape, data }];
    }),
  );
}

/**
 * The adapter in the pruned base's shapes, and the largest magnitude among the numbers that are left out (0 for a recovered one).
 * Throws `loram-misfit` or `loram-tensor`.
 */
export function compactAdapter(
  tensors: AdapterTensors,
  spec: DecoderSpec,
  plan: PrunePlan,
): { readonly tensors: Map<string, AdapterTensor>; readonly lost: number } {
  const cutOf = cuts(spec, plan);
  let lost = 0;
  const compact = new Map(
    [...tensors].map(([name, tensor]) => {
      const cut = cutOf(name);
      if (!cut) return [name, tensor];
      checkSize(name, tensor.shape, cut.axis, cut.full);
      const shape = withSize(tensor.shape, cut.axis, cut.kept.length);
      const data = new Float32Array(elementCount(shape));
      const rest = tensor.data.slice();
      eachRun(tensor.shape, cut, (at, whole, width) => {
        data.set(tensor.data.subarray(whole, whole + width), at);
        rest.fill(0, whole, whole + width);
      });
      for (const left of rest) lost = Math.max(lost, Math.abs(left));
      return [name, { shape, data }];
    }),
  );
  return { tensors: compact, lost };
}
