/**
 * @file Text without added tokens to ids: normalised, cut into pieces, each piece encoded on its own and remembered.
 * Byte-level pieces are remembered before their bytes are mapped, which saves most of the work.
 */
import { BpeModel, byteToken } from './bpe.ts';
import type { JsonObject } from './smallFile.ts';
import { createByteMapper } from './tokenizersLibrary.ts';
import type { LibraryTokenizer } from './tokenizersLibrary.ts';

const rememberedPieces = 1 << 16;
const rememberedLength = 64;

export class PieceEncoder {
  readonly #library: LibraryTokenizer;
  readonly #bytes: { pre_tokenize(text: string): string[] } | undefined;
  readonly #encode: (piece: string) => number[];
  readonly #remembered = new Map<string, readonly number[]>();

  /** With `mapsBytes` the library's pre-tokenizer is the splits alone, and their bytes are mapped here. */
  constructor(library: LibraryTokenizer, model: JsonObject, mapsBytes: boolean) {
    this.#library = library;
    this.#bytes = mapsBytes ? createByteMapper() : undefined;
    if (model['type'] === 'BPE') {
      const bpe = new BpeModel(model);
      this.#encode = (piece) => bpe.encode(piece);
    } else if (model['type'] === 'Unigram')
      this.#encode = (piece) =>
        unigram(library, model['unk_id'] as number, model['byte_fallback'] === true, piece);
    else this.#encode = (piece) => library.model.encode([piece]).map((token) => library.token_to_id(token)!);
  }

  normalize(text: string): string {
    return this.#library.normalizer?.normalize(text) ?? text;
  }

  /** `text` is normalised; `first` where it opens the whole text. */
  encode(text: string, first: boolean): number[] {
    if (text === '') return [];
    const options = { section_index: first ? 0 : 1 };
    const pieces = this.#library.pre_tokenizer?.pre_tokenize(text, options) ?? [text];
    const ids: number[] = [];
    for (const piece of pieces)
      for (const id of this.#remembered.get(piece) ?? this.#encodePiece(piece)) ids.push(id);
    return ids;
  }

  #encodePiece(piece: string): readonly number[] {
    const mapped = this.#bytes?.pre_tokenize(piece) ?? [piece];
    const ids = mapped.flatMap(this.#encode);
    if (piece.length <= rememberedLength) {
      if (this.#remembered.size >= rememberedPieces) this.#remembered.clear();
      this.#remembered.set(piece, ids);
    }
    return ids;
  }
}

/** Neighbours without a token are one: their bytes where the vocabulary has them all, or the unknown token. */
function unigram(library: LibraryTokenizer, unknown: number, byBytes: boolean, piece: string): number[] {
  const ids: number[] = [];
  let without = '';
  const writeUnknown = (): void => {
    if (without === '') return;
    const bytes = Array.from(Buffer.from(without), (byte) => library.token_to_id(byteToken(byte)));
    if (byBytes && !bytes.includes(undefined)) ids.push(...(bytes as number[]));
    else ids.push(unknown);
    without = '';
  };
  for (const token of library.model.encode([piece])) {
    const id = library.token_to_id(token);
    if (id === undefined) without += token;
    else {
      writeUnknown();
      ids.push(id);
    }
  }
  writeUnknown();
  return ids;
}
