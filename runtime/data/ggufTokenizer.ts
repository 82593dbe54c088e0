/**
 * @file Builds a tokenizer.json from what a .gguf file keeps of it: byte-level BPE ("gpt2") with the pre-tokenizer that the
 * file names, and SentencePiece BPE ("llama") whose merges follow from the scores.
 */
import { damaged, gpt2Pattern, splitIsolated, unsupported } from './preTokenizers.ts';
import type { JsonObject } from './smallFile.ts';
import type { TokenizerRoles } from './tokenizer.ts';
import { largestId } from './tokenizerParts.ts';

/** The `tokenizer.*` metadata, as the GGUF specification names it; ids as numbers, absent keys undefined. */
export interface GgufTokenizerFields {
  /** `general.architecture`. */
  readonly architecture: string | undefined;
  /** `tokenizer.ggml.model`: "gpt2", "llama", ... */
  readonly model: string | undefined;
  readonly pre: string | undefined;
  readonly tokens: readonly string[];
  /** 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
  readonly types: ArrayLike<number> | undefined;
  readonly merges: readonly string[] | undefined;
  readonly scores: ArrayLike<number> | undefined;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  readonly unkId: number | undefined;
  /** `eot_token_id`, `eom_token_id`: further ends of a turn. */
  readonly endIds: readonly number[];
  readonly addBos: boolean | undefined;
  readonly addEos: boolean | undefined;
  readonly addSpacePrefix: boolean | undefined;
  readonly chatTemplate: string | undefined;
  readonly toolTemplate: string | undefined;
}

/** All tokens together; Gemma's 262,144 take 2.4 million characters. */
const largestText = 1 << 25;

const tokenType = { unknown: 2, control: 3, userDefined: 4, byte: 6 } as const;

interface PreTokenizer {
  readonly patterns: readonly string[];
  readonly normalizer?: 'NFC';
  /** A piece that is a token as a whole isn't put together from merges. */
  readonly ignoreMerges?: boolean;
  readonly addBos?: boolean;
}

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const tail = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const cl100k = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${tail}`;
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const casedWords = (ending: string): string =>
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${ending}|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${ending}`;

const gpt2: PreTokenizer = { patterns: [gpt2Pattern] };
const digitsThenGpt2: PreTokenizer = { patterns: ['\\p{N}', gpt2Pattern] };
/** Only decimal digits stand alone: transformers keeps other numerals (Ⅷ, ½) with the space before them. */
const smollm: PreTokenizer = { patterns: ['\\p{Nd}', gpt2Pattern] };
const llama3: PreTokenizer = { patterns: [cl100k], ignoreMerges: true, addBos: true };
const plainCl100k: PreTokenizer = { patterns: [cl100k] };
const qwen2: PreTokenizer = { patterns: [cl100k.replace('\\p{N}{1,3}', '\\p{N}')], normalizer: 'NFC' };
const tekken: PreTokenizer = {
  patterns: [`${casedWords('')}|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${tail}`],
  ignoreMerges: true,
  addBos: true,
};
const o200k: PreTokenizer = {
  patterns: [
    `${casedWords(`${contractions}?`)}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  ],
};
const deepseek3: PreTokenizer = {
  patterns: [
    '\\p{N}{1,3}',
    '[一-龥぀-ゟ゠-ヿ]+',
    `[!"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_\`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${tail}`,
  ],
};

/** `tokenizer.ggml.pre` -> how the text is cut; the patterns are those of the models' own tokenizer.json files. */
export const ggufPreTokenizers: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': gpt2,
  'phi-2': gpt2,
  smollm,
  starcoder: digitsThenGpt2,
  refact: digitsThenGpt2,
  codeshell: digitsThenGpt2,
  'llama-bpe': llama3,
  llama3,
  'llama-v3': llama3,
  falcon3: llama3,
  pixtral: llama3,
  'smaug-bpe': plainCl100k,
  dbrx: plainCl100k,
  qwen2,
  'deepseek-r1-qwen': qwen2,
  tekken,
  'gpt-4o': o200k,
  llama4: o200k,
  'deepseek-v3': deepseek3,
};

