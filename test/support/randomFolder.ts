/** @file A random base as a folder on disk, and tokenised rows for it: what whole runs train on in tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../runtime/formats/safetensors.ts';
import { hashKey, uniform } from '../../runtime/train/random.ts';
import { randomBase, randomRows, smallLlama } from './randomModel.ts';

/** Creates `folder` with config.json and model.safetensors of `randomBase`; no tokenizer. Returns `folder`. */
export function writeRandomBase(
  folder: string,
  config: Readonly<Record<string, unknown>> = smallLlama,
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const { tensors } = randomBase(config);
  writeSafetensors(
    join(folder, 'model.safetensors'),
    [...tensors.names].map((name) => ({
      name,
      dtype: 'F32',
      shape: tensors.shape(name),
      data: tensors.readFloat32(name),
    })),
    { format: 'pt' },
  );
  return folder;
}

/** Writes `count` rows of 5 to 30 tokens as JSONL. Returns `path`. */
export function tokenisedRows(path: string, count: number, vocab: number = smallLlama.vocab_size): string {
  const random = uniform(hashKey('lengths', count));
  const lengths = Array.from({ length: count }, () => 5 + Math.floor(26 * random()));
  const lines = randomRows(lengths, vocab).map(({ ids, mask }) => {
    const labels = Array.from(ids, (id, i) => (mask[i] === 1 ? id : -100));
    return `${JSON.stringify({ input_ids: Array.from(ids), labels })}\n`;
  });
  writeFileSync(path, lines.join(''));
  return path;
}
