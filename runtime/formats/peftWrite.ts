/** @file Writes a PEFT adapter folder: adapter_model.safetensors, adapter_config.json, README.md, as PEFT's own save_pretrained names things. */
import { join } from 'node:path';
import type { Task } from '../contract/config.ts';
import { modelCard } from './modelCard.ts';
import type { CardFacts } from './modelCard.ts';
import { peftPrefix } from './expertModules.ts';
import { configFile, weightsFile } from './peftConfig.ts';
import { writeSafetensors } from './safetensors.ts';
import type { TensorToWrite } from './safetensors.ts';
import { writeText } from './textFile.ts';

export interface PeftToWrite {
  /** Hub id or path of the base. */
  readonly base: string;
  /** The hub's commit of the base, where it came from there. */
  readonly revision?: string;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly rankStabilized: boolean;
  readonly dora?: boolean;
  readonly loraBias?: boolean;
  /** A `peft_type` that PEFT doesn't know, so that it refuses the folder, with the fields that belong to it. */
  readonly own?: { readonly type: string; readonly fields: Readonly<Record<string, unknown>> };
  /** The base stores its linears as [in, out] (GPT-2). */
  readonly fanInFanOut: boolean;
  /** Paths of the modules that carry an adapter. */
  readonly targets: readonly string[];
  /** Paths of all linears of the base, to name the targets shortly. */
  readonly linears: readonly string[];
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
  readonly modulesToSave: readonly string[];
  /** Absent: the base goes on with texts. */
  readonly task?: Task;
  /** Names of a classifier's classes by id: PEFT leaves them to the base, which may have others or none. */
  readonly labels?: readonly string[];
  /** Names in the model, without PEFT's prefix: "model.layers.0.self_attn.q_proj.lora_A.weight". */
  readonly tensors: Iterable<TensorToWrite>;
  /** Fields of an adapter this one continues, kept where nothing above says otherwise. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

/** Names of the classes beside an adapter that classifies, as `id2label` of a config.json. */
export const classesFile = 'classes.json';

/** PEFT's names of what a base does. */
const taskTypes: Readonly<Record<Task | 'continuation', string>> = {
  continuation: 'CAUSAL_LM',
  classification: 'SEQ_CLS',
  seq2seq: 'SEQ_2_SEQ_LM',
};

/**
 * The shortest list that means exactly `targets` under PEFT's rule (a whole path or a dotted ending): last names where these
 * match no other linear, else whole paths. Sorted.
 */
export function targetNames(targets: readonly string[], linears: readonly string[]): string[] {
  const wanted = new Set(targets);
  const last = new Set(targets.map((path) => path.slice(path.lastIndexOf('.') + 1)));
  const others = linears.filter((path) => !wanted.has(path));
  const exact = others.every((path) => !last.has(path.slice(path.lastIndexOf('.') + 1)));
  return [...(exact ? last : wanted)].sort();
}

/**
 * adapter_config.json as text: keys sorted, indent 2. Only fields that every PEFT since 0.10 knows, and those that are on:
 * an older reader drops what it doesn't know with a warning, a newer one fills in its defaults.
 */
export function peftConfigText(adapter: PeftToWrite): string {
  const fields: Record<string, unknown> = {
    ...adapter.raw,
    alpha_pattern: adapter.alphaPattern,
    auto_mapping: null,
    base_model_name_or_path: adapter.base,
    bias: 'none',
    fan_in_fan_out: adapter.fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: adapter.alpha,
    lora_dropout: adapter.dropout,
    modules_to_save: adapter.modulesToSave.length === 0 ? null : adapter.modulesToSave,
    peft_type: 'LORA',
    r: adapter.rank,
    rank_pattern: adapter.rankPattern,
    revision: adapter.revision ?? adapter.raw?.['revision'] ?? null,
    target_modules: targetNames(adapter.targets, adapter.linears),
    task_type: taskTypes[adapter.task ?? 'continuation'],
    use_dora: adapter.dora ?? false,
    use_rslora: adapter.rankStabilized,
    ...(adapter.loraBias === true ? { lora_bias: true } : {}),
    ...(adapter.own ? { ...adapter.own.fields, peft_type: adapter.own.type } : {}),
  };
  return JSON.stringify(sortKeys(fields), null, 2);
}

/** Sorted by UTF-16 units at every level, as Python's sort_keys does for the names in use. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]: [string, unknown]) => [key, sortKeys(inner)]));
}

/** Writes the three files into `folder`, which exists; the model card only with facts for it. Throws `disk-full` or `file-unwritable`. */
export function writePeftAdapter(folder: string, adapter: PeftToWrite, card?: CardFacts): void {
  const tensors = [...adapter.tensors].map((tensor) => ({ ...tensor, name: `${peftPrefix}${tensor.name}` }));
  writeSafetensors(join(folder, weightsFile), tensors, { format: 'pt' });
  writeText(join(folder, configFile), peftConfigText(adapter));
  if (adapter.labels)
    writeText(
      join(folder, classesFile),
      `${JSON.stringify({ id2label: Object.fromEntries(adapter.labels.entries()) }, null, 2)}\n`,
    );
  if (card) writeText(join(folder, 'README.md'), modelCard(adapter, card));
}
