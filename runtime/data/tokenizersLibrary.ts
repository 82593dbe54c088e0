/** @file The part of @huggingface/tokenizers in use, typed here: its own declarations can't be resolved under `nodenext`. */
import * as library from '@huggingface/tokenizers';

interface LibraryDecoder {
  text_decoder?: InstanceType<typeof TextDecoder>;
  readonly decoders?: readonly LibraryDecoder[];
}

export interface LibraryTokenizer {
  /** Cuts raw text at added tokens. */
  splitter_unnormalized: { split(text: string): string[] };
  readonly decoder: LibraryDecoder | null;
  readonly normalizer: { normalize(text: string): string } | null;
  readonly pre_tokenizer: { pre_tokenize(text: string): string[] } | null;
  readonly model: { encode(pieces: string[]): string[] };
  encode(text: string, options: { add_special_tokens: boolean }): { ids: (number | undefined)[] };
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
}

interface Library {
  readonly Tokenizer: new (json: object, config: object) => LibraryTokenizer;
  readonly ByteLevelPreTokenizer: new (config: object) => { pre_tokenize(text: string): string[] };
}

const { Tokenizer, ByteLevelPreTokenizer } = library as unknown as Library;

/**
 * Throws whatever the library throws on parts it doesn't know. Texts come without raw added tokens (AddedTokenFinder has cut
 * them out, minding `single_word`, which the library doesn't), but for an `anchor` that may stand in front.
 */
export function createTokenizer(json: object, anchor: string | undefined): LibraryTokenizer {
  const tokenizer = new Tokenizer(json, { clean_up_tokenization_spaces: false });
  tokenizer.splitter_unnormalized = {
    split: (text) =>
      anchor !== undefined && text.startsWith(anchor) ? [anchor, text.slice(anchor.length)] : [text],
  };
  if (tokenizer.decoder !== null) keepByteOrderMarks(tokenizer.decoder);
  return tokenizer;
}

/** The library's ByteFallback decoder swallows U+FEFF. */
function keepByteOrderMarks(decoder: LibraryDecoder): void {
  if (decoder.text_decoder !== undefined)
    decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const part of decoder.decoders ?? []) keepByteOrderMarks(part);
}

/** Maps a piece's UTF-8 bytes to the 256 characters in which byte-level vocabularies are written. */
export function createByteMapper(): { pre_tokenize(text: string): string[] } {
  return new ByteLevelPreTokenizer({ type: 'ByteLevel', use_regex: false, add_prefix_space: false });
}
