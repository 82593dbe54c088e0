/** @file The classifier of a base that classifies: its own, or a new one for as many classes as the rows have. */
import { elementCount } from './adapted.ts';
import type { Base, DecoderSpec, TensorSource } from './decoder.ts';
import { linearTensors } from './specTensors.ts';

/** A new classifier's weights have this standard deviation, as transformers' `initializer_range` has by default. */
const DEVIATION = 0.02;

/** What of a base its classes change. */
export type ClassifiedBase = Pick<Base, 'spec' | 'tensors' | 'freshHead'>;

/** The same base with these classes: its description names them, and a classifier that it lacks has an output for each. */
export function withClasses<B extends ClassifiedBase>(base: B, labels: readonly string[]): B {
  const { names } = base.spec;
  const head = { ...names.head, outputs: labels.length };
  const spec: DecoderSpec = { ...base.spec, labels, names: { ...names, head } };
  return {
    ...base,
    spec,
    tensors: base.freshHead === true ? new FreshHead(base.tensors, spec) : base.tensors,
  };
}

/** Adds the tensors of a classifier that nobody has trained yet: small weights that only their places decide, biases of zero. */
export class FreshHead implements TensorSource {
  readonly names: ReadonlySet<string>;
  readonly #source: TensorSource;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;

  constructor(source: TensorSource, spec: DecoderSpec) {
    this.#source = source;
    this.#shapes = new Map(linearTensors(spec.names.head).map(({ name, shape }) => [name, shape]));
    this.names = new Set([...source.names, ...this.#shapes.keys()]);
  }

  shape(name: string): readonly number[] {
    return this.#shapes.get(name) ?? this.#source.shape(name);
  }

  storedBytes(name: string): number {
    return this.#shapes.has(name) ? 0 : this.#source.storedBytes(name);
  }

  readFloat32(name: string, into?: Float32Array): Float32Array {
    const shape = this.#shapes.get(name);
    if (!shape) return this.#source.readFloat32(name, into);
    const values = into ?? new Float32Array(elementCount(shape));
    if (shape.length === 1) return values.fill(0);
    // uniform numbers of that deviation
    for (let i = 0; i < values.length; i++) values[i] = DEVIATION * Math.sqrt(3) * (2 * scattered(i) - 1);
    return values;
  }

  close(): void {
    this.#source.close();
  }
}

/** A number in [0, 1) for a place, without a pattern (the finaliser of MurmurHash3). */
function scattered(place: number): number {
  let bits = Math.imul(place + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
