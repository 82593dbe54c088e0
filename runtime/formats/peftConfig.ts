/** @file PEFT's adapter_config.json: fields as peft/tuners/lora/config.py (0.21) reads them; what isn't implemented is refused by name. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { readJsonObject } from './jsonFile.ts';
import { patternValues } from './pythonPattern.ts';

export const configFile = 'adapter_config.json';
export const weightsFile = 'adapter_model.safetensors';

type Raw = Readonly<Record<string, unknown>>;

export interface PeftConfig {
  readonly file: string;
  /** Hub id or path of the base as its author wrote it; often not on this machine. */
  readonly base: string | undefined;
  readonly revision: string | undefined;
  readonly taskType: string | undefined;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly rankStabilized: boolean;
  readonly dora: boolean;
  /** LoRAMoE: experts a linear, and the weights of its balancing loss, which only training reads. */
  readonly experts?: { readonly count: number; readonly balance: number; readonly split: number };
  /** LoRAM: SHA-256 of the manifest whose pruned base the adapter's shapes are those of. */
  readonly manifest?: string;
  /** B carries a bias. */
  readonly loraBias: boolean;
  /** Base weights are stored [in, out] (GPT-2's Conv1D). */
  readonly fanInFanOut: boolean;
  /** List of names or dotted endings, a regular expression, "all-linear", or absent. */
  readonly targets: string | readonly string[] | undefined;
  readonly excluded: string | readonly string[] | undefined;
  readonly layers: readonly number[] | undefined;
  readonly layersPattern: readonly string[];
  /** In the file's order: the first that matches wins. */
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
  readonly modulesToSave: readonly string[];
  readonly initialization: boolean | string;
  readonly ensureWeightTying: boolean;
  /** Every field as read, those without a meaning here included: a round trip keeps them. */
  readonly raw: Raw;
}

const largestRank = 1 << 20;
const mostNames = 100_000;

const set = (value: unknown): boolean => value !== undefined && value !== null && value !== false;
const filled = (value: unknown): boolean =>
  set(value) && (typeof value !== 'object' || Object.keys(value as object).length > 0);

/** Features whose adapters compute something else than ours would: field, when it is on, what it is. */
const unsupported: readonly (readonly [field: string, on: (value: unknown) => boolean, what: string])[] = [
  ['use_qalora', set, 'QALoRA'],
  ['use_bdlora', set, 'block-diagonal LoRA'],
  ['arrow_config', set, 'Arrow routing'],
  ['kasa_config', set, 'KaSA'],
  ['monteclora_config', set, 'MonteCLoRA'],
  ['velora_config', set, 'VeLoRA'],
  ['megatron_config', set, "Megatron's parallel linears"],
  ['alora_invocation_tokens', set, 'aLoRA, which begins at invocation tokens'],
  ['layer_replication', set, 'replicated layers'],
  ['target_parameters', filled, 'adapters on raw parameters'],
  ['trainable_token_indices', filled, 'single trained token embeddings'],
  ['bias', (value) => value !== 'none' && set(value), 'trained biases of the base'],
  ['init_lora_weights', changesBase, 'an initialisation that changes the base'],
];

/** These start from a changed base; converted on saving (path_initial_model_for_weight_conversion) they say `true`. */
function changesBase(value: unknown): boolean {
  return typeof value === 'string' && /^(pissa|olora|corda|loftq|lora_ga)/.test(value);
}

/** Reads a folder's adapter_config.json. Throws `adapter-missing`, `adapter-config` or `adapter-unsupported`. */
export function readPeftConfig(folder: string): PeftConfig {
  const file = join(folder, configFile);
  if (!existsSync(file)) {
    const inner = namedAdapters(folder);
    throw new UserError('adapter-missing', `holds no ${configFile}: it is no adapter.`, {
      place: { file: folder },
      hint:
        inner.length > 0
          ? `It holds the adapters ${inner.join(', ')}: name one of these folders.`
          : 'Name the folder that PEFT or this tool wrote.',
    });
  }
  return parsePeftConfig(readJsonObject(file), file);
}

