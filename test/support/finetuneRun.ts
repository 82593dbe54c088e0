/** @file Runs the product's own training on a config written as a person would, and reads back what it left. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfig } from '../../runtime/config/check.ts';
import type { ResolvedConfig } from '../../runtime/contract/config.ts';
import type { RunEvent, StepEvent } from '../../runtime/contract/run.ts';
import { SafetensorsFile } from '../../runtime/formats/safetensors.ts';
import { finetune } from '../../runtime/pipelines/finetune.ts';
import type { FinetuneResult } from '../../runtime/pipelines/finetune.ts';

export interface FinetuneRun {
  readonly result: FinetuneResult;
  readonly events: readonly RunEvent[];
  readonly steps: readonly StepEvent[];
}

export interface RunChoices {
  /** Stops as Ctrl-C does, once this step is done. */
  readonly stopAfter?: number;
  /** Folder of a run to go on with. */
  readonly resume?: string;
}

/** Checks the text of a config in `folder` and returns it with what a run takes. Throws what the check finds. */
export function resolveConfig(
  folder: string,
  values: Readonly<Record<string, unknown>>,
): { config: ResolvedConfig; configText: string; configFile: string } {
  mkdirSync(folder, { recursive: true });
  const configText = `${JSON.stringify(values, null, 2)}\n`;
  const configFile = join(folder, 'test.adapter.json');
  writeFileSync(configFile, configText);
  const { config, diagnostics } = checkConfig(configText, configFile);
  if (!config) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return { config, configText, configFile };
}

/** Trains by a config whose paths may be relative to `folder`. */
export async function runFinetune(
  folder: string,
  values: Readonly<Record<string, unknown>>,
  { stopAfter, resume }: RunChoices = {},
): Promise<FinetuneRun> {
  const stop = new AbortController();
  const events: RunEvent[] = [];
  const result = await finetune({
    ...resolveConfig(folder, values),
    ...(resume !== undefined && { resume }),
    signal: stop.signal,
    onEvent: (event) => {
      events.push(event);
      if (event.event === 'step' && event.step === stopAfter) stop.abort();
    },
  });
  return { result, events, steps: events.filter((event) => event.event === 'step') };
}

/** One row of a tokenised JSONL file; its labels are a class, or one for each target. */
export interface TokenisedRow {
  readonly input_ids: readonly number[];
  readonly labels: readonly number[] | number;
  readonly token_type_ids?: readonly number[];
}

/**
 * Rows of a padded batch tensor: what the attention mask covers. `tensors` holds input_ids and attention_mask, [.., length], and labels of
 * the same shape, or a class a row, or targets of another length.
 */
export function paddedRows(file: SafetensorsFile): TokenisedRow[] {
  const [, width] = file.tensors.get('labels')!.shape;
  const length = file.tensors.get('input_ids')!.shape.at(-1)!;
  const [ids, labels, attention] = (['input_ids', 'labels', 'attention_mask'] as const).map((name) =>
    file.readInts(name),
  );
  return Array.from({ length: ids!.length / length }, (_, row) => {
    const start = row * length;
    const used = attention!.subarray(start, start + length).reduce((n, bit) => n + bit, 0);
    const cut = (all: Int32Array): number[] => Array.from(all.subarray(start, start + used));
    const types = file.tensors.has('token_type_ids') && {
      token_type_ids: cut(file.readInts('token_type_ids')),
    };
    if (width === undefined) return { input_ids: cut(ids!), labels: labels![row]!, ...types };
    const own =
      labels!.length === ids!.length ? cut(labels!) : [...labels!.subarray(row * width, (row + 1) * width)];
    return { input_ids: cut(ids!), labels: own };
  });
}

export function writeRows(path: string, rows: readonly unknown[]): string {
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

/** Tensors of an adapter's folder by PEFT's name without the prefix. */
export function adapterTensors(
  folder: string,
  name = 'adapter_model.safetensors',
): Map<string, Float32Array> {
  const file = SafetensorsFile.open(join(folder, name));
  try {
    return new Map(
      [...file.tensors.keys()].map((key) => [key.replace('base_model.model.', ''), file.readFloat32(key)]),
    );
  } finally {
    file.close();
  }
}
