/** @file A LoRAMoE adapter as plain ones: exact where its gates are constant, its loss said where not, refused for any other kind. */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { SafetensorsFile, writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { exportExperts } from '../../../runtime/pipelines/exportExperts.ts';
import type { ExportOptions } from '../../../runtime/pipelines/exportExperts.ts';
import { mergeAdapter } from '../../../runtime/pipelines/merge.ts';
import { probe } from '../../../runtime/pipelines/probe.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { adapterTensors, runFinetune } from '../../support/finetuneRun.ts';
import { relativeError } from '../../support/randomModel.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
const data = tokenisedRows(join(scratch, 'rows.jsonl'), 8);
const input = join(scratch, 'input.safetensors');
let trained = '';

beforeAll(async () => {
  const method = { kind: 'loramoe', rank: 2, experts: 4, alpha: 6 };
  const { result } = await runFinetune(scratch, {
    base,
    data: { train: data, format: 'tokenised' },
    method,
    training: { steps: 6, batch: 2, learningRate: 3e-2, checkpointEvery: 0 },
    output: join(scratch, 'runs'),
  });
  trained = result.adapter!;
  const ids = Int32Array.from({ length: 12 }, (_, i) => (7 * i + 3) % 50);
  writeSafetensors(input, [{ name: 'input_ids', dtype: 'I32', shape: [1, 12], data: ids }]);
});

async function logits(adapter?: string): Promise<Float32Array> {
  const output = join(scratch, 'logits.safetensors');
  await probe({
    base,
    ...(adapter !== undefined && { adapter }),
    input,
    output,
    gradients: false,
    provider: 'cpu',
    threads: 1,
    memory: 'balanced',
  });
  const file = SafetensorsFile.open(output);
  try {
    return file.readFloat32('logits');
  } finally {
    file.close();
  }
}

/** The trained adapter with a router of zeros: each gate is 1 / N. */
function evenly(): string {
  const folder = join(scratch, 'even');
  writeFolderLike(trained, folder, (name, values) => (name.includes('route') ? values.fill(0) : values));
  return folder;
}

function writeFolderLike(
  from: string,
  to: string,
  change: (name: string, values: Float32Array) => Float32Array,
): void {
  const file = SafetensorsFile.open(join(from, 'adapter_model.safetensors'));
  const tensors = [...file.tensors.values()].map(({ name, shape }) => ({
    name,
    shape,
    dtype: 'F32' as const,
    data: change(name, file.readFloat32(name).slice()),
  }));
  file.close();
  cpSync(from, to, { recursive: true });
  writeSafetensors(join(to, 'adapter_model.safetensors'), tensors, { format: 'pt' });
}

const config = (folder: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
const options = (output: string, changes: Partial<ExportOptions> = {}): ExportOptions => ({
  base,
  adapter: trained,
  output: join(scratch, output),
  form: 'experts',
  rows: 8,
  length: 64,
  ...changes,
});

describe('each expert', () => {
  it('is a plain adapter of its own with the trained numbers', async () => {
    const { folders } = await exportExperts(options('experts'));
    expect(folders.map((folder) => config(folder)['peft_type'])).toEqual(['LORA', 'LORA', 'LORA', 'LORA']);
    expect(config(folders[2]!)).toMatchObject({ r: 2, lora_alpha: 6 });
    const [own, all] = [adapterTensors(folders[2]!), adapterTensors(trained)];
    expect(own.get('model.layers.0.mlp.up_proj.lora_A.weight')).toEqual(
      all.get('model.layers.0.mlp.up_proj.lora_A2.weight'),
    );
    expect(relativeError(await logits(folders[2]), await logits())).toBeGreaterThan(1e-4);
  });
});

describe('all of them mixed', () => {
  it('compute the same where the router gives each token the same gates', async () => {
    const adapter = evenly();
    const { folders, spread } = await exportExperts(options('mixed even', { adapter, form: 'mixed', data }));
    expect(spread).toBeLessThan(1e-6);
    expect(config(folders[0]!)).toMatchObject({ peft_type: 'LORA', r: 8, lora_alpha: 24 });
    expect(relativeError(await logits(folders[0]), await logits(adapter))).toBeLessThan(1e-5);
  });

  it('are nearer to it than the base where the gates vary, and the spread is said', async () => {
    const words = [
      '--base',
      base,
      '--adapter',
      trained,
      '--output',
      'mixed',
      '--form',
      'mixed',
      '--data',
      data,
    ];
    const io = fakeIo({ cwd: scratch });
    expect(await commandLine(['export', ...words], io)).toBe(0);
    expect(io.outText()).toMatch(/mixed\nlossy: gates differ from their means by up to 0?[.]?\d/);
    const exact = await logits(trained);
    const [mixed, plain] = [await logits(join(scratch, 'mixed')), await logits()];
    expect(relativeError(mixed, exact)).toBeLessThan(relativeError(plain, exact));
    expect(readFileSync(join(scratch, 'mixed', 'README.md'), 'utf8')).toContain('Lossy');
  });
});

describe('refused, and nothing is left', () => {
  it.each<[string, Partial<ExportOptions>, string]>([
    ['without rows', { form: 'mixed' }, 'export-data'],
    ['over a folder that is there', { output: scratch }, 'export-output'],
  ])('%s', async (name, changes, code) => {
    await expect(exportExperts(options(`refused ${name}`, changes))).rejects.toMatchObject({ code });
    expect(readdirSync(scratch).filter((file) => file.startsWith('refused'))).toEqual([]);
  });

  it('a plain adapter, which needs none of it', async () => {
    const { folders } = await exportExperts(options('plain ones'));
    await expect(exportExperts(options('again', { adapter: folders[0]! }))).rejects.toMatchObject({
      code: 'export-kind',
    });
  });

  it('merging: a weight cannot decide token by token', async () => {
    const output = join(scratch, 'merged');
    await expect(mergeAdapter({ base, adapter: trained, output, threads: 1 })).rejects.toMatchObject({
      code: 'merge-method',
    });
    expect(existsSync(output)).toBe(false);
  });
});
