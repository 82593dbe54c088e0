/** @file Writes small Hugging Face folders: any configuration, with weights that fit it and differ everywhere. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../runtime/formats/safetensors.ts';
import type { TensorToWrite } from '../../runtime/formats/safetensors.ts';
import { specTensors } from '../../runtime/model/specTensors.ts';
import { specOf } from './familyCases.ts';

export const tinyLlama = {
  model_type: 'llama',
  vocab_size: 16,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
} as const;

/** Weights of a configuration, element i of tensor t being a small number that no other has. */
export function tinyWeights(config: Readonly<Record<string, unknown>>): TensorToWrite[] {
  return specTensors(specOf(config)).map(({ name, shape }, t) => {
    const count = shape.reduce((n, size) => n * size, 1);
    return {
      name,
      dtype: 'F32',
      shape,
      data: Float32Array.from({ length: count }, (_, i) => (t + i / count) / 64),
    };
  });
}

/** Creates `folder` with config.json and, unless `weights` is empty, model.safetensors. */
export function writeTinyBase(
  folder: string,
  config: Readonly<Record<string, unknown>> = tinyLlama,
  weights: readonly TensorToWrite[] = tinyWeights(config),
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  if (weights.length > 0) writeSafetensors(join(folder, 'model.safetensors'), weights, { format: 'pt' });
  return folder;
}
