/** @file Every method through a whole run: it learns, stops and goes on bit for bit, and its folder reads back on the untouched base. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { methods } from '../../../runtime/methods/index.ts';
import { readEvents } from '../../../runtime/runs/read.ts';
import { adapterTensors, runFinetune } from '../../support/finetuneRun.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
const train = tokenisedRows(join(scratch, 'rows.jsonl'), 12);

const STEPS = 6;
const configOf = (output: string, method: object, training: object = {}): Record<string, unknown> => ({
  base,
  data: { train, format: 'tokenised', validation: 0.2 },
  method: { rank: 4, ...method },
  training: {
    steps: STEPS,
    batch: 2,
    accumulate: 2,
    learningRate: 1e-2,
    seed: 5,
    evaluateEvery: 3,
    checkpointEvery: 3,
    ...training,
  },
  output: join(scratch, output),
});

/** What a base of three layers needs. */
const ownKeys: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  loramoe: { targets: 'all-linear' },
  loram: { firstLayers: 1, lastLayers: 1 },
  qloram: { firstLayers: 1, lastLayers: 1 },
};

/** One of each method, and LoRA's relatives. */
const kinds: (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ...methods.map(({ kind }) => [kind, { kind, ...ownKeys[kind] }] as const),
  ['lora+', { kind: 'lora', loraPlus: 8 }],
  ['lora-fa', { kind: 'lora', frozenA: true }],
  ['pissa', { kind: 'lora', init: 'pissa' }],
  ['olora', { kind: 'lora', init: 'olora' }],
  ['lora-ga', { kind: 'lora', init: 'lora-ga', rankStabilized: true, gradientRows: 4 }],
  ['lora-ga, changing the base', { kind: 'lora', init: 'lora-ga', rankStabilized: true, mutateBase: true }],
  ['lora-sb from zero', { kind: 'lora-sb', initR: 'zero' }],
  ['dropout', { kind: 'loramoe', targets: 'all-linear', dropout: 0.1 }],
];

const bytes = (...path: string[]): string => readFileSync(join(...path)).toString('base64');
const losses = (folder: string): number[] =>
  readEvents(folder).flatMap((event) => (event.event === 'step' ? [event.loss] : []));

/** Kinds whose checkpoints hold more than the adapter's own file. */
const resumed: ReadonlySet<string> = new Set([
  'dora',
  'lora-sb',
  'lora-ga, changing the base',
  'dropout',
  'qloram',
]);

describe.each(kinds)('%s', (name, method) => {
  it('learns, and reads back on the base as it is; stopped and resumed it ends with the same bits', async () => {
    const whole = await runFinetune(scratch, configOf(`whole ${name}`, method));
    // an adapter that gave other losses when read back would have failed the run
    expect([whole.result.exitCode, whole.steps.length]).toEqual([0, STEPS]);
    expect(whole.steps.at(-1)!.loss).toBeLessThan(whole.steps[0]!.loss);
    if (!resumed.has(name)) return;
    const config = configOf(`halves ${name}`, method);
    const { folder } = (await runFinetune(scratch, config, { stopAfter: STEPS / 2 })).result;
    expect((await runFinetune(scratch, config, { resume: folder })).result.exitCode).toBe(0);
    expect(losses(folder)).toEqual(losses(whole.result.folder));
    for (const file of ['adapter/adapter_model.safetensors', 'adapter/adapter_config.json'])
      expect(bytes(folder, file), file).toBe(bytes(whole.result.folder, file));
  });
});

describe('what a run leaves', () => {
  it.each(['pissa', 'olora', 'lora-ga'])(
    '%s is an adapter of twice the rank, its own tensors in the checkpoint',
    async (init) => {
      const config = configOf(`form ${init}`, { kind: 'lora', init, rank: 3, alpha: 6 });
      const { folder, adapter } = (await runFinetune(scratch, config)).result;
      const stored = JSON.parse(readFileSync(join(adapter!, 'adapter_config.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      expect(stored).toMatchObject({ peft_type: 'LORA', r: 6, lora_alpha: 12, init_lora_weights: true });
      expect(existsSync(join(adapter!, 'method.safetensors'))).toBe(false);
      expect(existsSync(join(folder, `checkpoint-${STEPS}`, 'method.safetensors'))).toBe(true);
    },
  );

  it('SB-8: only R is trained: A and B are the bits they began with, and only r² numbers a layer have a state', async () => {
    const config = configOf('inner', { kind: 'lora-sb', rank: 3 });
    const { folder } = (await runFinetune(scratch, config)).result;
    const tensorsOf = (step: number, file: string): Map<string, Float32Array> =>
      adapterTensors(join(folder, `checkpoint-${step}`), file);
    const [before, after] = [tensorsOf(3, 'method.safetensors'), tensorsOf(STEPS, 'method.safetensors')];
    const frozen = [...after].filter(([name]) => /lora_[AB]/.test(name));
    expect(frozen.length).toBeGreaterThan(10);
    for (const [name, data] of frozen) expect(data, name).toEqual(before.get(name));
    for (const [name, data] of after)
      if (name.includes('latent')) expect(data, name).not.toEqual(before.get(name));
    const state = tensorsOf(STEPS, 'optimizer.safetensors');
    expect([...state.keys()].every((name) => /^[mv][.].*lora_latent_mapping/.test(name))).toBe(true);
    for (const data of state.values()) expect(data.length).toBe(9);
  });

  it('a run that ended before its first checkpoint begins anew with its start values', async () => {
    const config = configOf('early', { kind: 'lora-sb', rank: 3 });
    const whole = await runFinetune(scratch, config);
    const { folder } = (await runFinetune(scratch, config, { stopAfter: 1 })).result;
    rmSync(join(folder, 'checkpoint-1'), { recursive: true });
    expect((await runFinetune(scratch, config, { resume: folder })).result.exitCode).toBe(0);
    expect(losses(folder)).toEqual(losses(whole.result.folder));
  });

  it('says what it computed of each layer before the first step', async () => {
    const config = configOf('facts', { kind: 'lora', init: 'lora-ga', rank: 2 });
    const { events } = await runFinetune(scratch, config);
    const said = events.find((event) => event.event === 'method');
    expect(said?.step).toBe(0);
    const layers = Object.values(said!.layers);
    expect(layers.length).toBeGreaterThan(10);
    for (const { captured, gain } of layers) {
      expect(captured).toBeGreaterThan(0);
      expect(captured).toBeLessThanOrEqual(1);
      expect(gain).toBeGreaterThan(0);
    }
  });
});

describe('what cannot begin is refused, and nothing is written', () => {
  it.each([
    ['twice the rank above a side', { kind: 'lora', init: 'lora-ga', rank: 20 }, {}, 'layer-refused'],
    ['a rank above a side', { kind: 'lora-sb', rank: 40 }, {}, 'layer-refused'],
  ])('%s', async (name, method, training, code) => {
    const config = configOf(`refused ${name}`, method, training);
    await expect(runFinetune(scratch, config)).rejects.toMatchObject({ code });
    expect(existsSync(join(scratch, `refused ${name}`))).toBe(false);
  });
});
