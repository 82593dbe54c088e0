/** @file Frozen weights as tensors on the device: read once and kept, or per use where memory is dear. */
import type { Device } from '../ort/device.ts';
import type { Tensor } from '../ort/session.ts';
import type { Base, DecoderSpec, TensorSource } from '../model/decoder.ts';
import type { WeightUse } from '../model/segmentBuilder.ts';

/** Replaces base tensors by others of the same shape (an adapter's own head or embedding). */
export type Overrides = ReadonlyMap<string, Float32Array>;

export class Weights {
  readonly #source: TensorSource;
  readonly #spec: DecoderSpec;
  readonly #device: Device;
  readonly #overrides: Overrides;
  readonly #keep: boolean;
  readonly #tensors = new Map<string, Tensor>();

  constructor(
    { spec, tensors }: Pick<Base, 'spec' | 'tensors'>,
    device: Device,
    overrides: Overrides = new Map(),
    keep = true,
  ) {
    this.#spec = spec;
    this.#source = tensors;
    this.#device = device;
    this.#overrides = overrides;
    // a device has no other place to read them from: sending all of them at each step would cost more than they do
    this.#keep = keep || !device.onHost;
  }

  /** A tied head reads the embedding's table, unless an adapter brings a head of its own. */
  #stored(name: string): string {
    const { tied, names } = this.#spec;
    return tied && name === `${names.head.path}.weight` && !this.#overrides.has(name)
      ? `${names.embedding}.weight`
      : name;
  }

  async get(wanted: string): Promise<Tensor> {
    const name = this.#stored(wanted);
    const known = this.#tensors.get(name);
    if (known) return known;
    const tensor = await this.#device.upload(this.values(name), this.#source.shape(name));
    if (this.#keep) this.#tensors.set(name, tensor);
    return tensor;
  }

  /** Values of a base tensor, overrides applied. */
  values(wanted: string): Float32Array {
    const name = this.#stored(wanted);
    return this.#overrides.get(name) ?? this.#source.readFloat32(name);
  }

  /** Feeds of one segment. */
  async feeds(uses: readonly WeightUse[]): Promise<Record<string, Tensor>> {
    const feeds: Record<string, Tensor> = {};
    for (const { input, name } of uses) feeds[input] = await this.get(name);
    return feeds;
  }
}
