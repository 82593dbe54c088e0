/** @file `npm run check:peft -- PYTHON`: adapters trained here, loaded by PEFT: no key too many or too few, the same logits. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkConfig } from '../runtime/config/check.ts';
import { SafetensorsFile, writeSafetensors } from '../runtime/formats/safetensors.ts';
import type { TensorToWrite } from '../runtime/formats/safetensors.ts';
import { finetune } from '../runtime/pipelines/finetune.ts';
import { probe } from '../runtime/pipelines/probe.ts';
import { pruneToFolder } from '../runtime/pipelines/prune.ts';
import { compactFolder, recoverFolder } from '../runtime/pipelines/recover.ts';

const shared = resolve(import.meta.dirname, '../../shared');
const families = join(shared, 'fixtures/lm');
const largeModel = join(shared, 'models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');

/** Difference of logits, relative to the largest, that two implementations in float32 may show. */
const TOLERANCE = 1e-4;

interface Case {
  readonly name: string;
  readonly base: string;
  /** Token ids of one row, trained on and compared. */
  readonly ids: readonly number[];
  /** A class, or the targets of an encoder-decoder; absent: the ids themselves. */
  readonly labels?: number | readonly number[];
  readonly method: object;
  readonly learningRate: number;
  /** The trained adapter goes through a pruned base: what fits there is recovered and compared, the compact folder must be refused. */
  readonly pruned?: true;
}

function fixtureCase(family: string, name = family, method: object = { rank: 4, alpha: 8 }): Case {
  const file = SafetensorsFile.open(join(families, family, 'expected.safetensors'));
  const length = file.tensors.get('input_ids')!.shape[1]!;
  const used = file
    .readInts('attention_mask')
    .subarray(0, length)
    .reduce((n, bit) => n + bit, 0);
  const ids = Array.from(file.readInts('input_ids').subarray(0, used));
  const labels =
    family === 'bert' ? file.readInts('labels')[0]! : family === 't5' ? targets(file) : undefined;
  file.close();
  const base = join(families, family, 'base');
  return { name, base, ids, ...(labels !== undefined && { labels }), method, learningRate: 1e-2 };
}

/** The first row's targets, without padding. */
function targets(file: SafetensorsFile): number[] {
  const width = file.tensors.get('labels')!.shape[1]!;
  return Array.from(file.readInts('labels').subarray(0, width)).filter((id) => id >= 0);
}

function largeCase(): Case {
  const file = SafetensorsFile.open(join(shared, 'fixtures/curves/gsm8k-r4-qv.safetensors'));
  const ids = Array.from(file.readInts('input_ids').subarray(0, 100));
  file.close();
  return { name: 'SmolLM2-135M', base: largeModel, ids, method: { rank: 16, alpha: 32 }, learningRate: 1e-3 };
}

function cases(): Case[] {
  const llama = (name: string, method: object): Case => fixtureCase('llama', `llama, ${name}`, method);
  return [
    ...readdirSync(families).map((family) => fixtureCase(family)),
    llama('rank-stabilised with patterns', {
      rank: 4,
      alpha: 8,
      rankStabilized: true,
      rankPattern: { q_proj: 2, 'layers[.]1[.].*down_proj': 6 },
      alphaPattern: { v_proj: 3 },
    }),
    llama('one layer, two names', { rank: 3, alpha: 6, targets: ['q_proj', 'down_proj'], layers: [1] }),
    llama('by expression', { rank: 2, alpha: 2, targets: '.*self_attn[.](k|o)_proj' }),
    llama('head saved', { rank: 4, alpha: 8, modulesToSave: ['lm_head'] }),
    ...['llama', 'gpt2'].map((family) => ({
      ...fixtureCase(family, `${family}, recovered from a pruned base`),
      pruned: true as const,
    })),
    ...methodCases(),
    ...(existsSync(largeModel) ? [largeCase()] : []),
  ];
}

/** One of each method that plain PEFT reads, and LoRA's relatives; GPT-2 stores its linears transposed. */
function methodCases(): Case[] {
  const ga = { init: 'lora-ga', gradientRows: 1 };
  const kinds: readonly (readonly [string, object])[] = [
    ['DoRA', { kind: 'dora' }],
    ['ALLoRA', { kind: 'allora', alpha: undefined }],
    ['LoRA-XS', { kind: 'lora-xs', alpha: undefined }],
    ['LoRA-SB', { kind: 'lora-sb', alpha: undefined, gradientRows: 1 }],
    ['PiSSA', { init: 'pissa' }],
    ['OLoRA', { init: 'olora' }],
    ['LoRA-GA', { ...ga, rankStabilized: true }],
    ['LoRA-GA, plain scale, patterns', { ...ga, rankPattern: { q_proj: 2 }, alphaPattern: { v_proj: 3 } }],
    ['LoRA-GA, changing the base', { ...ga, rankStabilized: true, mutateBase: true }],
    ['LoRA+', { loraPlus: 16 }],
    ['LoRA-FA', { frozenA: true }],
    ['LoRAM', { kind: 'loram', firstLayers: 0, lastLayers: 0 }],
    ['QLoRAM', { kind: 'qloram', firstLayers: 0, lastLayers: 0 }],
  ];
  const of = (family: string) => (kind: readonly [string, object]) =>
    fixtureCase(family, `${family}, ${kind[0]}`, { rank: 4, alpha: 8, ...kind[1] });
  // what a family changes lies in its linears: fused, transposed, with a bias, of an encoder
  const layers = kinds.filter(([name]) => !/patterns|base|\+|FA|LoRAM/.test(name));
  const others = readdirSync(families).filter((family) => family !== 'llama');
  return [...kinds.map(of('llama')), ...others.flatMap((family) => layers.map(of(family)))];
}

