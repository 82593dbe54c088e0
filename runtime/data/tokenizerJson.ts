/** @file Checks a tokenizer.json (or what was built in its place) and brings it into the form the library computes exactly. */
import type { AddedToken } from './addedTokens.ts';
import { damaged, prependsFirst, rewritePreTokenizer, unsupported } from './preTokenizers.ts';
import { readPairTemplate } from './pairTemplate.ts';
import type { Template } from './pairTemplate.ts';
import { isObject } from './smallFile.ts';
import type { JsonObject } from './smallFile.ts';
import { checkDecoder, checkId, largestId, readPostProcessor, rewriteNormalizer } from './tokenizerParts.ts';

/** Checked and rewritten: `library` goes to @huggingface/tokenizers, the rest is handled here. */
export interface PreparedTokenizer {
  readonly library: JsonObject;
  readonly added: readonly AddedToken[];
  /** There is a normalizer, so that tokens which are `normalized` are matched in other text than the rest. */
  readonly normalizes: boolean;
  readonly model: JsonObject;
  /** Largest id + 1. */
  readonly vocabSize: number;
  /** What `addSpecial` puts around a text. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  /** How two texts are joined, where the tokenizer says so. */
  readonly pair: Template | undefined;
  /** The first piece of a text is treated differently from later ones (Metaspace "first"). */
  readonly firstDiffers: boolean;
  /** The splits in front of a byte-level BPE model, where that is all there is: pieces can be remembered. */
  readonly byteLevelSplits: JsonObject | undefined;
}

/** Throws `tokenizer-damaged` or `tokenizer-unsupported`; `file` is named in both. */
export function prepareTokenizer(value: unknown, file: string): PreparedTokenizer {
  if (!isObject(value) || !isObject(value['model'])) throw damaged('it has no "model"', file);
  const model = value['model'];
  const ids = readVocabulary(model, file);
  const modelType = checkModel(model, ids, file);
  const added = readAddedTokens(value['added_tokens'], file);
  for (const { content, id } of added) {
    if (ids.get(content) !== undefined && ids.get(content) !== id)
      throw damaged(`the token ${JSON.stringify(content)} has two ids`, file);
    ids.set(content, id);
  }
  const normalizer = rewriteNormalizer(value['normalizer'], file);
  const preTokenizer = rewritePreTokenizer(value['pre_tokenizer'], file);
  const firstDiffers = JSON.stringify(preTokenizer).includes(prependsFirst);
  if (firstDiffers && cutsStart(normalizer))
    throw unsupported('a normalizer that may take away where a Metaspace looks for the first piece', file);
  const { prefix, suffix } = readPostProcessor(value['post_processor'], ids, file);
  let largest = -1;
  for (const id of ids.values()) largest = Math.max(largest, id);
  return {
    library: {
      // Merges are not its business (bpe.ts), and its table of them is slow to build.
      model: { ...model, type: modelType, merges: [] },
      normalizer,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder: checkDecoder(value['decoder'], file),
    },
    added,
    model: { ...model, type: modelType },
    normalizes: normalizer !== null,
    vocabSize: largest + 1,
    prefix,
    suffix,
    pair: readPairTemplate(value['post_processor'], ids, file),
    firstDiffers,
    byteLevelSplits: modelType === 'BPE' ? splitsOf(preTokenizer) : undefined,
  };
}

function cutsStart(normalizer: JsonObject | null): boolean {
  const parts =
    normalizer?.['type'] === 'Sequence' ? (normalizer['normalizers'] as JsonObject[]) : [normalizer];
  const cutting = new Set<unknown>(['Strip', 'StripAccents', 'BertNormalizer', 'Precompiled']);
  return parts.some((part) => cutting.has(part?.['type']) || part?.['content'] === '');
}

/** The pre-tokenizers before a final ByteLevel, all of them plain splits; undefined for anything else. */
function splitsOf(preTokenizer: JsonObject | null): JsonObject | undefined {
  const parts: JsonObject[] = [];
  const flatten = (part: JsonObject): void => {
    if (part['type'] === 'Sequence')
      for (const inner of part['pretokenizers'] as JsonObject[]) flatten(inner);
    else parts.push(part);
  };
  if (preTokenizer !== null) flatten(preTokenizer);
  const last = parts.pop();
  if (last?.['type'] !== 'ByteLevel' || parts.some(({ type }) => type !== 'Split')) return undefined;
  return { type: 'Sequence', pretokenizers: parts };
}

