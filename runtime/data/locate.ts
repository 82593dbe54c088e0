/**
 * @file What `data.train` and `data.validation` may name beside a file: a folder with train and valid files, as mlx-lm has it, or an
 * entry of LLaMA-Factory's dataset_info.json, written `path/dataset_info.json#name`.
 */
import { readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { DataFormat } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { isObject, readJsonFile } from './smallFile.ts';
import type { JsonObject } from './smallFile.ts';

export interface LocatedData {
  readonly file: string;
  /** What dataset_info.json says about the rows; the config's own settings go before it. */
  readonly format?: DataFormat;
  readonly columns?: Readonly<Record<string, string>>;
}

const stems = {
  train: ['train'],
  validation: ['valid', 'validation', 'val', 'dev'],
} as const;
const extensions = ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'parquet'];

/** A plain file is taken as it is, there or not. Throws `data-missing`, `data-ambiguous` or `dataset-info`. */
export function locateData(path: string, role: keyof typeof stems): LocatedData {
  const [, infoFile, name] = /^(.*dataset_info\.json)(?:#(.*))?$/s.exec(path) ?? [];
  if (infoFile !== undefined) return readDatasetInfo(infoFile, name);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return { file: path };
  const wanted = stems[role].flatMap((stem) => extensions.map((extension) => `${stem}.${extension}`));
  const found = readdirSync(path).filter((entry) => wanted.includes(entry.toLowerCase()));
  const [only, second] = found;
  const place = { file: path };
  if (only === undefined)
    throw new UserError('data-missing', `is a folder without a file ${stems[role].join(' or ')}.`, {
      place,
      hint: `Name the file itself, or call it ${stems[role][0]}.jsonl.`,
    });
  if (second !== undefined)
    throw new UserError('data-ambiguous', `has ${found.join(' and ')}.`, {
      place,
      hint: 'Name the one to use.',
    });
  return { file: join(path, only) };
}

function readDatasetInfo(file: string, name: string | undefined): LocatedData {
  const info = readJsonFile(file);
  if (!isObject(info)) throw wrong(file, 'does not exist, or is no JSON object.');
  const names = Object.keys(info);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined)
    throw wrong(
      file,
      `describes ${names.length} data sets.`,
      `Add one as #name: ${names.slice(0, 10).join(', ')}.`,
    );
  const entry = Object.hasOwn(info, chosen) ? info[chosen] : undefined;
  if (!isObject(entry))
    throw wrong(file, `has no data set "${chosen}".`, `It has ${names.slice(0, 10).join(', ')}.`);
  return { file: entryFile(file, chosen, entry), ...entryFormat(file, chosen, entry) };
}

function entryFile(file: string, name: string, entry: JsonObject): string {
  const relative = entry['file_name'];
  if (typeof relative !== 'string')
    throw wrong(file, `says of "${name}" that it lies elsewhere.`, 'Download it, and name the file.');
  const inside = normalize(relative);
  if (isAbsolute(inside) || inside.startsWith('..'))
    throw wrong(file, `names ${JSON.stringify(relative)}, which lies outside of its folder.`);
  return join(dirname(file), inside);
}

function entryFormat(file: string, name: string, entry: JsonObject): Omit<LocatedData, 'file'> {
  const columns = isObject(entry['columns']) ? entry['columns'] : {};
  const column = (key: string): string | undefined =>
    typeof columns[key] === 'string' ? columns[key] : undefined;
  const optional = (fields: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([field, key]) => {
        const written = column(key);
        return written === undefined ? [] : [[field, written]];
      }),
    );
  if (entry['ranking'] === true) return { format: 'preference' };
  switch (entry['formatting'] ?? 'alpaca') {
    case 'alpaca':
      return {
        format: 'alpaca',
        columns: {
          instruction: column('prompt') ?? 'instruction',
          output: column('response') ?? 'output',
          ...optional({ input: 'query', system: 'system', history: 'history' }),
        },
      };
    case 'openai':
      return {
        format: 'chat',
        columns: { messages: column('messages') ?? 'messages', ...optional({ tools: 'tools' }) },
      };
    case 'sharegpt': {
      const messages = column('messages') ?? 'conversations';
      if (
        hasTags(entry, {
          role_tag: 'role',
          content_tag: 'content',
          user_tag: 'user',
          assistant_tag: 'assistant',
        })
      )
        return { format: 'chat', columns: { messages, ...optional({ tools: 'tools' }) } };
      if (!hasTags(entry, {})) throw wrong(file, `gives "${name}" tags of its own, which are not read.`);
      return {
        format: 'sharegpt',
        columns: { conversations: messages, ...optional({ system: 'system', tools: 'tools' }) },
      };
    }
    default:
      throw wrong(file, `gives "${name}" the formatting ${JSON.stringify(entry['formatting'])}.`);
  }
}

const sharegptTags = {
  role_tag: 'from',
  content_tag: 'value',
  user_tag: 'human',
  assistant_tag: 'gpt',
} as const;

/** Whether the entry's tags are these; tags that aren't written have ShareGPT's names. */
function hasTags(entry: JsonObject, tags: Partial<Record<keyof typeof sharegptTags, string>>): boolean {
  const written = isObject(entry['tags']) ? entry['tags'] : {};
  return Object.entries(sharegptTags).every(
    ([tag, usual]) => (written[tag] ?? usual) === (tags[tag as keyof typeof sharegptTags] ?? usual),
  );
}

function wrong(file: string, message: string, hint?: string): UserError {
  return new UserError('dataset-info', message, { place: { file }, ...(hint === undefined ? {} : { hint }) });
}
