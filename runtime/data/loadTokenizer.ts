/** @file Finds a base's tokenizer: the files of an HF folder, or the metadata of a .gguf file. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { readGgufMetadata } from '../formats/gguf.ts';
import type { GgufMetadata } from '../formats/ggufMetadata.ts';
import { tokenizerJsonFromGguf } from './ggufTokenizer.ts';
import type { GgufTokenizerFields } from './ggufTokenizer.ts';
import { isObject, readJsonFile, readTextFile } from './smallFile.ts';
import type { JsonObject } from './smallFile.ts';
import { Tokenizer } from './tokenizer.ts';
import type { TokenizerRoles } from './tokenizer.ts';

const roleNames = [
  'bos_token',
  'eos_token',
  'unk_token',
  'pad_token',
  'sep_token',
  'cls_token',
  'mask_token',
];

/**
 * `base` is a folder with tokenizer.json (and, where they exist, tokenizer_config.json, special_tokens_map.json,
 * generation_config.json, chat_template.jinja) or a .gguf file. Throws `tokenizer-missing`, `tokenizer-damaged` or
 * `tokenizer-unsupported`.
 */
export function loadTokenizer(base: string): Tokenizer {
  const stats = statSync(base, { throwIfNoEntry: false });
  if (stats === undefined) throw new UserError('base-missing', 'does not exist.', { place: { file: base } });
  return stats.isDirectory() ? loadFromFolder(base) : loadFromGguf(base);
}

function loadFromGguf(path: string): Tokenizer {
  const { json, roles } = tokenizerJsonFromGguf(ggufFields(readGgufMetadata(path)), path);
  return new Tokenizer(json, roles, path);
}

function ggufFields(metadata: GgufMetadata): GgufTokenizerFields {
  const own = (name: string): string => `tokenizer.ggml.${name}`;
  const ends = ['eot_token_id', 'eom_token_id'].map((name) => metadata.number(own(name)));
  return {
    architecture: metadata.text('general.architecture'),
    model: metadata.text(own('model')),
    pre: metadata.text(own('pre')),
    tokens: metadata.texts(own('tokens')) ?? [],
    types: metadata.numbers(own('token_type')),
    merges: metadata.texts(own('merges')),
    scores: metadata.numbers(own('scores')),
    bosId: metadata.number(own('bos_token_id')),
    eosId: metadata.number(own('eos_token_id')),
    padId: metadata.number(own('padding_token_id')),
    unkId: metadata.number(own('unknown_token_id')),
    endIds: ends.filter((id) => id !== undefined),
    addBos: metadata.flag(own('add_bos_token')),
    addEos: metadata.flag(own('add_eos_token')),
    addSpacePrefix: metadata.flag(own('add_space_prefix')),
    chatTemplate: metadata.text('tokenizer.chat_template'),
    toolTemplate: metadata.text('tokenizer.chat_template.tool_use'),
  };
}

function loadFromFolder(folder: string): Tokenizer {
  const file = join(folder, 'tokenizer.json');
  const json = readJsonFile(file);
  if (json === undefined)
    throw new UserError('tokenizer-missing', 'has no tokenizer.json.', {
      place: { file: folder },
      hint: 'Copy tokenizer.json and tokenizer_config.json from where the model came from; a tokenizer.model alone is not read. Tokenised rows (input_ids, labels) need no tokenizer.',
    });
  return new Tokenizer(json, readRoles(folder), file);
}

function readRoles(folder: string): TokenizerRoles {
  const read = (name: string): JsonObject => {
    const value = readJsonFile(join(folder, name));
    return isObject(value) ? value : {};
  };
  const config = read('tokenizer_config.json');
  const map = read('special_tokens_map.json');
  const specialTokens: Record<string, string> = {};
  for (const role of roleNames) {
    const text = tokenText(config[role]) ?? tokenText(map[role]);
    if (text !== undefined) specialTokens[role] = text;
  }
  const templates = readTemplates(folder, config);
  return {
    specialTokens,
    endIds: [
      ...idList(read('generation_config.json')['eos_token_id']),
      ...idList(read('config.json')['eos_token_id']),
    ],
    ...templates,
  };
}

/** Written as the text itself or as `{ "content": text, ... }`. */
function tokenText(value: unknown): string | undefined {
  const text = isObject(value) ? value['content'] : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function idList(value: unknown): number[] {
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter(
    (id): id is number => typeof id === 'number' && Number.isInteger(id),
  );
}

/** transformers' order: the template file wins; tokenizer_config.json may hold one template or a list of named ones. */
function readTemplates(
  folder: string,
  config: JsonObject,
): Pick<TokenizerRoles, 'chatTemplate' | 'toolTemplate'> {
  const written = config['chat_template'];
  const named = (name: string): string | undefined => {
    if (!Array.isArray(written)) return undefined;
    const entry = (written as unknown[]).find((item) => isObject(item) && item['name'] === name);
    return isObject(entry) && typeof entry['template'] === 'string' ? entry['template'] : undefined;
  };
  return {
    chatTemplate:
      readTextFile(join(folder, 'chat_template.jinja')) ??
      (typeof written === 'string' ? written : named('default')),
    toolTemplate:
      readTextFile(join(folder, 'additional_chat_templates', 'tool_use.jinja')) ?? named('tool_use'),
  };
}
