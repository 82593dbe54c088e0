/** @file Values that only this base and this folder know: module names, data files, adapters, bases. Keys come from the schema. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import type { ConfigCompletions } from '../contract/api/config.ts';
import { formatCount } from '../contract/format.ts';
import type { OptionSpec } from '../contract/optionSpec.ts';
import { downloadedBases } from '../hub/cache.ts';
import type { OpenedBase } from './bases.ts';
import { methods } from '../methods/index.ts';
import { contextAt } from './context.ts';
import type { TextContext } from './context.ts';
import type { FullCheck } from './fullCheck.ts';
import { kindsWith, options } from './options.ts';
import type { KnownMethod } from './options.ts';

type Item = ConfigCompletions['items'][number];

/** Folders below the config's that are looked through, and entries in all: enough for a project, quick in any. */
const deepest = 4;
const mostEntries = 5000;
const skipped = new Set(['node_modules', '__pycache__', 'venv', 'dist', 'out']);
const dataEndings = new Set(['.jsonl', '.ndjson', '.json', '.csv', '.tsv', '.parquet']);

/** JSON files of models and projects. */
const noData =
  /[.]adapter[.]json$|^(config|tokenizer\w*|adapter_config|package[\w-]*|tsconfig\w*|special_tokens_map|generation_config|vocab|added_tokens|[\w.]+index)[.]json$/;

interface Found {
  readonly path: string;
  readonly folder: boolean;
}

/** Files and folders under `root`, breadth first; hidden ones are none of ours. */
function* entriesUnder(root: string): Generator<Found> {
  let level = [root];
  let left = mostEntries;
  for (let depth = 0; depth < deepest; depth++) {
    const next: string[] = [];
    for (const folder of level)
      for (const entry of listed(folder)) {
        if (left-- <= 0) return;
        if (entry.name.startsWith('.') || skipped.has(entry.name)) continue;
        const path = join(folder, entry.name);
        yield { path, folder: entry.isDirectory() };
        if (entry.isDirectory()) next.push(path);
      }
    level = next;
  }
}

function listed(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** As a config writes a path: from its own folder, with slashes. */
const written = (path: string, folder: string): string => relative(folder, path).replaceAll('\\', '/');

function dataFiles(folder: string, file: string): Item[] {
  return [...entriesUnder(folder)]
    .filter((entry) => !entry.folder && dataEndings.has(extname(entry.path).toLowerCase()))
    .filter(({ path }) => path !== file && !noData.test(basename(path)))
    .map(({ path }) => ({ value: written(path, folder), detail: 'data file', kind: 'file' }));
}

function templates(folder: string): Item[] {
  const files = [...entriesUnder(folder)].filter(({ path }) => /[.](jinja2?|j2)$/.test(path));
  return files.map(({ path }) => ({ value: written(path, folder), detail: 'chat template', kind: 'file' }));
}

function adapters(folder: string, output: string): Item[] {
  const own = (path: string): boolean => existsSync(join(path, 'adapter_config.json'));
  const roots = output.startsWith(folder) ? [folder] : [folder, output];
  const folders = roots
    .flatMap((root) => [...entriesUnder(root)])
    .filter((entry) => entry.folder && own(entry.path));
  return folders.map(({ path }) => ({
    value: written(path, folder),
    detail: `adapter of ${basename(dirname(path))}`,
    kind: 'folder',
  }));
}

function bases(folder: string): Item[] {
  const local = [...entriesUnder(folder)].flatMap(({ path, folder: isFolder }): Item[] => {
    const isGguf = !isFolder && extname(path).toLowerCase() === '.gguf';
    if (isGguf) return [{ value: written(path, folder), detail: 'GGUF file', kind: 'file' }];
    if (!isFolder) return [];
    const whole =
      existsSync(join(path, 'config.json')) &&
      ['model.safetensors', 'model.safetensors.index.json'].some((name) => existsSync(join(path, name)));
    return whole ? [{ value: written(path, folder), detail: 'folder with safetensors', kind: 'folder' }] : [];
  });
  const hub = downloadedBases().map((id): Item => ({ value: id, detail: 'downloaded', kind: 'folder' }));
  return [...local, ...hub];
}

/** Last names of the base's linears with how many there are, then every whole path. */
function modules(paths: readonly string[]): Item[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('.') + 1);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts].map(([value, count]): Item => ({
    value,
    detail: `${formatCount(count)} ${count === 1 ? 'module' : 'modules'}`,
    kind: 'module',
  }));
  const whole = paths
    .slice(0, mostEntries)
    .map((value): Item => ({ value, detail: 'one module', kind: 'module' }));
  return [...names, ...whole.filter(({ value }) => !counts.has(value))];
}

