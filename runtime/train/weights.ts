/** @file Frozen weights as tensors on the device: read once and kept, or a block's weights per use where memory is dear. */
import type { Device } from '../ort/device.ts';
import type { Tensor } from '../ort/session.ts';
import type { Base, DecoderSpec, TensorSource, WeightCodes } from '../model/decoder.ts';
import { elementCount } from '../model/adapted.ts';
import { packWeight } from '../model/quantize/codedWeight.ts';
import { requireCodes } from '../model/quantize/quantizedBase.ts';
import type { WeightUse } from '../model/segmentBuilder.ts';
import { hostTensor } from '../ort/session.ts';

/** Replaces base tensors by others of the same shape (an adapter's own head or embedding). */
export type Overrides = ReadonlyMap<string, Float32Array>;

export class Weights {
  readonly #source: TensorSource;
  readonly #spec: DecoderSpec;
  readonly #device: Device;
  readonly #overrides: Map<string, Float32Array>;
  readonly #keepBlocks: boolean;
  readonly #tensors = new Map<string, Tensor>();
  readonly #packed = new Map<string, Readonly<Record<string, Tensor>>>();
  /** Where a block's weights are read to, over those of the block before; by the graph's input and length. */
  readonly #slots = new Map<string, Float32Array>();

  constructor(
    { spec, tensors }: Pick<Base, 'spec' | 'tensors'>,
    device: Device,
    overrides: Overrides = new Map(),
    keepBlocks = true,
  ) {
    requireCodes(spec, device.options.provider);
    this.#spec = spec;
    this.#source = tensors;
    this.#device = device;
    this.#overrides = new Map(overrides);
    // a device has no other place to read them from: sending all of them at each step would cost more than they do
    this.#keepBlocks = keepBlocks || !device.onHost;
  }

  /** A tied head reads the embedding's table, unless an adapter brings a head of its own. */
  #stored(name: string): string {
    const { tied, names } = this.#spec;
    return tied && name === `${names.head.path}.weight` && !this.#overrides.has(name)
      ? `${names.embedding}.weight`
      : name;
  }

  /** Embedding and head are read at every step, and a table of them is dearer to read than a block. */
  #kept(name: string): boolean {
    return this.#keepBlocks || outside(this.#spec).some((path) => name.startsWith(`${path}.`));
  }

  async get(wanted: string, input = wanted): Promise<Tensor> {
    const name = this.#stored(wanted);
    const known = this.#tensors.get(name);
    if (known) return known;
    const shape = this.#source.shape(name);
    if (!this.#kept(name)) return this.#device.upload(this.#reread(name, input, elementCount(shape)), shape);
    const tensor = await this.#device.upload(this.values(name), shape);
    this.#tensors.set(name, tensor);
    return tensor;
  }

  #reread(name: string, input: string, length: number): Float32Array {
    const override = this.#overrides.get(name);
    if (override) return override;
    const key = `${input} ${length}`;
    const slot = this.#slots.get(key) ?? new Float32Array(length);
    this.#slots.set(key, slot);
    return this.#source.readFloat32(name, slot);
  }

  /** From now on this tensor has these values, for all who share the weights. */
  replace(wanted: string, values: Float32Array): void {
    const name = this.#stored(wanted);
    this.#overrides.set(name, values);
    this.#tensors.get(name)?.dispose();
    this.#tensors.delete(name);
    this.#packed.delete(name);
  }

  /** Values of a base tensor, overrides applied. */
  values(wanted: string): Float32Array {
    const name = this.#stored(wanted);
    return this.#overrides.get(name) ?? this.#source.readFloat32(name);
  }

  /** Feeds of one segment, good until those of the next are asked for. */
  async feeds(uses: readonly WeightUse[]): Promise<Record<string, Tensor>> {
    const feeds: Record<string, Tensor> = {};
    for (const { input, name, codes } of uses)
      if (codes === undefined) feeds[input] = await this.get(name, input);
      else
        for (const [part, tensor] of Object.entries(this.#pack(name, codes)))
          feeds[`${input}.${part}`] = tensor;
    return feeds;
  }

  /** A weight in 4 bits, which stay in memory under every policy: an eighth of the numbers they stand for. */
  #pack(name: string, codes: WeightCodes): Readonly<Record<string, Tensor>> {
    let packed = this.#packed.get(name);
    if (!packed) {
      const parts = Object.entries(packWeight(this.values(name), codes));
      packed = Object.fromEntries(parts.map(([part, data]) => [part, hostTensor(data, [data.length])]));
      this.#packed.set(name, packed);
    }
    return packed;
  }

  /** Bytes of the base's tensors that are held at this moment. */
  get heldBytes(): number {
    const packed = [...this.#packed.values()].flatMap((parts) => Object.values(parts));
    const tensors = [...this.#tensors.values(), ...packed];
    const slots = [...this.#slots.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    return tensors.reduce((sum, { data }) => sum + (data as Float32Array).byteLength, slots);
  }
}

/** Modules that belong to no block. */
function outside({ names }: DecoderSpec): readonly string[] {
  const { embedding, positions, tokenTypes, embeddingNorm, relative, finalNorm, pooler, head } = names;
  const tables = [embedding, positions, tokenTypes, embeddingNorm, relative?.source, relative?.target];
  return [...tables, finalNorm, pooler?.path, head.path].filter((path) => path !== undefined);
}