/** Folders below that hold an adapter: PEFT puts those not named "default" there. */
function namedAdapters(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).slice(0, 1000);
  return entries
    .filter((one) => one.isDirectory() && existsSync(join(folder, one.name, configFile)))
    .map(({ name }) => name);
}

/** The fields of a parsed adapter_config.json. Throws `adapter-config` for a wrong type and `adapter-unsupported`. */
export function parsePeftConfig(raw: Raw, file: string): PeftConfig {
  const field = reader(raw, file);
  const type = field.text('peft_type');
  if (type !== 'LORA' && type !== 'LORAMOE' && type !== compactType)
    throw type === undefined
      ? field.fail('peft_type', 'is missing')
      : new UserError('adapter-unsupported', `is an adapter of the kind ${shown(type)}, which is not read.`, {
          place: { file, what: 'peft_type' },
          hint: 'LORA (DoRA among it), LORAMOE and LORAM are read; convert it with the tool that made it.',
        });
  const experts = expertsOf(raw, type, field);
  const manifest = type === compactType ? manifestHash(field) : undefined;
  for (const [name, on, what] of unsupported) {
    if (!on(raw[name])) continue;
    throw new UserError(
      'adapter-unsupported',
      `uses ${what} (${name} = ${shown(raw[name])}), which is not supported.`,
      {
        place: { file, what: name },
        ...(name === 'init_lora_weights'
          ? {
              hint: 'Save it in PEFT with path_initial_model_for_weight_conversion, which makes it fit the plain base.',
            }
          : {}),
      },
    );
  }
  const layers = raw['layers_to_transform'];
  return {
    file,
    base: field.text('base_model_name_or_path'),
    revision: field.text('revision'),
    taskType: field.text('task_type'),
    rank: field.count('r', 8),
    alpha: field.number('lora_alpha', 8),
    dropout: field.number('lora_dropout', 0),
    rankStabilized: field.flag('use_rslora'),
    dora: field.flag('use_dora'),
    loraBias: field.flag('lora_bias'),
    fanInFanOut: field.flag('fan_in_fan_out'),
    targets: field.names('target_modules'),
    excluded: field.names('exclude_modules'),
    layers:
      typeof layers === 'number'
        ? field.layers('layers_to_transform', [layers])
        : field.layers('layers_to_transform', layers),
    layersPattern: [field.names('layers_pattern') ?? []].flat(),
    rankPattern: field.numbers(
      'rank_pattern',
      (value) => Number.isSafeInteger(value) && value >= 1 && value <= largestRank,
    ),
    alphaPattern: field.numbers('alpha_pattern', Number.isFinite),
    modulesToSave: [field.names('modules_to_save') ?? []].flat(),
    initialization: field.initialization(),
    ensureWeightTying: field.flag('ensure_weight_tying'),
    ...(experts && { experts }),
    ...(manifest !== undefined && { manifest }),
    raw,
  };
}

/** More experts than any linear has had in print. */
const mostExperts = 4096;

/** LoRAMoE's own fields; its reference writes "LORA" with `lora_nums` instead of a kind of its own. */
function expertsOf(raw: Raw, type: string, field: ReturnType<typeof reader>): PeftConfig['experts'] {
  const name = type === 'LORAMOE' ? 'num_experts' : 'lora_nums';
  if (type !== 'LORAMOE' && !set(raw['lora_nums'])) return undefined;
  const count = field.number(name, Number.NaN);
  if (!Number.isInteger(count) || count < 1 || count > mostExperts)
    throw field.fail(name, `is ${shown(raw[name])}; a whole number from 1 to ${mostExperts} is expected`);
  return { count, balance: field.number('blc_weight', 0), split: field.number('blc_alpha', 0) };
}

/** LoRAM's adapters in the shapes of their pruned base: no base that others know has these, so that PEFT must not load them. */
const compactType = 'LORAM';
const manifestField = 'loram_manifest_sha256';

/** What the config of a compact adapter says beside LoRA's fields; `manifest` is the SHA-256 of its pruned base's manifest. */
export const compactForm = (
  manifest: string,
): { readonly type: string; readonly fields: Readonly<Record<string, unknown>> } => ({
  type: compactType,
  fields: { [manifestField]: manifest },
});

