/** @file Adds a token to each row of a batch with a key-value cache, behind prompts that were read whole. */
import { cacheInputs } from '../model/generationSegments.ts';
import type { CacheGraph } from '../model/generationSegments.ts';
import type { Sizes } from '../graph/sizes.ts';
import { windowsOf } from '../model/segments.ts';
import { Buffers } from '../ort/device.ts';
import { hostTensor } from '../ort/session.ts';
import type { Tensor } from '../ort/session.ts';
import { prepareBatch } from './batch.ts';
import type { CompiledDecoding, CompiledGeneration } from './compiled.ts';
import type { Engine } from './engine.ts';

/** Gives logits of each row's next token, [rows, vocab]: at first, then behind the tokens that were chosen. */
export interface Writer extends Disposable {
  begin(): Promise<Float32Array>;
  next(ids: readonly number[]): Promise<Float32Array>;
}

/** Keys and values of a group's blocks. */
export interface Caches {
  readonly keys: readonly Tensor[];
  readonly values: readonly Tensor[];
}

type Feeds = Readonly<Record<string, Tensor>>;

/** What blocks read beside their caches: feeds of all groups, and those of one. */
export interface Beside {
  readonly feeds: Feeds;
  readonly of: (group: number) => Feeds;
  readonly sizes: Sizes;
}

export const cachesIn = ({ caches }: CacheGraph, out: Feeds): Caches => ({
  keys: caches.map(({ keys }) => out[keys]!),
  values: caches.map(({ values }) => out[values]!),
});

/** Slots of a cache: a multiple of 8, since equal shapes share a program's memory. */
export const slotsFor = (tokens: number): number => Math.ceil((tokens + 1) / 8) * 8;

/** The caches of all groups of blocks, each of `slots` places a row, and the pass that fills the next one. */
export class Decoder implements Disposable {
  readonly #engine: Engine;
  readonly #groups: readonly CompiledDecoding[];
  readonly #slots: number;
  readonly #caches: Caches[] = [];
  /** What a group reads lies in one of its two homes, what it hands out in the other. */
  readonly #homes: readonly (readonly [Buffers, Buffers])[];
  readonly #work = new Buffers();
  #turn: 0 | 1 = 1;

  constructor(engine: Engine, groups: readonly CompiledDecoding[], slots: number) {
    this.#engine = engine;
    this.#groups = groups;
    this.#slots = slots;
    this.#homes = groups.map(() => [new Buffers(), new Buffers()] as const);
  }

  /** Home of the first caches of a group. */
  home(group: number): Buffers {
    return this.#homes[group]![0];
  }

  start(group: number, caches: Caches): void {
    this.#caches[group] = caches;
  }

  /** Logits behind one token a row at its position, which is also its slot. */
  async add(ids: readonly number[], positions: readonly number[], beside?: Beside): Promise<Float32Array> {
    const sizes = { ...beside?.sizes, tokens: ids.length, slots: this.#slots };
    const own = { ...this.#feeds(ids, positions), ...beside?.feeds };
    let x = await this.#engine.embed(own, sizes);
    for (const [i, { decode, decodeProgram, parameters }] of this.#groups.entries()) {
      const feeds = { ...(await this.#engine.feeds(own, decode.weights, parameters, x)), ...beside?.of(i) };
      const { keys, values } = this.#caches[i]!;
      keys.forEach((tensor, block) => (feeds[cacheInputs(block).keys] = tensor));
      values.forEach((tensor, block) => (feeds[cacheInputs(block).values] = tensor));
      const out = await this.#engine.device.run(decodeProgram, feeds, sizes, this.#homes[i]![this.#turn]);
      this.#caches[i] = cachesIn(decode, out);
      x = out[decode.output]!;
    }
    this.#turn = this.#turn === 0 ? 1 : 0;
    const rows = BigInt64Array.from(ids, (_, row) => BigInt(row));
    return this.#engine.headLogits(own, sizes, x, rows, this.#work);
  }

  #feeds(ids: readonly number[], positions: readonly number[]): Record<string, Tensor> {
    const [rows, slots] = [ids.length, this.#slots];
    const slot = new Float32Array(rows * slots);
    positions.forEach((position, row) => (slot[row * slots + position] = 1));
    const feeds: Record<string, Tensor> = {
      ids: hostTensor(BigInt64Array.from(ids, BigInt), [rows]),
      positions: hostTensor(BigInt64Array.from(positions, BigInt), [rows, 1]),
      slot: hostTensor(slot, [rows, 1, slots, 1]),
    };
    for (const window of windowsOf(this.#engine.spec)) {
      const mask = new Float32Array(rows * slots).fill(UNSEEN);
      positions.forEach((position, row) => {
        const first = window === undefined ? 0 : Math.max(0, position - window + 1);
        mask.fill(0, row * slots + first, row * slots + position + 1);
      });
      feeds[`mask${window ?? ''}`] = hostTensor(mask, [rows, 1, 1, slots]);
    }
    return feeds;
  }

  [Symbol.dispose](): void {
    for (const buffers of [...this.#homes.flat(), this.#work]) buffers[Symbol.dispose]();
  }
}

/** Added to scores of keys that aren't seen. */
export const UNSEEN = -1e9;

/** Goes on with prompts of one token or more each. */
export async function textWriter(
  engine: Engine,
  prompts: readonly Uint32Array[],
  maxTokens: number,
): Promise<Writer> {
  const slots = slotsFor(Math.max(...prompts.map(({ length }) => length)) + maxTokens);
  const groups = await engine.model.generation();
  const decoder = new Decoder(engine, groups, slots);
  let written = 0;
  return {
    begin: () => prefill(engine, groups, decoder, prompts, slots),
    next: (ids) => {
      const positions = prompts.map(({ length }) => length + written);
      written++;
      return decoder.add(ids, positions);
    },
    [Symbol.dispose]: () => {
      decoder[Symbol.dispose]();
    },
  };
}

async function prefill(
  engine: Engine,
  groups: readonly CompiledGeneration[],
  decoder: Decoder,
  prompts: readonly Uint32Array[],
  slots: number,
): Promise<Float32Array> {
  const rows = prompts.map((ids) => ({ ids, mask: new Uint8Array(ids.length) }));
  const batch = prepareBatch(rows, engine.spec, { chunk: slots, count: 1 });
  const filled = new Float32Array(prompts.length * slots);
  prompts.forEach(({ length }, row) => filled.fill(1, row * slots, row * slots + length));
  const own = { ...batch.feeds, filled: hostTensor(filled, [prompts.length, 1, slots, 1]) };
  let x = await engine.embed(own, batch.sizes);
  for (const [i, { prefill: graph, prefillProgram, parameters }] of groups.entries()) {
    const feeds = await engine.feeds(own, graph.weights, parameters, x);
    const out = await engine.device.run(prefillProgram, feeds, batch.sizes, decoder.home(i));
    decoder.start(i, cachesIn(graph, out));
    x = out[graph.output]!;
  }
  const last = BigInt64Array.from(prompts, ({ length }, row) =>
    BigInt(batch.layout.starts[row]! + length - 1),
  );
  return engine.headLogits(own, batch.sizes, x, last);
}
