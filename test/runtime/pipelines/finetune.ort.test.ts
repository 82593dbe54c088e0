/** @file A stopped and resumed run ends with the bits of one that was not; what a run leaves is whole. */
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SafetensorsFile } from '../../../runtime/formats/safetensors.ts';
import { readEvents, readSamples, readSummary } from '../../../runtime/runs/read.ts';
import { readStep } from '../../../runtime/runs/stepLog.ts';
import { adapterTensors, runFinetune } from '../../support/finetuneRun.ts';
import { relativeError, smallLlama } from '../../support/randomModel.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
const train = tokenisedRows(join(scratch, 'rows.jsonl'), 23);

const STEPS = 20;
/** 23 rows, 5 held out: 18 rows are 5 steps of 2 x 2 an epoch, the last of them smaller. */
const usual = { steps: STEPS, batch: 2, accumulate: 2, learningRate: 1e-2, seed: 5 };

const configOf = (
  output: string,
  training: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  base,
  data: { train, format: 'tokenised', validation: 0.2, packing: true, shuffle: true },
  method: { kind: 'lora', rank: 4, alpha: 8 },
  training: { ...usual, evaluateEvery: 4, checkpointEvery: 3, schedule: 'cosine', warmup: 3, ...training },
  output: join(scratch, output),
  ...more,
});

const bytes = (...path: string[]): string => readFileSync(join(...path)).toString('base64');

/** What a run measured, times and memory left out; notes and the resume itself aren't measurements. */
function measured(folder: string): unknown[] {
  return readEvents(folder)
    .filter(({ event }) => event === 'step' || event === 'evaluation')
    .map((event) => ({ ...event, seconds: 0, memory: 0 }));
}

function headOf(folder: string, tied: boolean): Float32Array {
  const file = SafetensorsFile.open(join(folder, 'model.safetensors'));
  try {
    return file.readFloat32(tied ? 'model.embed_tokens.weight' : 'lm_head.weight');
  } finally {
    file.close();
  }
}

function expectEqualRuns(folder: string, undisturbed: string): void {
  const files = [
    ['adapter', 'adapter_model.safetensors'],
    ['adapter', 'adapter_config.json'],
    [`checkpoint-${STEPS}`, 'adapter_model.safetensors'],
    [`checkpoint-${STEPS}`, 'optimizer.safetensors'],
    [`checkpoint-${STEPS}`, 'state.json'],
  ];
  for (const file of files) expect(bytes(folder, ...file), file.join('/')).toBe(bytes(undisturbed, ...file));
  expect(measured(folder)).toEqual(measured(undisturbed));
  for (let step = 1; step <= STEPS; step++)
    expect(readStep(folder, step)).toEqual(readStep(undisturbed, step));
}

const kinds: [string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>?][] = [
  ['accumulated, packed, shuffled batches', {}],
  ['budgets of tokens', { batch: undefined, tokens: 70 }],
  [
    'padded batches without shuffling',
    {},
    { data: { train, format: 'tokenised', packing: false, shuffle: false } },
  ],
  ['SGD with momentum', { optimizer: 'sgd', momentum: 0.9, schedule: 'linear' }],
  ['the best adapter kept', { keepBest: true, learningRate: 0.3 }],
];

describe('10 steps and 10 after a resume are 20 steps, bit for bit', () => {
  it.each(kinds)('%s', async (name, training, more) => {
    const whole = await runFinetune(scratch, configOf(`whole ${name}`, training, more));
    const config = configOf(`halves ${name}`, training, more);
    const first = await runFinetune(scratch, config, { stopAfter: STEPS / 2 });
    expect(first.result.exitCode).toBe(130);
    expect(first.result.adapter).toBeUndefined();
    expect(readSummary(first.result.folder)?.record).toMatchObject({ status: 'stopped', step: STEPS / 2 });
    const second = await runFinetune(scratch, config, { resume: first.result.folder });
    expect(second.steps[0]?.step).toBe(STEPS / 2 + 1);
    expect(second.result.exitCode).toBe(0);
    expectEqualRuns(second.result.folder, whole.result.folder);
  });

  it('after one more stop that an epoch ends with', async () => {
    const whole = await runFinetune(scratch, configOf('whole thirds', {}));
    const config = configOf('thirds', {});
    const { folder } = (await runFinetune(scratch, config, { stopAfter: 5 })).result;
    await runFinetune(scratch, config, { resume: folder, stopAfter: 11 });
    await runFinetune(scratch, config, { resume: folder });
    expectEqualRuns(folder, whole.result.folder);
  });
});

