/** @file A tokenizer of single bytes with any special tokens: what a template writes is visible token by token. */
import { Tokenizer } from '../../runtime/data/tokenizer.ts';

export interface ByteTokenizerOptions {
  readonly special?: readonly string[];
  /** Special tokens that swallow the whitespace behind them. */
  readonly rstrip?: readonly string[];
  readonly bos?: string;
  readonly eos?: string;
  readonly ends?: readonly string[];
  readonly merges?: readonly (readonly [string, string])[];
  readonly addBos?: boolean;
  readonly chatTemplate?: string;
}

/** GPT-2's printable stand-ins for the 256 bytes. */
function byteCharacters(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

/** tokenizer.json: ids 0..255 are bytes, then the merged pieces, then the special tokens. */
export function byteTokenizerJson(options: ByteTokenizerOptions = {}): Record<string, unknown> {
  const { special = [], rstrip = [], merges = [], bos, addBos = false } = options;
  const pieces = [...byteCharacters(), ...merges.map((pair) => pair.join(''))];
  const added = [...special, ...rstrip].map((content, i) => ({
    id: pieces.length + i,
    content,
    special: true,
    normalized: false,
    rstrip: rstrip.includes(content),
  }));
  return {
    model: { type: 'BPE', vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])), merges },
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    post_processor: addBos
      ? {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          special_tokens: {},
        }
      : null,
    decoder: { type: 'ByteLevel' },
  };
}

export function createByteTokenizer(options: ByteTokenizerOptions = {}): Tokenizer {
  const json = byteTokenizerJson(options);
  const added = json['added_tokens'] as { id: number; content: string }[];
  const specialTokens: Record<string, string> = {};
  if (options.bos !== undefined) specialTokens['bos_token'] = options.bos;
  if (options.eos !== undefined) specialTokens['eos_token'] = options.eos;
  return new Tokenizer(
    json,
    {
      specialTokens,
      endIds: added.filter(({ content }) => options.ends?.includes(content)).map(({ id }) => id),
      chatTemplate: options.chatTemplate,
      toolTemplate: undefined,
    },
    'tokenizer.json',
  );
}
