/** @file How a key of another tool becomes one of ours: a table a tool, read here. */

/** What a rule makes of a value. */
export type Mapped =
  | { readonly kind: 'set'; readonly to: string; readonly value: unknown; readonly note?: string }
  /** Nothing is lost: what it says is so here anyway. */
  | { readonly kind: 'same'; readonly note: string }
  | { readonly kind: 'none'; readonly reason: string };

/** A key's rule; `all` holds the tool's other keys. */
export type Rule = (value: unknown, all: Values) => Mapped | readonly Mapped[];
export type Values = Readonly<Record<string, unknown>>;

export interface Tool {
  /** For people. */
  readonly name: string;
  /** How many of its own words a config has; the tool with the most is taken, none at 0. */
  readonly recognise: (values: Values) => number;
  /** Nested sections (Unsloth's `training`, `lora`) as dotted keys. */
  readonly flatten?: (values: Values) => Values;
  readonly rules: Readonly<Record<string, Rule>>;
  /** Reasons for families of keys, by a pattern on their names. */
  readonly families: readonly (readonly [pattern: RegExp, reason: string])[];
  /** Keys that hold where the file is silent, because the tool's default is another than ours. */
  readonly defaults: Values;
  /** What a file that lacks the key leaves to a choice that has no counterpart here. */
  readonly unsaid?: Readonly<Record<string, string>>;
}

export const set = (to: string, value: unknown, note?: string): Mapped => ({
  kind: 'set',
  to,
  value,
  ...(note === undefined ? {} : { note }),
});
export const same = (note: string): Mapped => ({ kind: 'same', note });
export const none = (reason: string): Mapped => ({ kind: 'none', reason });

/** Numbers may be written as texts: YAML reads 2e-4 as one. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A number goes over as it is. */
export const number =
  (to: string, change: (x: number) => number = (x) => x, note?: string): Rule =>
  (value) => {
    const x = numberOf(value);
    if (x === undefined) return none(`${shown(value)} is no number.`);
    const written = typeof value === 'string' ? 'the number in quotes was read as a number' : undefined;
    return set(to, change(x), note ?? written);
  };

/** Only a number above 0 says something; 0 and -1 stand for "not set". */
export const positive =
  (to: string, otherwise: string): Rule =>
  (value) => {
    const x = numberOf(value);
    return x !== undefined && x > 0 ? set(to, x) : same(otherwise);
  };

export const flag =
  (to: string): Rule =>
  (value) =>
    typeof value === 'boolean' ? set(to, value) : none(`${shown(value)} is neither true nor false.`);

/** Off says nothing; on has no counterpart. */
export const offOnly =
  (reason: string): Rule =>
  (value) =>
    value === false || value === null || value === 'none' || value === '' ? same('it is off') : none(reason);

export const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

export const isSection = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of schedules, transformers' (`SchedulerType`). */
export const schedule: Rule = (value) => {
  const name = String(value).toLowerCase();
  if (name === 'constant' || name === 'constant_with_warmup') return set('training.schedule', 'constant');
  if (name === 'linear' || name === 'cosine') return set('training.schedule', name);
  const near = name.startsWith('cosine') ? 'cosine' : 'linear';
  return set('training.schedule', near, `${shown(value)} has no counterpart; ${near} is the nearest`);
};

/** Every AdamW is ours; what else there is becomes AdamW with a word about it. */
export const optimizer: Rule = (value) => {
  const name = String(value).toLowerCase();
  if (name === 'sgd') return set('training.optimizer', 'sgd');
  if (/^(adamw(_torch|_torch_fused|_hf)?|paged_adamw(_32bit)?)$/.test(name))
    return set('training.optimizer', 'adamw');
  const narrow = /adamw.*8bit|8bit.*adamw/.test(name)
    ? 'its state is kept in 32 bits here'
    : 'there is no such optimiser here';
  return set('training.optimizer', 'adamw', `${shown(value)}: ${narrow}`);
};

/** A list of names, or one text with commas; "all" and "all-linear" mean every linear of the blocks. */
export const targets: Rule = (value) => {
  if (value === 'all' || value === 'all-linear') return set('method.targets', 'all-linear');
  const list = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
  if (!Array.isArray(list) || !list.every((name) => typeof name === 'string') || list.length === 0)
    return none(`${shown(value)} is no list of names.`);
  const names = list.filter((name) => name !== '');
  if (names.length === 1 && (names[0] === 'all' || names[0] === 'all-linear'))
    return set('method.targets', 'all-linear');
  // a single text with signs is a regular expression, as PEFT reads it
  if (typeof value === 'string' && /[\\*()[\]|^$]/.test(value)) return set('method.targets', value);
  return set('method.targets', names);
};

/** Names of modules that are trained whole. */
export const savedModules: Rule = (value) => {
  const list = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
  return Array.isArray(list) && list.every((name) => typeof name === 'string')
    ? set('method.modulesToSave', list)
    : none(`${shown(value)} is no list of names.`);
};

/** A data set on this machine is a file; anything else is an id of a hub. */
export const looksLikeFile = (path: string): boolean =>
  /[.](jsonl?|ndjson|csv|tsv|parquet)$/i.test(path) || /^([.]{0,2}\/|[a-z]:\\)/i.test(path);

/** Where a data set is named by its id: check says that the file isn't there, and the file's name says why. */
export const placeholder = (id: string): string =>
  `data/${id.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'train'}.jsonl`;

/** The training file of a path or an id. */
export function trainFile(named: string): Mapped {
  if (looksLikeFile(named)) return set('data.train', named);
  const file = placeholder(named);
  return set(
    'data.train',
    file,
    `${shown(named)} is a data set of the hub: export its rows to ${file}, or name the file that holds them`,
  );
}
