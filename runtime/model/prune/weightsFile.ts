/**
 * @file loram_weights.safetensors: weights of a pruned base that are not simply the original's. Aligned tensors stand there under
 * their own names; masked ones as `<name>.kept`, a bit a weight (lowest first), and `<name>.values`, the kept weights in order.
 */
import { UserError } from '../../contract/errors.ts';
import { firstNonFinite } from '../../formats/halfFloats.ts';
import { SafetensorsFile, writeSafetensors } from '../../formats/safetensors.ts';
import type { TensorToWrite } from '../../formats/safetensors.ts';
import { elementCount } from '../adapted.ts';
import type { Sparse } from './sparseGpt.ts';

export const prunedWeightsFile = 'loram_weights.safetensors';

/** Entries of a masked weight: half its size in memory and on disk, where a dense file would store the zeros. */
export function maskedTensor(name: string, { weight, gone }: Sparse): TensorToWrite[] {
  const kept = new Uint8Array(Math.ceil(weight.length / 8));
  const values = new Float32Array(gone.reduce((n, bit) => n - bit, weight.length));
  for (let i = 0, next = 0; i < weight.length; i++) {
    if (gone[i] === 1) continue;
    kept[i >> 3]! |= 1 << (i & 7);
    values[next++] = weight[i]!;
  }
  return [
    { name: `${name}.kept`, dtype: 'U8', shape: [kept.length], data: kept },
    { name: `${name}.values`, dtype: 'F32', shape: [values.length], data: values },
  ];
}

/** Writes masked tensors and whole ones. Throws `disk-full` or `file-unwritable`. */
export function writePrunedWeights(path: string, tensors: Iterable<TensorToWrite>): void {
  writeSafetensors(path, tensors, { format: 'loram' });
}

/** An open file of pruned weights; tensors are checked as they are read. */
export class PrunedWeights {
  readonly path: string;
  readonly #file: SafetensorsFile;

  /** Throws what opening a safetensors file throws. */
  static open(path: string): PrunedWeights {
    return new PrunedWeights(SafetensorsFile.open(path));
  }

  private constructor(file: SafetensorsFile) {
    this.path = file.path;
    this.#file = file;
  }

  has(name: string): boolean {
    return this.#file.tensors.has(name) || this.#file.tensors.has(`${name}.kept`);
  }

  /** Bytes in the file; undefined for a tensor that is the original's. */
  storedBytes(name: string): number | undefined {
    if (!this.has(name)) return undefined;
    return ['', '.kept', '.values'].reduce((sum, end) => {
      const info = this.#file.tensors.get(`${name}${end}`);
      return sum + (info ? info.end - info.begin : 0);
    }, 0);
  }

  /** Values of a tensor that must have this shape. Throws `loram-weights` where it hasn't, and `weights-not-finite`. */
  readFloat32(name: string, shape: readonly number[], into?: Float32Array): Float32Array {
    const count = elementCount(shape);
    const values = this.#file.tensors.has(name)
      ? this.#readWhole(name, shape, into)
      : this.#readMasked(name, count, into ?? new Float32Array(count));
    const bad = firstNonFinite(values);
    if (bad >= 0) throw this.#fail(name, `holds ${values[bad]!} at element ${bad}`, 'weights-not-finite');
    return values;
  }

  #readWhole(name: string, shape: readonly number[], into: Float32Array | undefined): Float32Array {
    const found = this.#file.info(name).shape;
    if (found.join() !== shape.join())
      throw this.#fail(name, `has the shape [${found.join(', ')}], not [${shape.join(', ')}]`);
    return this.#file.readFloat32(name, into);
  }

  #readMasked(name: string, count: number, into: Float32Array): Float32Array {
    const info = this.#file.info(`${name}.kept`);
    const stored = this.#file.info(`${name}.values`);
    if (info.dtype !== 'U8' || info.elements !== Math.ceil(count / 8) || stored.elements > count)
      throw this.#fail(name, `is no mask of ${count} weights`);
    const kept = this.#file.readBytes(info.name);
    const values = this.#file.readFloat32(stored.name);
    let next = 0;
    for (let i = 0; i < count; i++) {
      const bit = (kept[i >> 3]! >> (i & 7)) & 1;
      into[i] = bit === 1 ? (values[next] ?? 0) : 0;
      next += bit;
    }
    if (count % 8 !== 0 && kept[count >> 3]! >> (count & 7) !== 0)
      throw this.#fail(name, `keeps bits beyond its ${count} weights`);
    if (next !== values.length) throw this.#fail(name, `keeps ${next} weights and stores ${values.length}`);
    return into;
  }

  #fail(name: string, problem: string, code = 'loram-weights'): UserError {
    return new UserError(code, `the tensor '${name}' ${problem}.`, {
      place: { file: this.path, what: name },
      hint: 'The file belongs to another manifest or is damaged: prune the base again.',
    });
  }

  close(): void {
    this.#file.close();
  }
}
