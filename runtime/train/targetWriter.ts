/** @file Writes targets of an encoder-decoder: each source is read once, each token reads what was kept of it and of the target so far. */
import { memoryInputs } from '../model/targetSegments.ts';
import { Buffers } from '../ort/device.ts';
import { hostTensor } from '../ort/session.ts';
import type { Tensor } from '../ort/session.ts';
import type { TokenRow } from './batch.ts';
import type { CompiledTarget } from './compiled.ts';
import { cachesIn, Decoder, slotsFor, UNSEEN } from './decoding.ts';
import type { Beside, Caches, Writer } from './decoding.ts';
import { relativeBucket } from './documentBatch.ts';
import type { Engine } from './engine.ts';

/** A source with the start of a target. */
function asSource(ids: Uint32Array): TokenRow {
  const both = Uint32Array.from([...ids, 0]);
  return { ids: both, mask: new Uint8Array(both.length), second: new Uint8Array(both.length).fill(1, -1) };
}

interface MemoryPlaces {
  /** The stream's row for each slot, int64 [sources, slots]. */
  readonly rows: Tensor;
  /** [sources, 1, 1, slots]. */
  readonly mask: Tensor;
  readonly slots: number;
}

/** Sources stand one behind the other in the residual stream; slots without a token read its first row, unseen. */
function memoryPlaces(sources: readonly Uint32Array[]): MemoryPlaces {
  const count = sources.length;
  const slots = slotsFor(Math.max(...sources.map(({ length }) => length)));
  const rows = new BigInt64Array(count * slots);
  const mask = new Float32Array(count * slots).fill(UNSEEN);
  let next = 0n;
  sources.forEach(({ length }, row) => {
    for (let i = 0; i < length; i++) rows[row * slots + i] = next++;
    mask.fill(0, row * slots, row * slots + length);
  });
  return {
    rows: hostTensor(rows, [count, slots]),
    mask: hostTensor(mask, [count, 1, 1, slots]),
    slots,
  };
}

export const targetWriter = async (
  engine: Engine,
  sources: readonly Uint32Array[],
  maxTokens: number,
): Promise<Writer> => new TargetWriter(engine, await engine.model.targets(), sources, maxTokens);

class TargetWriter implements Writer {
  readonly #engine: Engine;
  readonly #groups: readonly CompiledTarget[];
  readonly #sources: readonly Uint32Array[];
  readonly #slots: number;
  readonly #places: MemoryPlaces;
  readonly #decoder: Decoder;
  /** Keys and values of the sources, by group, and where they lie. */
  readonly #memories: Caches[] = [];
  readonly #homes: readonly Buffers[];
  readonly #empty = new Buffers();
  #written = 0;

  constructor(
    engine: Engine,
    groups: readonly CompiledTarget[],
    sources: readonly Uint32Array[],
    maxTokens: number,
  ) {
    this.#engine = engine;
    this.#groups = groups;
    this.#sources = sources;
    this.#slots = slotsFor(maxTokens);
    this.#places = memoryPlaces(sources);
    this.#decoder = new Decoder(engine, groups, this.#slots);
    this.#homes = groups.map(() => new Buffers());
  }

  async begin(): Promise<Float32Array> {
    const { device, spec } = this.#engine;
    const { rows, slots } = this.#places;
    const count = this.#sources.length;
    const { batch, x } = await this.#engine.stream(this.#sources.map(asSource));
    const sizes = { tokens: count, memorySlots: slots, memoryTokens: batch.layout.tokens };
    const none = await device.zeros([count, spec.kvHeads, this.#slots, spec.headSize], this.#empty);
    for (const [i, { memory, memoryProgram, parameters }] of this.#groups.entries()) {
      const feeds = await this.#engine.feeds({ memoryRows: rows }, memory.weights, parameters, x);
      const out = await device.run(memoryProgram, feeds, sizes, this.#homes[i]!);
      this.#memories.push(cachesIn(memory, out));
      const empty = memory.caches.map(() => none);
      this.#decoder.start(i, { keys: empty, values: empty });
    }
    return this.next(this.#sources.map(() => spec.startToken ?? 0));
  }

  /** All targets are as long as each other: a row that has ended is written on and not looked at. */
  next(ids: readonly number[]): Promise<Float32Array> {
    const position = this.#written++;
    return this.#decoder.add(
      ids,
      ids.map(() => position),
      this.#beside(position),
    );
  }

  #beside(position: number): Beside {
    const { mask, slots } = this.#places;
    const { relative } = this.#engine.spec;
    const buckets = Int32Array.from({ length: relative ? this.#slots : 0 }, (_, key) =>
      relativeBucket(key - position, relative!, false),
    );
    return {
      feeds: {
        memoryMask: mask,
        ...(relative && { 'target.buckets': hostTensor(buckets, [1, this.#slots]) }),
      },
      of: (group) => {
        const { keys, values } = this.#memories[group]!;
        return Object.fromEntries(
          keys.flatMap((tensor, block) => {
            const names = memoryInputs(block);
            return [
              [names.keys, tensor],
              [names.values, values[block]!],
            ];
          }),
        );
      },
      sizes: { memorySlots: slots },
    };
  }

  [Symbol.dispose](): void {
    this.#decoder[Symbol.dispose]();
    for (const buffers of [...this.#homes, this.#empty]) buffers[Symbol.dispose]();
  }
}
