/**
 * @file Byte-pair encoding of one piece, as HF's Rust library does it: characters to ids (unknown ones to bytes, to the unknown
 * token or to nothing), then neighbours joined by the merge that stands first in the list, the leftmost of equals. The
 * JavaScript library merges texts and looks for unknown ones afterwards, which differs where a merge meets an unknown character.
 */
import type { JsonObject } from './smallFile.ts';

/** Parts of a `model` of the type BPE; checked before. */
interface BpeConfig {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (string | readonly [string, string])[];
  readonly unk_token?: string | null;
  readonly continuing_subword_prefix?: string | null;
  readonly end_of_word_suffix?: string | null;
  readonly byte_fallback?: boolean;
  readonly fuse_unk?: boolean;
  readonly ignore_merges?: boolean;
}

/** Larger than any position in a piece; ranks times this stay exact. */
const positions = 2 ** 30;

/** A byte as SentencePiece vocabularies write it. */
export const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

export class BpeModel {
  readonly #ids: ReadonlyMap<string, number>;
  /** left id * `#span` + right id -> rank. */
  readonly #ranks = new Map<number, number>();
  /** Id of the joint piece by rank. */
  readonly #joint: number[] = [];
  readonly #span: number;
  readonly #config: BpeConfig;
  readonly #unknown: number | undefined;

  constructor(model: JsonObject) {
    const config = model as unknown as BpeConfig;
    this.#config = config;
    this.#ids = new Map(Object.entries(config.vocab));
    let largest = 0;
    for (const id of this.#ids.values()) largest = Math.max(largest, id);
    this.#span = largest + 1;
    const prefixed = config.continuing_subword_prefix?.length ?? 0;
    for (const [rank, merge] of config.merges.entries()) {
      const [left, right] = typeof merge === 'string' ? (merge.split(' ') as [string, string]) : merge;
      this.#ranks.set(this.#ids.get(left)! * this.#span + this.#ids.get(right)!, rank);
      this.#joint.push(this.#ids.get(left + right.slice(prefixed))!);
    }
    this.#unknown = typeof config.unk_token === 'string' ? this.#ids.get(config.unk_token) : undefined;
  }

  encode(piece: string): number[] {
    const whole = this.#config.ignore_merges === true ? this.#ids.get(piece) : undefined;
    return whole === undefined ? this.#merge(this.#characters(piece)) : [whole];
  }

  #characters(piece: string): number[] {
    const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = this.#config;
    const ids: number[] = [];
    let unknown = 0;
    const writeUnknown = (): void => {
      for (; unknown > 0; unknown--) ids.push(this.#unknown!);
    };
    let end = 0;
    for (const char of piece) {
      const first = end === 0;
      end += char.length;
      const text = `${first ? '' : (prefix ?? '')}${char}${end === piece.length ? (suffix ?? '') : ''}`;
      const id = this.#ids.get(text);
      const bytes = id === undefined ? this.#bytes(text) : undefined;
      if (id !== undefined) {
        writeUnknown();
        ids.push(id);
      } else if (bytes !== undefined) ids.push(...bytes);
      else if (this.#unknown !== undefined) unknown = this.#config.fuse_unk === true ? 1 : unknown + 1;
    }
    writeUnknown();
    return ids;
  }

  #bytes(text: string): number[] | undefined {
    if (this.#config.byte_fallback !== true) return undefined;
    const ids = Array.from(Buffer.from(text), (byte) => this.#ids.get(byteToken(byte)));
    return ids.includes(undefined) ? undefined : (ids as number[]);
  }

  /** `ids` is a list of neighbours that becomes shorter; a merge waits as rank and position in one number. */
  #merge(ids: number[]): number[] {
    const { length } = ids;
    if (length < 2) return ids;
    const next = Int32Array.from({ length }, (_, i) => (i + 1 < length ? i + 1 : -1));
    const previous = Int32Array.from({ length }, (_, i) => i - 1);
    const gone = new Uint8Array(length);
    const waiting = new Waiting();
    const consider = (at: number): void => {
      const rank = this.#ranks.get(ids[at]! * this.#span + ids[next[at]!]!);
      if (rank !== undefined) waiting.add(rank * positions + at);
    };
    for (let i = 0; i + 1 < length; i++) consider(i);
    for (let first = waiting.take(); first !== undefined; first = waiting.take()) {
      const rank = Math.floor(first / positions);
      const at = first - rank * positions;
      const right = next[at]!;
      if (gone[at] === 1 || right < 0) continue;
      const joint = this.#joint[rank]!;
      const now = this.#ranks.get(ids[at]! * this.#span + ids[right]!);
      if (now === undefined || this.#joint[now] !== joint) continue;
      ids[at] = joint;
      gone[right] = 1;
      next[at] = next[right]!;
      if (next[at] >= 0) previous[next[at]] = at;
      if (previous[at]! >= 0) consider(previous[at]!);
      if (next[at] >= 0) consider(at);
    }
    return ids.filter((_, i) => gone[i] === 0);
  }
}

/** A binary heap: the smallest number comes out first. */
class Waiting {
  readonly #heap: number[] = [];

  add(value: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]! <= value) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = value;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
      if (heap[child]! >= last) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
