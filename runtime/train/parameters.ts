/** @file What an adapter trains, one flat vector a segment: values, gradient and optimiser state, wherever the device keeps them. */
import type { FlatLayout } from '../model/adapted.ts';
import { elementCount } from '../model/adapted.ts';
import { Buffers } from '../ort/device.ts';
import type { Device } from '../ort/device.ts';
import type { Tensor } from '../ort/session.ts';

/** Which of a segment's vectors: "values", "gradient", or a name of the optimiser's ("m", "v"). */
export type VectorName = string;

/**
 * Vectors of one segment. Each has two homes and moves between them: a graph reads the one and writes the other,
 * so that nothing is overwritten while it is read and nothing is copied.
 */
export class Parameters implements Disposable {
  readonly layout: FlatLayout;
  readonly #device: Device;
  readonly #vectors = new Map<VectorName, Tensor>();
  readonly #homes = new Map<VectorName, { readonly pair: readonly [Buffers, Buffers]; at: number }>();

  private constructor(device: Device, layout: FlatLayout) {
    this.#device = device;
    this.layout = layout;
  }

  static async create(device: Device, layout: FlatLayout): Promise<Parameters> {
    const parameters = new Parameters(device, layout);
    await parameters.write('values', new Float32Array(layout.size));
    await parameters.write('gradient', new Float32Array(layout.size));
    return parameters;
  }

  get size(): number {
    return this.layout.size;
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

  /** `data` must hold `size` numbers. */
  async write(name: VectorName, data: Float32Array): Promise<void> {
    if (data.length !== this.size)
      throw new Error(`vector ${name} has ${this.size} numbers, not ${data.length}`);
    this.replace(name, await this.#device.upload(data, [this.size], this.next(name)));
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