/** Trains three steps and probes the written adapter. Returns what the peer has to compare. */
async function train(one: Case, folder: string): Promise<object> {
  const { name, base, ids, labels = ids, method, learningRate } = one;
  mkdirSync(folder, { recursive: true });
  const data = join(folder, 'rows.jsonl');
  writeFileSync(data, `${JSON.stringify({ input_ids: ids, labels })}\n`);
  const configFile = join(folder, 'check.adapter.json');
  const configText = JSON.stringify({
    base,
    data: { train: data, format: 'tokenised', validation: 0 },
    method: { kind: 'lora', ...method },
    training: { steps: 3, batch: 1, learningRate, schedule: 'constant', warmup: 0 },
    output: join(folder, 'runs'),
  });
  writeFileSync(configFile, configText);
  const { config, diagnostics } = checkConfig(configText, configFile);
  if (!config) throw new Error(`${name}: ${diagnostics.map(({ message }) => message).join('\n')}`);
  let said = 'the training failed';
  const { adapter } = await finetune({
    config,
    configText,
    configFile,
    onEvent: (event) => {
      if (event.event === 'failed') said = event.message;
    },
  });
  if (adapter === undefined) throw new Error(`${name}: ${said}`);
  const { whole, refused } = await (one.pruned === true
    ? throughPruned(base, adapter, folder)
    : { whole: adapter });
  const [input, output] = [join(folder, 'input.safetensors'), join(folder, 'output.safetensors')];
  writeSafetensors(input, [
    { name: 'input_ids', dtype: 'I32', shape: [1, ids.length], data: Int32Array.from(ids) },
    ...(labels === ids ? [] : [labelTensor(labels)]),
  ]);
  await probe({
    base,
    adapter: whole,
    input,
    output,
    gradients: false,
    provider: 'cpu',
    threads: 2,
    memory: 'balanced',
  });
  return { name, base, adapter: whole, input, output, ...(refused !== undefined && { refused }) };
}

/** What is left of an adapter on half of each layer's units, for the original again, and the folder that fits no other base. */
async function throughPruned(
  base: string,
  adapter: string,
  folder: string,
): Promise<{ whole: string; refused: string }> {
  const [pruned, refused, whole] = ['pruned', 'compact', 'recovered'].map((name) => join(folder, name)) as [
    ...[string, string, string],
  ];
  const request = { method: 'random', ratio: 0.5, first: 0, last: 0, seed: 1 } as const;
  await pruneToFolder({ base, output: pruned, request, rows: 1, length: 2 });
  await compactFolder({ base, pruned, adapter, output: refused, lossy: true });
  await recoverFolder({ base, pruned, adapter: refused, output: whole });
  return { whole, refused };
}

function labelTensor(labels: number | readonly number[]): TensorToWrite {
  const list = typeof labels === 'number' ? [labels] : labels;
  const shape = typeof labels === 'number' ? [1] : [1, list.length];
  return { name: 'labels', dtype: 'I32', shape, data: Int32Array.from(list) };
}

interface Verdict {
  readonly name: string;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly difference: number;
  readonly moved: number;
}

const [python, wanted = ''] = process.argv.slice(2);
if (python === undefined)
  throw new Error(
    'usage: npm run check:peft -- PYTHON [PART OF A NAME] (with torch, transformers, peft, gguf)',
  );
const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-peft-'));
try {
  const jobs: object[] = [];
  const chosen = cases().filter(({ name }) => name.includes(wanted));
  for (const [i, one] of chosen.entries()) jobs.push(await train(one, join(folder, String(i))));
  const report = join(folder, 'verdicts.json');
  const script = join(import.meta.dirname, 'checkPeft.py');
  const { status } = spawnSync(python, [script, report], {
    input: JSON.stringify(jobs),
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`${python} ended with ${status ?? 'a signal'}`);
  const verdicts = JSON.parse(readFileSync(report, 'utf8')) as Verdict[];
  let failed = verdicts.length === jobs.length ? 0 : 1;
  for (const { name, missing, unexpected, difference, moved } of verdicts) {
    // an adapter that does nothing would agree with anything
    const good = missing.length + unexpected.length === 0 && difference <= TOLERANCE && moved > TOLERANCE;
    if (!good) failed++;
    const keys = [...missing.map((key) => `missing ${key}`), ...unexpected.map((key) => `unexpected ${key}`)];
    console.log(
      `${good ? 'ok    ' : 'FAILED'} ${name}: logits differ by ${difference.toExponential(1)} (the adapter moves them by ${moved.toExponential(1)}) ${keys.join(', ')}`,
    );
  }
  console.log(`${verdicts.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