function readVocabulary(model: JsonObject, file: string): Map<string, number> {
  const vocab = model['vocab'];
  const ids = new Map<string, number>();
  if (Array.isArray(vocab)) {
    if (vocab.length > largestId) throw damaged('its vocabulary is too large', file);
    for (const [id, entry] of (vocab as unknown[]).entries()) {
      if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !Number.isFinite(entry[1]))
        throw damaged(`entry ${id} of its vocabulary is not [text, score]`, file);
      if (!ids.has(entry[0])) ids.set(entry[0], id);
    }
  } else if (isObject(vocab)) {
    const seen = new Set<number>();
    for (const [text, value] of Object.entries(vocab)) {
      const id = checkId(value, file);
      if (seen.has(id)) throw damaged(`two tokens share the id ${id}`, file);
      seen.add(id);
      ids.set(text, id);
    }
  }
  if (ids.size === 0) throw damaged('its vocabulary is missing or empty', file);
  return ids;
}

function readAddedTokens(value: unknown, file: string): AddedToken[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > largestId) throw damaged('its added_tokens are no list', file);
  const texts = new Map<number, string>();
  return value.map((entry: unknown) => {
    if (!isObject(entry) || typeof entry['content'] !== 'string' || entry['content'] === '')
      throw damaged('an added token has no text', file);
    const id = checkId(entry['id'], file);
    const content = entry['content'];
    if ((texts.get(id) ?? content) !== content) throw damaged(`two added tokens share the id ${id}`, file);
    texts.set(id, content);
    const special = entry['special'] === true;
    return {
      id,
      content,
      special,
      normalized: typeof entry['normalized'] === 'boolean' ? entry['normalized'] : !special,
      singleWord: entry['single_word'] === true,
      lstrip: entry['lstrip'] === true,
      rstrip: entry['rstrip'] === true,
    };
  });
}

/** The model's type; merges and the unknown token are checked against the vocabulary. */
function checkModel(model: JsonObject, ids: ReadonlyMap<string, number>, file: string): string {
  const type =
    model['type'] ??
    (Array.isArray(model['vocab']) ? 'Unigram' : model['merges'] === undefined ? 'WordPiece' : 'BPE');
  switch (type) {
    case 'BPE':
      if (!isObject(model['vocab'])) throw damaged('its vocabulary is not a table', file);
      for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) checkAffix(model, key, file);
      checkMerges(model['merges'], model, ids, file);
      checkUnknown(model['unk_token'], ids, file);
      return 'BPE';
    case 'WordPiece':
      if (!isObject(model['vocab'])) throw damaged('its vocabulary is not a table', file);
      checkUnknown(model['unk_token'] ?? '[UNK]', ids, file);
      if (typeof model['continuing_subword_prefix'] !== 'string')
        throw damaged('its continuing_subword_prefix is missing', file);
      return 'WordPiece';
    case 'Unigram': {
      if (!Array.isArray(model['vocab'])) throw damaged('its vocabulary is no list', file);
      const unknown = checkId(model['unk_id'], file);
      if (unknown >= model['vocab'].length) throw damaged(`its unknown token ${unknown} doesn't exist`, file);
      return 'Unigram';
    }
    default:
      throw unsupported(`a model of the type ${JSON.stringify(type)}`, file);
  }
}

function checkAffix(model: JsonObject, key: string, file: string): void {
  if (typeof (model[key] ?? '') !== 'string') throw damaged(`its ${key} is not a text`, file);
}

function checkUnknown(unknown: unknown, ids: ReadonlyMap<string, number>, file: string): void {
  if (unknown === null || unknown === undefined) return;
  if (typeof unknown !== 'string' || !ids.has(unknown))
    throw damaged(`its unknown token ${JSON.stringify(unknown)} isn't in the vocabulary`, file);
}

/** Each merge joins two known pieces into a known one, as the Rust original demands. */
function checkMerges(
  merges: unknown,
  model: JsonObject,
  ids: ReadonlyMap<string, number>,
  file: string,
): void {
  if (!Array.isArray(merges) || merges.length > largestId) throw damaged('its merges are no list', file);
  const prefixed = ((model['continuing_subword_prefix'] ?? '') as string).length;
  for (const [index, merge] of (merges as unknown[]).entries()) {
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((part) => typeof part === 'string'))
      throw damaged(`merge ${index} is not a pair of texts`, file);
    const [left, right] = parts as [string, string];
    if (!ids.has(left) || !ids.has(right) || !ids.has(left + right.slice(prefixed)))
      throw damaged(`merge ${index} (${left} ${right}) names pieces that aren't in the vocabulary`, file);
  }
  if (merges.length === 0 && model['unk_token'] === undefined && ids.size > 1_000)
    throw damaged('it has no merges', file);
}
