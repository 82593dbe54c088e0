/** @file A base with only the kept units: rows and columns of the original are picked on reading, nothing is copied to disk. */
import { elementCount } from '../adapted.ts';
import type { Base, DecoderSpec, TensorSource } from '../decoder.ts';
import { blockLinears } from '../specTensors.ts';
import { blockSlices, prunedSpec } from './units.ts';
import type { PrunePlan } from './units.ts';
import type { PrunedWeights } from './weightsFile.ts';

/** Rows and columns of a tensor as it is stored that stay; absent = all. */
interface TensorSlice {
  readonly rows?: Int32Array;
  readonly columns?: Int32Array;
}

function tensorSlices(spec: DecoderSpec, plan: PrunePlan): Map<string, TensorSlice> {
  const slices = new Map<string, TensorSlice>();
  for (const [index, kept] of plan) {
    const byPath = blockSlices(spec, index, kept);
    for (const { path, transposed, bias } of blockLinears(spec, index)) {
      const { outputs, inputs } = byPath.get(path)!;
      const [rows, columns] = transposed ? [inputs, outputs] : [outputs, inputs];
      slices.set(`${path}.weight`, { ...(rows && { rows }), ...(columns && { columns }) });
      if (bias && outputs) slices.set(`${path}.bias`, { rows: outputs });
    }
  }
  return slices;
}

/**
 * The base that training sees: `plan`'s units of `base`, with the tensors that `weights` holds in place of the original's (masked
 * or aligned ones). Its name stays the original's, to which recovered adapters belong. Closing it closes both.
 */
export function prunedBase(base: Base, plan: PrunePlan, weights?: PrunedWeights): Base {
  const spec = prunedSpec(base.spec, plan);
  return {
    ...base,
    spec,
    tensors: new PrunedTensors(base.tensors, tensorSlices(base.spec, plan), weights),
    files: [...base.files, ...(weights ? [weights.path] : [])],
  };
}

class PrunedTensors implements TensorSource {
  readonly names: ReadonlySet<string>;
  readonly #source: TensorSource;
  readonly #slices: ReadonlyMap<string, TensorSlice>;
  readonly #weights: PrunedWeights | undefined;
  /** Whole tensors are read to here; as large as the largest that is cut. */
  #scratch = new Float32Array(0);

  constructor(
    source: TensorSource,
    slices: ReadonlyMap<string, TensorSlice>,
    weights: PrunedWeights | undefined,
  ) {
    this.names = source.names;
    this.#source = source;
    this.#slices = slices;
    this.#weights = weights;
  }

  shape(name: string): readonly number[] {
    const whole = this.#source.shape(name);
    const { rows, columns } = this.#slices.get(name) ?? {};
    return whole.map((size, axis) => (axis === 0 ? rows : columns)?.length ?? size);
  }

  storedBytes(name: string): number {
    const share = elementCount(this.shape(name)) / elementCount(this.#source.shape(name));
    return this.#weights?.storedBytes(name) ?? Math.ceil(this.#source.storedBytes(name) * share);
  }

  readFloat32(name: string, into?: Float32Array): Float32Array {
    const slice = this.#slices.get(name);
    if (this.#weights?.has(name) === true) return this.#weights.readFloat32(name, this.shape(name), into);
    if (!slice) return this.#source.readFloat32(name, into);
    const [rows, columns = 1] = this.#source.shape(name);
    if (this.#scratch.length < rows! * columns) this.#scratch = new Float32Array(rows! * columns);
    const whole = this.#source.readFloat32(name, this.#scratch.subarray(0, rows! * columns));
    const values = into ?? new Float32Array(elementCount(this.shape(name)));
    pick(whole, [rows!, columns], slice, values);
    return values;
  }

  close(): void {
    this.#source.close();
    this.#weights?.close();
  }
}

/** The kept rows and columns of `whole`, row after row. */
function pick(
  whole: Float32Array,
  [height, width]: readonly [number, number],
  { rows, columns }: TensorSlice,
  into: Float32Array,
): void {
  let next = 0;
  for (let r = 0; r < (rows?.length ?? height); r++) {
    const row = whole.subarray((rows?.[r] ?? r) * width, ((rows?.[r] ?? r) + 1) * width);
    if (columns) for (const column of columns) into[next++] = row[column]!;
    else {
      into.set(row, next);
      next += width;
    }
  }
}