describe('a run', () => {
  it('follows its seed', async () => {
    const one = await runFinetune(scratch, configOf('seed 5', {}));
    const other = await runFinetune(scratch, configOf('seed 6', { seed: 6 }));
    expect(one.steps.map(({ loss }) => loss)).not.toEqual(other.steps.map(({ loss }) => loss));
  });

  it.each([false, true])(
    'begins with the base where the head is trained as a whole, tied: %s',
    async (tied) => {
      const own = writeRandomBase(join(scratch, `tied ${tied}`), {
        ...smallLlama,
        tie_word_embeddings: tied,
      });
      const method = { kind: 'lora', rank: 2, alpha: 4, modulesToSave: ['lm_head'] };
      // a start from anything else than the base is refused by the run's own guard
      const { result } = await runFinetune(
        scratch,
        configOf(`head ${tied}`, { steps: 1, learningRate: 1e-9 }, { base: own, method }),
      );
      expect(result.exitCode).toBe(0);
      const saved = adapterTensors(result.adapter!).get('lm_head.weight')!;
      expect(relativeError(saved, headOf(own, tied))).toBeLessThan(1e-6);
    },
  );

  it('names the rows of its file, whatever is held out of them', async () => {
    const { result } = await runFinetune(scratch, configOf('rows', { epochs: 1, steps: undefined }));
    const seen = [1, 2, 3, 4, 5].flatMap((step) => readSamples(result.folder, step)!.rows);
    expect(seen).toHaveLength(18);
    // 18 of the numbers 0 to 22: counted among themselves they would end at 17
    expect(Math.max(...seen)).toBeGreaterThan(17);
    const all = tokenisedRows(join(scratch, 'again.jsonl'), 23);
    const lengths = readFileSync(all, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { input_ids: number[] }).input_ids.length);
    const { samples, tokenLosses } = readStep(result.folder, 1)!;
    expect(samples.tokens).toEqual(samples.rows.map((row) => lengths[row]));
    // what was written for each token are the parts of what was written for its row
    expect(tokenLosses!.map(({ length }) => length)).toEqual(samples.supervised);
    for (const [i, losses] of tokenLosses!.entries())
      expect(losses.reduce((sum, loss) => sum + loss, 0) / losses.length).toBe(samples.losses[i]);
  });

  it('goes on only with the data it began with', async () => {
    const own = join(scratch, 'own.jsonl');
    copyFileSync(train, own);
    const config = configOf('own', {}, { data: { train: own, format: 'tokenised' } });
    const { folder } = (await runFinetune(scratch, config, { stopAfter: 2 })).result;
    appendFileSync(own, '{"input_ids": [1, 2, 3]}\n');
    await expect(runFinetune(scratch, config, { resume: folder })).rejects.toMatchObject({
      code: 'content-changed',
      place: { file: own },
    });
    expect(readSummary(folder)?.record.status).toBe('stopped');
    copyFileSync(train, own);
    expect((await runFinetune(scratch, config, { resume: folder })).result.exitCode).toBe(0);
  });

  it('goes on only on the base it began with', async () => {
    const own = writeRandomBase(join(scratch, 'own base'));
    const config = configOf('own base', {}, { base: own });
    const { folder } = (await runFinetune(scratch, config, { stopAfter: 2 })).result;
    const weights = join(own, 'model.safetensors');
    const bytes = readFileSync(weights);
    expect(readSummary(folder)?.record.hashes['base']).toMatch(/^[0-9a-f]{64}$/);
    writeFileSync(weights, bytes.fill(0, bytes.length - 8));
    await expect(runFinetune(scratch, config, { resume: folder })).rejects.toMatchObject({
      code: 'content-changed',
      place: { file: own },
    });
  });

  it('goes on from the checkpoint before one that is damaged, and says so', async () => {
    const whole = await runFinetune(scratch, configOf('undamaged', {}));
    const config = configOf('damaged', {});
    const { folder } = (await runFinetune(scratch, config, { stopAfter: 8 })).result;
    const newest = join(folder, 'checkpoint-8', 'state.json');
    // of the right size, so that its marker still counts
    writeFileSync(newest, readFileSync(newest, 'utf8').replaceAll(/[{}]/g, '?'));
    const { result, events, steps } = await runFinetune(scratch, config, { resume: folder });
    expect([result.exitCode, steps[0]?.step]).toEqual([0, 7]);
    const notes = events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
    expect(notes[0]).toMatch(/^checkpoint-8 is skipped: .*state.json: is not JSON/);
    expectEqualRuns(folder, whole.result.folder);
  });

  it('is refused and left as it was where no checkpoint can be read', async () => {
    const config = configOf('ruined', {});
    const { folder } = (await runFinetune(scratch, config, { stopAfter: 2 })).result;
    const state = join(folder, 'checkpoint-2', 'state.json');
    writeFileSync(state, readFileSync(state, 'utf8').replace('"step": 2', '"step": 9'));
    await expect(runFinetune(scratch, config, { resume: folder })).rejects.toMatchObject({
      code: 'checkpoint-damaged',
      place: { file: state },
    });
    expect(readSummary(folder)?.record.status).toBe('stopped');
  });

  it('that ends early for want of patience says so', async () => {
    const config = configOf('impatient', { patience: 2, evaluateEvery: 1, learningRate: 1, keepBest: false });
    const { result, events, steps } = await runFinetune(scratch, config);
    expect([result.exitCode, steps.length < STEPS]).toEqual([0, true]);
    const notes = events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
    expect(notes).toContain(
      `Ended after step ${steps.length} of ${STEPS}: 2 evaluations brought no better loss (training.patience).`,
    );
  });

  it('that fails says where and what to do, in its record and to who started it', async () => {
    const config = configOf('huge rate', { learningRate: 1e30, warmup: 0 });
    const { result, events } = await runFinetune(scratch, config);
    expect(result.exitCode).toBe(1);
    const failed = events.at(-1)!;
    expect(failed).toMatchObject({ event: 'failed', code: 'loss-not-finite' });
    expect((failed as { message: string }).message).toMatch(/^rows \d.*try a learning rate below/);
    expect(readEvents(result.folder).at(-1)).toEqual(failed);
  });

  it('does not resume what is done', async () => {
    const config = configOf('done', { steps: 1 });
    const { folder } = (await runFinetune(scratch, config)).result;
    await expect(runFinetune(scratch, config, { resume: folder })).rejects.toThrow('nothing to resume');
  });
});

describe('an adapter that is continued', () => {
  it('keeps its own ranks, scale rule and targets, and is named as the parent', async () => {
    const method = {
      rank: 8,
      alpha: 3,
      rankStabilized: true,
      targets: ['q_proj', 'v_proj'],
      rankPattern: { q_proj: 2 },
    };
    const first = (await runFinetune(scratch, configOf('first', { steps: 2 }, { method }))).result;
    const from = first.adapter!;
    const more = { method: { from, dropout: 0.1 } };
    const { result } = await runFinetune(scratch, configOf('further', { steps: 2 }, more));
    expect(result.exitCode).toBe(0);
    const config = (folder: string): Record<string, unknown> =>
      JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
    expect(config(result.adapter!)).toEqual({ ...config(from), lora_dropout: 0.1 });
    expect(config(from)).toMatchObject({ use_rslora: true, r: 8, lora_alpha: 3 });
    expect(readSummary(result.folder)?.record.parent).toBe(readSummary(first.folder)?.record.id);
    expect(adapterTensors(result.adapter!)).not.toEqual(adapterTensors(from));
  });
});
