/** @file Configs as data files see them: which files they use, and what their tokenizer and template make of a row. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DataUse, ViewName } from '../contract/api/data.ts';
import type { DataConfig, ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { checkConfig } from '../config/check.ts';
import { Bases } from '../config/bases.ts';
import { readConfigText } from '../config/read.ts';
import { loadTokenizer } from '../data/loadTokenizer.ts';
import { locateData } from '../data/locate.ts';
import { RowPreviewer } from '../data/rowPreview.ts';
import { areNamed } from '../data/classes.ts';
import type { PreviewOptions } from '../data/rowPreview.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import { configStem } from '../runs/names.ts';

/** A tokenizer of 50,000 words takes some 50 MB. */
const tokenizersKept = 2;
const viewsKept = 16;

/** What the tokenizer and the views of a base are read from; a change of any makes them old. */
const baseFiles = /^(tokenizer.*|special_tokens_map|generation_config|config)\.json$|\.jinja$/;

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.size} ${stats.mtimeMs}`;
}

function baseStamp(base: string): string {
  if (statSync(base, { throwIfNoEntry: false })?.isDirectory() !== true) return stampOf(base);
  const files = readdirSync(base).filter((name) => baseFiles.test(name));
  return files.map((name) => `${name} ${stampOf(join(base, name))}`).join(' ');
}

/** The last few of what is dear to make, each until its stamp changes. */
class Kept<T> {
  readonly #values = new Map<string, { readonly stamp: string; readonly value: T }>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, stamp: string, make: () => T): T {
    const known = this.#values.get(key);
    this.#values.delete(key);
    const entry = known?.stamp === stamp ? known : { stamp, value: make() };
    this.#values.set(key, entry);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#most) break;
      this.#values.delete(oldest);
    }
    return entry.value;
  }
}

export interface DataView {
  readonly previewer: RowPreviewer;
  readonly options: PreviewOptions & { readonly vocabSize: number | undefined };
  readonly data: DataConfig;
  /** Changes with everything that decides what rows become. */
  readonly stamp: string;
}

const labelOf = (config: string, variant: string | undefined): string => {
  const stem = configStem(config);
  return variant === undefined ? stem : `${stem} · ${variant}`;
};

/** The config of a view, with defaults in the place of what is wrong with it: a preview goes on while the rest is being typed. */
function draftOf(text: string, { config, variant }: ViewName): ResolvedConfig {
  const { draft } = checkConfig(text, config, variant === undefined ? {} : { variant });
  if (draft !== undefined) return draft;
  throw new UserError('not-json', 'is no config that can be read.', { place: { file: config } });
}

export class DataViews {
  readonly #tokenizers = new Kept<Tokenizer | undefined>(tokenizersKept);
  readonly #views = new Kept<DataView>(viewsKept);
  readonly #bases = new Bases();

  /** Throws what a person has to mend before rows can be shown as tokens: no such config, a base without tokenizer. */
  view(name: ViewName): DataView {
    const { config, variant = '' } = name;
    const text = readConfigText(config);
    const draft = draftOf(text, name);
    const template = draft.data.template;
    const stamp = [text, baseStamp(draft.base), template === undefined ? '' : stampOf(template)].join('\n');
    return this.#views.get(`${variant}\n${config}`, stamp, () => this.#read(draft, stamp));
  }

  #read({ base, data }: ResolvedConfig, stamp: string): DataView {
    if (base === '')
      throw new UserError('base-missing', 'The config names no base, so its tokenizer is unknown.');
    const tokenizer = this.#tokenizers.get(base, baseStamp(base), () => tokenizerOf(base, data));
    const opened = this.#bases.open(base);
    const spec = opened instanceof UserError ? undefined : opened.spec;
    const labels = spec?.labels ?? [];
    const { trainOn, template } = data;
    const located = locateData(data.train, 'train');
    const options = {
      tokenizer,
      length: Math.min(data.length, spec?.maxPositions ?? Infinity),
      task: spec?.task,
      // names that the rows give are not known before all of them are read
      labels: areNamed(labels) ? labels : undefined,
      trainOn,
      template,
      format: data.format ?? located.format,
      columns: data.columns ?? located.columns,
      vocabSize: tokenizer?.vocabSize,
    };
    return { previewer: new RowPreviewer(options), options, data, stamp };
  }

  /** What a config and each of its variants use; nothing where it can't be read. */
  uses(config: string): DataUse[] {
    try {
      const text = readConfigText(config);
      const { variants } = checkConfig(text, config);
      return [undefined, ...variants].flatMap((variant) => usesOf(text, config, variant));
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  }
}

/** Tokenised rows need none; rows of text are refused one by one. */
function tokenizerOf(base: string, { format }: DataConfig): Tokenizer | undefined {
  try {
    return loadTokenizer(base);
  } catch (error) {
    if (error instanceof UserError && (format === 'tokenised' || error.code === 'tokenizer-missing'))
      return undefined;
    throw error;
  }
}

function usesOf(text: string, config: string, variant: string | undefined): DataUse[] {
  const { data } = draftOf(text, { config, ...(variant === undefined ? {} : { variant }) });
  if (typeof data.train !== 'string') return [];
  const shared = {
    config,
    ...(variant === undefined ? {} : { variant }),
    label: labelOf(config, variant),
    length: data.length,
  };
  const excluded = data.exclude ?? [];
  const locate = (path: string, role: DataUse['role']): DataUse[] => {
    try {
      return [
        { ...shared, role, file: locateData(path, role).file, exclude: role === 'train' ? excluded : [] },
      ];
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  };
  return [
    ...locate(data.train, 'train'),
    ...(typeof data.validation === 'string' ? locate(data.validation, 'validation') : []),
  ];
}