function manifestHash(field: ReturnType<typeof reader>): string {
  const hash = field.text(manifestField);
  if (hash === undefined || !/^[0-9a-f]{64}$/.test(hash))
    throw field.fail(manifestField, `is ${shown(hash ?? null)}; a SHA-256 in hexadecimal digits is expected`);
  return hash;
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/** Typed access to fields; null and absent mean PEFT's default. */
function reader(raw: Raw, file: string) {
  const fail = (name: string, problem: string): UserError =>
    new UserError('adapter-config', `${name} ${problem}.`, { place: { file, what: name } });
  const value = (name: string): unknown => raw[name] ?? undefined;
  const number = (name: string, otherwise: number): number => {
    const found = value(name) ?? otherwise;
    if (typeof found !== 'number' || !Number.isFinite(found))
      throw fail(name, `is ${shown(found)}; a number is expected`);
    return found;
  };
  const isNames = (list: unknown): list is string[] =>
    Array.isArray(list) && list.length <= mostNames && list.every((name) => typeof name === 'string');
  return {
    fail,
    number,
    text(name: string): string | undefined {
      const found = value(name);
      if (found !== undefined && typeof found !== 'string')
        throw fail(name, `is ${shown(found)}; a string is expected`);
      return found;
    },
    flag(name: string): boolean {
      const found = value(name) ?? false;
      if (typeof found !== 'boolean') throw fail(name, `is ${shown(found)}; true or false is expected`);
      return found;
    },
    count(name: string, otherwise: number): number {
      const found = number(name, otherwise);
      if (!Number.isInteger(found) || found < 1 || found > largestRank)
        throw fail(name, `is ${found}; a whole number from 1 to ${largestRank} is expected`);
      return found;
    },
    names(name: string): string | readonly string[] | undefined {
      const found = value(name);
      if (found !== undefined && typeof found !== 'string' && !isNames(found))
        throw fail(name, `is ${shown(found)}; a string or a list of strings is expected`);
      return found;
    },
    layers(name: string, list: unknown): readonly number[] | undefined {
      if (list === undefined || list === null) return undefined;
      const fits =
        Array.isArray(list) &&
        list.length <= mostNames &&
        list.every((layer) => Number.isSafeInteger(layer) && (layer as number) >= 0);
      if (!fits) throw fail(name, `is ${shown(list)}; numbers of layers are expected`);
      return list as number[];
    },
    numbers(name: string, allowed: (value: number) => boolean): Readonly<Record<string, number>> {
      const found = value(name) ?? {};
      if (typeof found !== 'object' || Array.isArray(found))
        throw fail(name, `is ${shown(found)}; an object is expected`);
      const entries = Object.entries(found as Raw);
      if (entries.length > mostNames) throw fail(name, `has ${entries.length} patterns`);
      for (const [key, one] of entries)
        if (typeof one !== 'number' || !allowed(one))
          throw fail(name, `gives ${shown(key)} the value ${shown(one)}`);
      return found as Readonly<Record<string, number>>;
    },
    initialization(): boolean | string {
      const found = value('init_lora_weights') ?? true;
      if (typeof found !== 'boolean' && typeof found !== 'string')
        throw fail('init_lora_weights', `is ${shown(found)}; true, false or a name is expected`);
      return found;
    },
  };
}

/** Rank, alpha and scale of modules: patterns first, in the file's order. Throws `pattern-invalid` or `pattern-slow`. */
export function moduleOptions(
  config: PeftConfig,
  paths: readonly string[],
): { rank: number; alpha: number; scale: number }[] {
  const ranks = patternValues(config.rankPattern, paths, config.rank);
  const alphas = patternValues(config.alphaPattern, paths, config.alpha);
  return paths.map((_, i) => {
    const [rank, alpha] = [ranks[i]!, alphas[i]!];
    return { rank, alpha, scale: alpha / (config.rankStabilized ? Math.sqrt(rank) : rank) };
  });
}
