/**
 * @file What an adapter consists of, flat vectors a segment, wherever the device keeps them: what is trained with its gradient
 * and optimiser state, and what is frozen.
 */
import type { FlatLayout } from '../model/adapted.ts';
import { elementCount } from '../model/adapted.ts';
import { Buffers } from '../ort/device.ts';
import type { Device } from '../ort/device.ts';
import type { Tensor } from '../ort/session.ts';

/** Which of a segment's vectors: "values", "gradient", "frozen", or a name of the optimiser's ("m", "v"). */
export type VectorName = string;

/**
 * Vectors of one segment. Each has two homes and moves between them: a graph reads the one and writes the other,
 * so that nothing is overwritten while it is read and nothing is copied.
 */
export class Parameters implements Disposable {
  /** Of what is trained. */
  readonly layout: FlatLayout;
  readonly frozen: FlatLayout;
  readonly #device: Device;
  readonly #vectors = new Map<VectorName, Tensor>();
  readonly #homes = new Map<VectorName, { readonly pair: readonly [Buffers, Buffers]; at: number }>();

  private constructor(device: Device, layout: FlatLayout, frozen: FlatLayout) {
    this.#device = device;
    this.layout = layout;
    this.frozen = frozen;
  }

  static async create(
    device: Device,
    layout: FlatLayout,
    frozen: FlatLayout = { size: 0, entries: [] },
  ): Promise<Parameters> {
    const parameters = new Parameters(device, layout, frozen);
    if (frozen.size > 0) await parameters.write('frozen', new Float32Array(frozen.size));
    await parameters.write('values', new Float32Array(layout.size));
    await parameters.write('gradient', new Float32Array(layout.size));
    return parameters;
  }

  /** Trained numbers. */
  get size(): number {
    return this.layout.size;
  }

  /** Of which tensors a vector consists. */
  layoutOf(name: VectorName): FlatLayout {
    return name === 'frozen' ? this.frozen : this.layout;
  }

  vector(name: VectorName): Tensor {
    const tensor = this.#vectors.get(name);
    if (!tensor) throw new Error(`vector ${name} was never written`);
    return tensor;
  }

  has(name: VectorName): boolean {
    return this.#vectors.has(name);
  }

  /** Where a graph may put the next value of a vector. */
  next(name: VectorName): Buffers {
    return this.#home(name).pair[1 - this.#home(name).at]!;
  }

  /** Takes what a graph wrote into `next(name)`. */
  replace(name: VectorName, tensor: Tensor): void {
    const home = this.#home(name);
    home.at = 1 - home.at;
    this.#vectors.set(name, tensor);
  }

  /** Numbers of a vector, copied to the host where the device keeps them elsewhere; not to be changed. */
  read(name: VectorName): Promise<Float32Array> {
    return this.#device.read(this.vector(name));
  }

  /** `data` must hold as many numbers as the vector has. */
  async write(name: VectorName, data: Float32Array): Promise<void> {
    const { size } = this.layoutOf(name);
    if (data.length !== size) throw new Error(`vector ${name} has ${size} numbers, not ${data.length}`);
    this.replace(name, await this.#device.upload(data, [size], this.next(name)));
  }

  /** Views of a vector's tensors by PEFT's names. */
  static split(
    layout: FlatLayout,
    data: Float32Array,
  ): Map<string, { shape: readonly number[]; data: Float32Array }> {
    return new Map(
      layout.entries.map(({ name, shape, offset }) => [
        name,
        { shape, data: data.subarray(offset, offset + elementCount(shape)) },
      ]),
    );
  }

  #home(name: VectorName): { readonly pair: readonly [Buffers, Buffers]; at: number } {
    let home = this.#homes.get(name);
    if (!home) this.#homes.set(name, (home = { pair: [new Buffers(1), new Buffers(1)], at: 0 }));
    return home;
  }

  [Symbol.dispose](): void {
    for (const { pair } of this.#homes.values()) for (const buffers of pair) buffers[Symbol.dispose]();
    this.#vectors.clear();
  }
}
