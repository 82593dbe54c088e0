/** @file Runs on a smaller base: the original is judged, its adapter is plain LoRA, and a ratio of 0 is plain training. */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EvaluationEvent } from '../../../runtime/contract/run.ts';
import { readManifest } from '../../../runtime/model/prune/manifest.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import { adapterFromPeft } from '../../../runtime/model/peftAdapter.ts';
import { adaptedEngine } from '../../../runtime/pipelines/evaluate.ts';
import { readRows } from '../../../runtime/pipelines/readRows.ts';
import { evaluate } from '../../../runtime/train/loop.ts';
import { adapterTensors, runFinetune } from '../../support/finetuneRun.ts';
import type { FinetuneRun } from '../../support/finetuneRun.ts';
import { smallLlama } from '../../support/randomModel.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
const train = tokenisedRows(join(scratch, 'rows.jsonl'), 12);
const held = tokenisedRows(join(scratch, 'held.jsonl'), 5);

const run = (name: string, method: object): Promise<FinetuneRun> =>
  runFinetune(scratch, {
    base,
    data: { train, format: 'tokenised', validation: held },
    method: { kind: 'loram', rank: 4, firstLayers: 1, lastLayers: 1, ...method },
    training: { steps: 4, batch: 4, learningRate: 1e-2, seed: 3, evaluateEvery: 2, checkpointEvery: 2 },
    output: join(scratch, name),
  });
const evaluations = ({ events }: FinetuneRun): EvaluationEvent[] =>
  events.filter((event) => event.event === 'evaluation');

/** Loss of the original with an adapter, as any reader of the folder computes it. */
async function lossOf(adapter: string): Promise<number> {
  const opened = openBase(base);
  const peft = openPeftAdapter(adapter);
  try {
    const { rows, longest } = await readRows(opened, undefined, {
      file: held,
      length: 512,
      trainOn: 'assistant',
    });
    await using device = new Device({ provider: 'cpu', threads: 1 });
    using engine = await adaptedEngine(opened, adapterFromPeft(peft, opened), device, longest);
    return (await evaluate(engine, rows)).loss;
  } finally {
    peft.close();
    opened.tensors.close();
  }
}

describe.each([
  ['structured', {}],
  ['random', { prune: 'random' }],
  ['4 of 8', { prune: 'semi' }],
  ['4 bits', { kind: 'qloram', quantize: 'nf4' }],
  ['ALLoRA on it', { adapter: 'allora' }],
])('%s', (name, method) => {
  it('learns on the smaller base, is judged on the original, and leaves plain LoRA for it', async () => {
    const done = await run(name, method);
    expect(done.result.exitCode).toBe(0);
    const [, last] = evaluations(done);
    expect(last!.trainedLoss).toBeGreaterThan(0);
    expect(last!.trainedLoss).not.toBe(last!.loss);
    const best = Math.min(...evaluations(done).map(({ loss }) => loss));
    expect(await lossOf(done.result.adapter!)).toBeCloseTo(best, 5);
    const config = JSON.parse(
      readFileSync(join(done.result.adapter!, 'adapter_config.json'), 'utf8'),
    ) as object;
    expect(config).toMatchObject({ peft_type: 'LORA', r: 4, base_model_name_or_path: base });
    const tensors = adapterTensors(done.result.adapter!);
    expect(tensors.get('model.layers.1.mlp.up_proj.lora_B.weight')!.length).toBe(
      4 * smallLlama.intermediate_size,
    );
    expect(readdirSync(done.result.folder)).toContain('pruned');
  });
});

it('rows of B and columns of A are zero where units were left out, and only there', async () => {
  const { result } = await run('zeros', { ratio: 0.25 });
  const { plan } = readManifest(join(result.folder, 'pruned', 'loram_manifest.json'));
  const { neurons } = plan.get(1)!;
  const B = adapterTensors(result.adapter!).get('model.layers.1.mlp.up_proj.lora_B.weight')!;
  for (let row = 0; row < smallLlama.intermediate_size; row++)
    expect(B.subarray(4 * row, 4 * row + 4).some((x) => x !== 0)).toBe(neurons.includes(row));
});

