/** @file The normalizer, decoder and post-processor parts of tokenizer.json: checked, and rewritten where the library reads them differently. */
import { checkPattern, damaged, unsupported } from './preTokenizers.ts';
import { readCharsmap } from './charsmap.ts';
import { isObject } from './smallFile.ts';
import type { JsonObject } from './smallFile.ts';

/** Nothing in use nests deeper; a part list is at most this long. */
const deepest = 8;
const longest = 64;

/** Larger than any vocabulary in use; ids above it would only cost memory. */
export const largestId = 1 << 22;

export function checkId(id: unknown, file: string): number {
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > largestId)
    throw damaged(`it has the token id ${JSON.stringify(id)}`, file);
  return id;
}

function partList(config: JsonObject, key: string, what: string, file: string): unknown[] {
  const parts = config[key];
  if (!Array.isArray(parts) || parts.length > longest) throw damaged(`its ${what} is malformed`, file);
  return parts;
}

function textOf(config: JsonObject, key: string, what: string, file: string): string {
  const text = config[key];
  if (typeof text !== 'string') throw damaged(`the ${key} of its ${what} is not a text`, file);
  return text;
}

/** The library hands replacements to `replaceAll`, where "$" is special. */
const literal = (text: string): string => text.replaceAll('$', '$$$$');

const plainNormalizers = new Set<unknown>(['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents']);

/** Throws `tokenizer-unsupported` or `tokenizer-damaged`. */
export function rewriteNormalizer(config: unknown, file: string, depth = 0): JsonObject | null {
  if (config === null || config === undefined) return null;
  if (!isObject(config) || depth > deepest) throw damaged('its normalizer is malformed', file);
  const type = config['type'];
  if (plainNormalizers.has(type)) return { type };
  switch (type) {
    case 'Sequence':
      return {
        type,
        normalizers: partList(config, 'normalizers', 'normalizer', file)
          .map((part) => rewriteNormalizer(part, file, depth + 1))
          .filter((part) => part !== null),
      };
    case 'Replace':
      return {
        type,
        pattern: { Regex: checkPattern(config['pattern'], file) },
        content: literal(textOf(config, 'content', 'normalizer', file)),
      };
    case 'Prepend':
      return { type, prepend: textOf(config, 'prepend', 'normalizer', file) };
    case 'Strip':
      return {
        type,
        strip_left: config['strip_left'] !== false,
        strip_right: config['strip_right'] !== false,
      };
    case 'BertNormalizer':
      return { ...config };
    case 'Precompiled':
      // read here to be refused here; the library's own reading of it is another
      readCharsmap(config['precompiled_charsmap'], file);
      return { type, precompiled_charsmap: config['precompiled_charsmap'] };
    default:
      throw unsupported(`the normalizer ${JSON.stringify(type)}`, file);
  }
}

/** Texts that decoders of these types hold. */
const decoderTexts: Readonly<Record<string, readonly string[]>> = {
  ByteLevel: [],
  Fuse: [],
  ByteFallback: [],
  WordPiece: ['prefix'],
  Metaspace: ['replacement'],
  BPEDecoder: ['suffix'],
};

/** Throws `tokenizer-unsupported` or `tokenizer-damaged`. */
export function checkDecoder(config: unknown, file: string, depth = 0): JsonObject | null {
  if (config === null || config === undefined) return null;
  if (!isObject(config) || depth > deepest) throw damaged('its decoder is malformed', file);
  const type = config['type'];
  if (type === 'Sequence')
    return {
      type,
      decoders: partList(config, 'decoders', 'decoder', file)
        .map((part) => checkDecoder(part, file, depth + 1))
        .filter((part) => part !== null),
    };
  if (type === 'Replace')
    return {
      type,
      pattern: { Regex: checkPattern(config['pattern'], file) },
      content: literal(textOf(config, 'content', 'decoder', file)),
    };
  if (type === 'Strip') {
    const count = (key: string): number => Math.min(Math.max(Number(config[key]) || 0, 0), longest);
    return {
      type,
      content: textOf(config, 'content', 'decoder', file),
      start: count('start'),
      stop: count('stop'),
    };
  }
  const texts =
    typeof type === 'string' && Object.hasOwn(decoderTexts, type) ? decoderTexts[type]! : undefined;
  if (texts === undefined) throw unsupported(`the decoder ${JSON.stringify(type)}`, file);
  for (const key of texts) if (config[key] !== undefined) textOf(config, key, 'decoder', file);
  return { ...config };
}

/** The ids a post-processor puts before and after a single text. */
export interface Around {
  prefix: number[];
  suffix: number[];
}

/** Throws `tokenizer-unsupported` or `tokenizer-damaged`. */
export function readPostProcessor(
  config: unknown,
  ids: ReadonlyMap<string, number>,
  file: string,
  depth = 0,
): Around {
  const around: Around = { prefix: [], suffix: [] };
  if (config === null || config === undefined) return around;
  if (!isObject(config) || depth > deepest) throw damaged('its post_processor is malformed', file);
  switch (config['type']) {
    case 'ByteLevel':
      return around;
    case 'TemplateProcessing':
      return readTemplate(config, ids, file);
    case 'BertProcessing':
    case 'RobertaProcessing':
      for (const [key, side] of [['cls', around.prefix] as const, ['sep', around.suffix] as const]) {
        const entry = config[key];
        side.push(checkId(Array.isArray(entry) ? entry[1] : undefined, file));
      }
      return around;
    case 'Sequence': {
      const writers = partList(config, 'processors', 'post_processor', file)
        .map((part) => readPostProcessor(part, ids, file, depth + 1))
        .filter(({ prefix, suffix }) => prefix.length + suffix.length > 0);
      // The second would take what the first has written for a text of its own.
      if (writers.length > 1) throw unsupported('two post-processors that write tokens', file);
      return writers[0] ?? around;
    }
    default:
      throw unsupported(`the post-processor ${JSON.stringify(config['type'])}`, file);
  }
}

function readTemplate(config: JsonObject, ids: ReadonlyMap<string, number>, file: string): Around {
  const around: Around = { prefix: [], suffix: [] };
  const items = config['single'];
  if (!Array.isArray(items) || items.length > longest) throw damaged('its post_processor is malformed', file);
  let side = around.prefix;
  for (const item of items as unknown[]) {
    if (isObject(item) && isObject(item['Sequence'])) {
      if (side === around.suffix) throw unsupported('a post-processor that repeats the text', file);
      side = around.suffix;
      continue;
    }
    const name = isObject(item) && isObject(item['SpecialToken']) ? item['SpecialToken']['id'] : undefined;
    const special = isObject(config['special_tokens']) ? config['special_tokens'][String(name)] : undefined;
    const listed =
      isObject(special) && Array.isArray(special['ids']) ? special['ids'] : [ids.get(String(name))];
    if (listed.length > longest) throw damaged('its post_processor is malformed', file);
    for (const id of listed) side.push(checkId(id, file));
  }
  if (side === around.prefix) throw damaged('its post_processor leaves the text out', file);
  return around;
}