/** Throws `tokenizer-missing`, `tokenizer-damaged` or `tokenizer-unsupported`. */
export function tokenizerJsonFromGguf(
  fields: GgufTokenizerFields,
  file: string,
): { json: JsonObject; roles: TokenizerRoles } {
  const { tokens, types } = fields;
  if (tokens.length === 0) throw damaged('tokenizer.ggml.tokens is missing or empty', file);
  if (tokens.length > largestId || tokens.reduce((sum, { length }) => sum + length, 0) > largestText)
    throw damaged('its vocabulary is too large', file);
  if (types === undefined) throw damaged('tokenizer.ggml.token_type is missing', file);
  if (types.length !== tokens.length)
    throw damaged(`it has ${tokens.length} tokens and ${types.length} token types`, file);
  const roles = readRoles(fields);
  const json =
    fields.model === 'gpt2'
      ? byteLevel(fields, file)
      : fields.model === 'llama'
        ? sentencePiece(fields, file)
        : undefined;
  if (json === undefined) throw unsupported(`the model "${fields.model ?? 'none'}"`, file);
  const defaultBos = fields.model === 'llama' || ggufPreTokenizers[fields.pre ?? '']?.addBos === true;
  return { json: { ...json, post_processor: around(fields, defaultBos) }, roles };
}

/** Without own entries a SentencePiece vocabulary has <unk> 0, <s> 1, </s> 2. */
function roleIds({
  model,
  bosId,
  eosId,
  unkId,
  padId,
}: GgufTokenizerFields): Record<string, number | undefined> {
  const spm = model === 'llama';
  return {
    bos_token: bosId ?? (spm ? 1 : undefined),
    eos_token: eosId ?? (spm ? 2 : undefined),
    unk_token: unkId ?? (spm ? 0 : undefined),
    pad_token: padId,
  };
}

function readRoles(fields: GgufTokenizerFields): TokenizerRoles {
  const specialTokens: Record<string, string> = {};
  for (const [role, id] of Object.entries(roleIds(fields))) {
    const text = id === undefined ? undefined : fields.tokens[id];
    if (text !== undefined && text !== '') specialTokens[role] = text;
  }
  const { endIds, chatTemplate, toolTemplate } = fields;
  return { specialTokens, endIds, chatTemplate, toolTemplate };
}

function around(fields: GgufTokenizerFields, defaultBos: boolean): JsonObject | null {
  const ids = roleIds(fields);
  const bos = (fields.addBos ?? defaultBos) ? ids['bos_token'] : undefined;
  const eos = (fields.addEos ?? false) ? ids['eos_token'] : undefined;
  if (bos === undefined && eos === undefined) return null;
  const special = (id: number): JsonObject => ({ SpecialToken: { id: fields.tokens[id] ?? '', type_id: 0 } });
  return {
    type: 'TemplateProcessing',
    single: [
      ...(bos === undefined ? [] : [special(bos)]),
      { Sequence: { id: 'A', type_id: 0 } },
      ...(eos === undefined ? [] : [special(eos)]),
    ],
    special_tokens: {},
  };
}

function vocabularyOf(tokens: readonly string[]): Record<string, number> {
  const vocab = Object.create(null) as Record<string, number>;
  // An empty or repeated text can't be written in a text, so its id is never produced.
  for (const [id, token] of tokens.entries()) if (token !== '' && !(token in vocab)) vocab[token] = id;
  return vocab;
}

/** Control tokens and the unknown one are special; user-defined ones are found whole in the text but are ordinary. */
function addedTokens({ tokens, types }: GgufTokenizerFields, rstripSpecial = false): JsonObject[] {
  const added: JsonObject[] = [];
  for (const [id, content] of tokens.entries()) {
    const special = types![id] === tokenType.control || types![id] === tokenType.unknown;
    if (content === '' || !(special || types![id] === tokenType.userDefined)) continue;
    const rstrip = rstripSpecial && special && !keepWhitespace.has(content);
    added.push({ id, content, special, normalized: false, single_word: false, lstrip: false, rstrip });
  }
  return added;
}