it('LORAM-6: a ratio of 0 trains and leaves what plain LoRA does', async () => {
  const pruned = await run('nothing', { ratio: 0, prune: 'random' });
  const plain = await run('plain', { kind: 'lora', firstLayers: undefined, lastLayers: undefined });
  expect(pruned.steps.map(({ loss }) => loss)).toEqual(plain.steps.map(({ loss }) => loss));
  for (const [name, data] of adapterTensors(plain.result.adapter!))
    expect(adapterTensors(pruned.result.adapter!).get(name), name).toEqual(data);
});

it('aligns the pruned base before, and says how far that brought it', async () => {
  const { events, result } = await run('aligned', { kind: 'qloram', alignSteps: 3, alignRate: 1e-3 });
  const notes = events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
  expect(notes.slice(0, 3)).toEqual([
    expect.stringMatching(/^Prunes the base: structured, ratio 0\.\d+\.$/),
    'Aligns the pruned base for 3 steps.',
    expect.stringMatching(/in 3 steps: its loss went from \d.* to \d/),
  ]);
  const manifest = readManifest(join(result.folder, 'aligned', 'loram_manifest.json'));
  expect(manifest).toMatchObject({ alignedSteps: 3, quantization: 'nf4-double' });
});

it('aligns on rows of their own where they are named, read before anything is pruned', async () => {
  const align = { prune: 'random', alignSteps: 3, alignRate: 1e-3 };
  const general = tokenisedRows(join(scratch, 'general.jsonl'), 7);
  // longer than any row of the training
  const ids = Array.from({ length: 60 }, (_, i) => i % smallLlama.vocab_size);
  appendFileSync(general, `${JSON.stringify({ input_ids: ids, labels: ids })}\n`);
  const [own, other] = [await run('own rows', align), await run('general', { ...align, alignData: general })];
  const noteOf = ({ events }: FinetuneRun): unknown =>
    events.find((event) => event.event === 'note' && event.message.includes('aligned'));
  expect(noteOf(other)).toBeDefined();
  expect(noteOf(other)).not.toEqual(noteOf(own));
  const output = join(scratch, 'broken');
  const broken = join(scratch, 'broken.jsonl');
  writeFileSync(broken, '{"input_ids": "none"}\n');
  await expect(run('broken', { ...align, alignData: broken })).rejects.toMatchObject({
    place: { file: broken },
  });
  expect(readdirSync(output).filter((name) => !name.startsWith('.'))).toEqual([]);
});

it('shows how much of each linear is left', async () => {
  const { events } = await run('kept', { prune: 'random' });
  const first = events.find((event) => event.event === 'method')!;
  expect(first.step).toBe(0);
  const kept = (path: string): unknown => first.layers[path]?.['kept'];
  expect(kept('model.layers.1.mlp.up_proj')).toBe(0.5);
  expect(kept('model.layers.0.mlp.up_proj')).toBe(1);
});

it('takes a base that was pruned before, for the same original only', async () => {
  const first = await run('first', { prune: 'random' });
  const pruned = join(first.result.folder, 'pruned');
  const again = await run('again', { pruned });
  expect(existsSync(join(again.result.folder, 'pruned'))).toBe(false);
  expect(again.steps.map(({ loss }) => loss)).toEqual(first.steps.map(({ loss }) => loss));
  const other = writeRandomBase(join(scratch, 'other'), { ...smallLlama, intermediate_size: 64 });
  await expect(
    runFinetune(scratch, {
      base: other,
      data: { train, format: 'tokenised' },
      method: { kind: 'loram', pruned, rank: 2 },
      training: { steps: 1 },
      output: join(scratch, 'refused'),
    }),
  ).rejects.toMatchObject({ code: 'loram-base' });
});

it('a range without layers is refused before anything is written', async () => {
  await expect(run('empty', { firstLayers: 2, lastLayers: 1 })).rejects.toMatchObject({
    code: 'prune-layers',
  });
  expect(existsSync(join(scratch, 'empty'))).toBe(false);
});
