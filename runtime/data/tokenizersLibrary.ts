/** @file The part of @huggingface/tokenizers in use, typed here: its own declarations can't be resolved under `nodenext`. */
import * as library from '@huggingface/tokenizers';
import type { AddedToken } from './addedTokens.ts';
import { readCharsmap } from './charsmap.ts';

interface LibraryDecoder {
  text_decoder?: InstanceType<typeof TextDecoder>;
  /** ByteLevel alone: character -> byte, as a text. */
  readonly byte_decoder?: Readonly<Record<string, string>>;
  decode_chain(tokens: string[]): string[];
  readonly decoders?: readonly LibraryDecoder[];
}

interface LibraryNormalizer {
  readonly config: Readonly<Record<string, unknown>>;
  readonly normalizers?: readonly (LibraryNormalizer | null)[];
  normalize(text: string): string;
}

export interface LibraryTokenizer {
  readonly decoder: LibraryDecoder | null;
  readonly normalizer: LibraryNormalizer | null;
  readonly pre_tokenizer: {
    pre_tokenize(text: string, options?: { readonly section_index: number }): string[];
  } | null;
  readonly model: { readonly vocab: string[]; encode(pieces: string[]): string[] };
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  /** Of the model alone: added tokens are none of its pieces. */
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
}

interface Library {
  readonly Tokenizer: new (json: object, config: object) => LibraryTokenizer;
  readonly ByteLevelPreTokenizer: new (config: object) => { pre_tokenize(text: string): string[] };
}

const { Tokenizer, ByteLevelPreTokenizer } = library as unknown as Library;

/**
 * Throws whatever the library throws on parts it doesn't know. Added tokens are found by us (AddedTokenFinder); the library
 * knows them for decoding alone, since it would take their texts for pieces of the model.
 */
export function createTokenizer(json: object, added: readonly AddedToken[]): LibraryTokenizer {
  const tokenizer = new Tokenizer({ ...json, added_tokens: [] }, { clean_up_tokenization_spaces: false });
  if (tokenizer.decoder !== null) correctDecoder(tokenizer.decoder);
  if (tokenizer.normalizer !== null) correctNormalizer(tokenizer.normalizer);
  for (const { id, content, normalized } of added)
    tokenizer.model.vocab[id] = normalized ? (tokenizer.normalizer?.normalize(content) ?? content) : content;
  return tokenizer;
}

/** The library's ByteFallback decoder swallows U+FEFF; its ByteLevel one searches all added tokens for each token. */
function correctDecoder(decoder: LibraryDecoder): void {
  if (decoder.byte_decoder !== undefined) decoder.decode_chain = (tokens) => [decodeBytes(decoder, tokens)];
  else if (decoder.text_decoder !== undefined)
    decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const part of decoder.decoders ?? []) correctDecoder(part);
}

/** A token that isn't written in the 256 characters (an added one) stands for its own bytes. */
function decodeBytes(
  { byte_decoder: byteOf, text_decoder: decoder }: LibraryDecoder,
  tokens: string[],
): string {
  const bytes = tokens.flatMap((token) => {
    const mapped = Array.from(token, (char) => byteOf![char]);
    return mapped.includes(undefined) ? [...Buffer.from(token)] : mapped.map(Number);
  });
  return decoder!.decode(Uint8Array.from(bytes));
}

const spaceBefore = /^\p{White_Space}+/u;
/** Ideographs beyond the first plane, as BERT counts them. */
const farIdeograph = /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;
/** Characters that decompose since Unicode 12.1 or later, which the Rust original leaves as they are. */
const newForms =
  /([\u32FF\uA7F1-\uA7F4\uAB69\u{105C9}\u{105E4}\u{10781}-\u{107BA}\u{11383}-\u{11391}\u{113C5}-\u{113C8}\u{11938}\u{16121}-\u{16128}\u{16D68}-\u{16D6A}\u{1CCD6}-\u{1CCF9}\u{1E030}-\u{1E06D}\u{1F16C}\u{1FBF0}-\u{1FBF9}])/u;
const betweenNewForms = (text: string, own: (text: string) => string): string =>
  text
    .split(newForms)
    .map((part, i) => (i % 2 === 0 ? own(part) : part))
    .join('');
const finalSigma = (text: string): string => text.replaceAll('Σ', 'σ');

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}

/** Where JavaScript differs from the Rust original: its whitespace, its final sigma, code units in place of characters. */
const corrections: Readonly<
  Record<string, (text: string, own: (text: string) => string, config: LibraryNormalizer['config']) => string>
> = {
  NFD: betweenNewForms,
  NFKC: betweenNewForms,
  NFKD: betweenNewForms,
  Lowercase: (text, own) => own(finalSigma(text)),
  Prepend: (text, own) => (text === '' ? '' : own(text)),
  Strip: (text, _, config) => {
    const start = config['strip_left'] === true ? text.replace(spaceBefore, '') : text;
    return config['strip_right'] === true ? trimEnd(start) : start;
  },
  BertNormalizer: (text, own, config) => {
    const spaced = config['handle_chinese_chars'] === true ? text.replace(farIdeograph, ' $& ') : text;
    return own(config['lowercase'] === true ? finalSigma(spaced) : spaced);
  },
};

function correctNormalizer(normalizer: LibraryNormalizer): void {
  for (const part of normalizer.normalizers ?? []) if (part !== null) correctNormalizer(part);
  if (normalizer.config['type'] === 'Precompiled') {
    normalizer.normalize = readCharsmap(
      normalizer.config['precompiled_charsmap'],
      'tokenizer.json',
    ).normalize;
    return;
  }
  const correct = corrections[String(normalizer.config['type'])];
  if (correct === undefined) return;
  const own = normalizer.normalize.bind(normalizer);
  normalizer.normalize = (text) => correct(text, own, normalizer.config);
}

/** Maps a piece's UTF-8 bytes to the 256 characters in which byte-level vocabularies are written. */
export function createByteMapper(): { pre_tokenize(text: string): string[] } {
  return new ByteLevelPreTokenizer({ type: 'ByteLevel', use_regex: false, add_prefix_space: false });
}
