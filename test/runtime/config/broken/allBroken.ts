/** @file Every broken config, and the folder that they lie in. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../../../runtime/formats/safetensors.ts';
import type { BrokenConfig } from './brokenConfig.ts';
import { files } from './files.ts';
import { methods } from './methods.ts';
import { texts } from './texts.ts';
import { trainings } from './trainings.ts';
import { writeBertBase } from '../../../support/textBases.ts';

export const allBroken: readonly BrokenConfig[] = [...texts, ...files, ...methods, ...trainings];

/** Writes base, data and adapters that the broken configs name; `root` is the repository's folder. */
export function writeBrokenFolder(folder: string, root: string): void {
  const media = join(root, 'media');
  const at = (name: string): string => join(folder, name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(media, 'base/tiny-clerk'), at('base'), { recursive: true });
  const rows = readFileSync(join(media, 'data/tickets/train.jsonl'), 'utf8').trim().split('\n');
  const write = (name: string, lines: readonly string[]): void => {
    writeFileSync(at(name), lines.map((line) => `${line}\n`).join(''));
  };
  write('train.jsonl', rows);
  write('some.jsonl', rows.slice(0, 20));
  write('columns.jsonl', ['{"question": "a", "answer": "b"}']);
  write('empty.jsonl', []);
  write(
    'many.jsonl',
    Array.from({ length: 2500 }, (_, i) => `{"prompt": "${i}", "completion": "${i}"}`),
  );
  const ids = JSON.stringify(Array.from({ length: 1024 }, () => 5));
  write(
    'wide.jsonl',
    Array.from({ length: 1500 }, () => `{"input_ids": ${ids}}`),
  );
  writeBertBase(at('classifier'), {}, root);
  const classes = ['a', 'b', 'c'].map((label) => JSON.stringify({ text: 'the cat', label }));
  write('three.jsonl', classes);
  write('two.jsonl', classes.slice(0, 2));
  write('notes.txt', ['no weights']);
  write('old.bin', ['no weights']);
  write('bad.jinja', ['{% if %}']);
  for (const name of ['other', 'pissa', 'run', 'run/adapter']) mkdirSync(at(name), { recursive: true });
  write('other/config.json', ['{ "model_type": "another" }']);
  const adapter = { peft_type: 'LORA', r: 8, lora_alpha: 16, target_modules: ['q_proj'] };
  write('run/adapter/adapter_config.json', [JSON.stringify(adapter)]);
  write('pissa/adapter_config.json', [JSON.stringify({ ...adapter, init_lora_weights: 'pissa' })]);
  writePlain(at('plain'), 192);
  writePlain(at('misfit'), 64);
}

/** A whole LoRA of rank 1 on the first block's q_proj, which has 192 inputs and outputs. */
function writePlain(folder: string, inputs: number): void {
  mkdirSync(folder, { recursive: true });
  const config = { peft_type: 'LORA', r: 1, lora_alpha: 1, target_modules: ['layers.0.self_attn.q_proj'] };
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
  const path = 'base_model.model.model.layers.0.self_attn.q_proj';
  const tensor = (end: string, shape: readonly number[]) => {
    const data = new Float32Array(shape[0]! * shape[1]!);
    return { name: `${path}.${end}`, dtype: 'F32' as const, shape, data };
  };
  writeSafetensors(join(folder, 'adapter_model.safetensors'), [
    tensor('lora_A.weight', [1, inputs]),
    tensor('lora_B.weight', [192, 1]),
  ]);
}