interface Scene {
  readonly folder: string;
  readonly file: string;
  readonly linears: readonly string[];
  readonly base: OpenedBase | undefined;
  readonly view: FullCheck | undefined;
}

/** Keys that are patterns on module paths. */
function patternKeys(path: readonly (string | number)[], linears: readonly string[]): Item[] {
  const inMap = path.length === 3 && path[0] === 'method' && /^(rank|alpha)Pattern$/.test(String(path[1]));
  return inMap ? modules(linears).map((item): Item => ({ ...item, kind: 'key' })) : [];
}

/**
 * Keys that the kind at hand declares for itself and the text doesn't give yet, with their usual values: the schema knows no kind,
 * and offers the keys that all have.
 */
function ownKeys(text: string, { path, variant, range }: TextContext, list: readonly KnownMethod[]): Item[] {
  if (path[0] !== 'method' || path.length !== 2) return [];
  const root = parseTree(text, [], { allowTrailingComma: true });
  const at = (way: readonly string[]): Node | undefined => root && findNodeAtLocation(root, [...way]);
  const section = [...(variant === undefined ? [] : ['variants', variant]), 'method'];
  const kind = at([...section, 'kind']) ?? at(['method', 'kind']);
  const own = list.find((method) => method.kind === (kind?.value ?? options.method.keys.kind.default));
  if (own === undefined) return [];
  const given = (at(section)?.children ?? []).map((entry) => String(entry.children?.[0]?.value));
  const behind = text.slice(range.offset + range.length).trimStart();
  return Object.entries(own.keys)
    .filter(([name]) => !given.includes(name) && kindsWith(name, list).length > 0)
    .map(([value, spec]) => ({
      value,
      ...(behind.startsWith(':') ? {} : { follows: `: ${usual(spec)}${behind.startsWith('"') ? ',' : ''}` }),
      detail: own.title,
      doc: spec.doc,
      kind: 'key',
    }));
}

const least: Readonly<Record<OptionSpec['type'], string>> = {
  ...{ string: '""', path: '""', either: '""', boolean: 'false' },
  ...{ number: '1', integer: '1', list: '[]', map: '{}', section: '{}' },
};

/** A key's usual value as JSON, else the least that is of its type. */
function usual(spec: OptionSpec): string {
  return 'default' in spec ? JSON.stringify(spec.default) : least[spec.type];
}

function valueItems(option: string, { folder, file, linears, base, view }: Scene): Item[] {
  switch (option) {
    case 'base':
      return bases(folder);
    case 'data.train':
    case 'data.validation':
      return dataFiles(folder, file);
    case 'data.template':
      return templates(folder);
    case 'method.from':
      return adapters(folder, view?.draft?.output ?? join(folder, 'runs'));
    case 'method.targets':
      return modules(linears);
    case 'method.modulesToSave':
      return modules(base?.shape.modules ?? []);
    default:
      return [];
  }
}

/** Undefined where the schema knows all that can be said. */
export function completeAt(
  text: string,
  offset: number,
  file: string,
  viewOf: (variant: string | undefined) => FullCheck | undefined,
  baseOf: (view: FullCheck) => OpenedBase | undefined,
  list: readonly KnownMethod[] = methods,
): ConfigCompletions | undefined {
  const context = contextAt(text, offset);
  if (context === undefined) return undefined;
  const { path, range, isKey, variant } = context;
  const folder = dirname(resolve(file));
  const view = viewOf(variant);
  const base = view === undefined ? undefined : baseOf(view);
  const option = path.slice(0, 2).join('.');
  const linears = base?.shape.linears.map((linear) => linear.path) ?? [];
  const items = isKey
    ? [...patternKeys(path, linears), ...ownKeys(text, context, list)]
    : valueItems(option, { folder, file, linears, base, view });
  return items.length === 0 ? undefined : { range, items };
}