/** Phi-3's special tokens that swallow nothing. */
const keepWhitespace = new Set(['<unk>', '<s>', '<|endoftext|>']);

function byteLevel(fields: GgufTokenizerFields, file: string): JsonObject {
  const name = fields.pre ?? '';
  const pre = Object.hasOwn(ggufPreTokenizers, name) ? ggufPreTokenizers[name] : undefined;
  if (pre === undefined)
    throw unsupported(
      fields.pre === undefined ? 'no named pre-tokenizer' : `the pre-tokenizer "${name}"`,
      file,
    );
  if (fields.merges === undefined) throw damaged('tokenizer.ggml.merges is missing', file);
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    added_tokens: addedTokens(fields),
    normalizer: pre.normalizer === undefined ? null : { type: pre.normalizer },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...pre.patterns.map(splitIsolated), bytes] },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      unk_token: null,
      vocab: vocabularyOf(fields.tokens),
      merges: fields.merges,
      ignore_merges: pre.ignoreMerges === true,
    },
  };
}

function sentencePiece(fields: GgufTokenizerFields, file: string): JsonObject {
  const { tokens, scores } = fields;
  if (scores?.length !== tokens.length) throw damaged('tokenizer.ggml.scores is missing or too short', file);
  const prefix = (fields.addSpacePrefix ?? true) ? [{ type: 'Prepend', prepend: '▁' }] : [];
  const unknown = tokens[fields.unkId ?? 0];
  // Phi-3's special tokens swallow the whitespace behind them; GGUF has no field for it.
  const rstripSpecial = fields.architecture === 'phi3';
  return {
    added_tokens: addedTokens(fields, rstripSpecial),
    normalizer: {
      type: 'Sequence',
      normalizers: [...prefix, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }],
    },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix.length === 0 ? [] : [{ type: 'Strip', content: ' ', start: 1, stop: 0 }]),
      ],
    },
    model: {
      type: 'BPE',
      unk_token: unknown ?? null,
      fuse_unk: true,
      byte_fallback: true,
      vocab: vocabularyOf(tokens),
      merges: mergesFromScores(fields, file),
    },
  };
}

/**
 * SentencePiece joins the neighbours whose joint piece has the best score; as BPE merges: each way to cut a piece into two
 * known ones, best pieces first. Longest token bounded, so that the cost stays linear in the vocabulary.
 */
function mergesFromScores({ tokens, types, scores }: GgufTokenizerFields, file: string): [string, string][] {
  const scoreOf = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const type = types![id];
    const joins = type !== tokenType.unknown && type !== tokenType.control && type !== tokenType.byte;
    if (joins && token !== '' && !scoreOf.has(token)) scoreOf.set(token, scores![id]!);
  }
  // Converters that don't know the scores write one and the same for all.
  const known = [...scoreOf].filter(([token]) => token.length > 1).map(([, score]) => score);
  if (known.length > 1 && known.every((score) => score === known[0]))
    throw unsupported('the same score for all pieces', file);
  const merges: { pair: [string, string]; score: number; left: number; right: number }[] = [];
  for (const [token, score] of scoreOf) {
    if (token.length > 256) continue;
    for (let cut = 1; cut < token.length; cut++) {
      const pair: [string, string] = [token.slice(0, cut), token.slice(cut)];
      const left = scoreOf.get(pair[0]);
      const right = left === undefined ? undefined : scoreOf.get(pair[1]);
      if (left !== undefined && right !== undefined) merges.push({ pair, score, left, right });
    }
  }
  merges.sort((a, b) => b.score - a.score || b.left - a.left || b.right - a.right);
  return merges.map(({ pair }) => pair);
}
