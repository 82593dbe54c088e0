/** @file Logits, losses and gradients of every reference family and adapter kind that other implementations wrote. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MemoryPolicy } from '../../../runtime/contract/config.ts';
import { SafetensorsFile, writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { probe } from '../../../runtime/pipelines/probe.ts';
import { relativeError } from '../../support/randomModel.ts';
import { reference } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { tinyLlama, writeTinyBase } from '../../support/tinyBase.ts';

const scratch = temporaryFolder();
const output = join(scratch, 'probe.safetensors');

interface Probe {
  readonly base: string;
  readonly adapter?: string;
  readonly input: string;
  readonly memory?: MemoryPolicy;
  readonly gradients?: boolean;
}

async function run({
  memory = 'balanced',
  gradients = false,
  ...rest
}: Probe): Promise<Map<string, Float32Array>> {
  await probe({ ...rest, output, gradients, provider: 'cpu', threads: 2, memory });
  return read(output);
}

function read(path: string): Map<string, Float32Array> {
  const file = SafetensorsFile.open(path);
  const tensors = new Map([...file.tensors.keys()].map((name) => [name, file.readFloat32(name)]));
  file.close();
  return tensors;
}

/** Logits where the attention mask is 1; those of classes and targets, which it doesn't speak of, as they are. */
function seen(logits: Float32Array, attention: Float32Array | undefined): Float32Array {
  if (!attention || logits.length % attention.length !== 0) return logits;
  const vocab = logits.length / attention.length;
  return logits.filter((_, i) => attention[Math.floor(i / vocab)] === 1);
}

/** Tolerance of the references in single precision (fixtures/README.md). */
const CLOSE = 2e-5;

const families = reference('lm');
const names = families === undefined ? [] : readdirSync(families);

describe.runIf(names.length > 0)('probe on the reference families', () => {
  it.each(names)('%s', async (name) => {
    const folder = join(families!, name);
    const input = join(folder, 'expected.safetensors');
    const expected = read(input);
    const attention = expected.get('attention_mask');
    const base = join(folder, 'base');
    const plain = await run({ base, input });
    expect(
      relativeError(seen(plain.get('logits')!, attention), seen(expected.get('base.logits')!, attention)),
    ).toBeLessThan(CLOSE);
    expect(relativeError(plain.get('loss')!, expected.get('base.loss')!)).toBeLessThan(CLOSE);
    for (const memory of ['fast', 'balanced', 'low'] as const) {
      const adapted = await run({ base, input, adapter: join(folder, 'adapter'), memory, gradients: true });
      expect(
        relativeError(
          seen(adapted.get('logits')!, attention),
          seen(expected.get('adapted.logits')!, attention),
        ),
      ).toBeLessThan(CLOSE);
      // a classifier's reference has the mean loss alone
      const lossName = expected.has('adapted.token_loss') ? 'token_loss' : 'loss';
      expect(relativeError(adapted.get(lossName)!, expected.get(`adapted.${lossName}`)!)).toBeLessThan(CLOSE);
      const gradients = [...expected.keys()].filter((key) => key.startsWith('grad.'));
      expect(gradients.length).toBeGreaterThan(20);
      for (const key of gradients)
        expect(
          relativeError(adapted.get(key.replace('.modules_to_save.', '.'))!, expected.get(key)!),
          key,
        ).toBeLessThan(CLOSE);
    }
  });
});

const adapters = reference('adapters');

describe.runIf(adapters !== undefined)('every kind of PEFT adapter', () => {
  it.each(adapters === undefined ? [] : readdirSync(adapters))('%s', async (kind) => {
    const folder = join(adapters!, kind);
    const input = join(folder, 'expected.safetensors');
    const found = await run({ base: reference('lm/llama/base')!, adapter: folder, input });
    const expected = read(input).get('logits')!;
    expect(relativeError(found.get('logits')!, expected)).toBeLessThan(CLOSE);
  });
});

describe('probe refuses', () => {
  const base = reference('lm/llama/base');
  const cases: [string, Record<string, { shape: number[]; data: Int32Array }>, string][] = [
    ['no ids', { labels: { shape: [1, 3], data: Int32Array.of(1, 2, 3) } }, 'input_ids'],
    ['ids beyond the vocabulary', { input_ids: { shape: [1, 3], data: Int32Array.of(1, 2, 9999) } }, '9999'],
    [
      'a row longer than the base knows positions',
      { input_ids: { shape: [1, 300], data: new Int32Array(300) } },
      'a row of 300 tokens, the base knows 256 positions',
    ],
    [
      'labels that are not the ids',
      {
        input_ids: { shape: [1, 2], data: Int32Array.of(1, 2) },
        labels: { shape: [1, 2], data: Int32Array.of(1, 5) },
      },
      'labels',
    ],
    [
      'holes in the mask',
      {
        input_ids: { shape: [1, 3], data: Int32Array.of(1, 2, 3) },
        attention_mask: { shape: [1, 3], data: Int32Array.of(1, 0, 1) },
      },
      'attention_mask',
    ],
    [
      'labels of another shape',
      {
        input_ids: { shape: [1, 2], data: Int32Array.of(1, 2) },
        labels: { shape: [1, 1], data: Int32Array.of(1) },
      },
      'shape',
    ],
  ];
  it.runIf(base !== undefined).each(cases)('%s', async (_, tensors, said) => {
    const input = join(scratch, 'input.safetensors');
    writeSafetensors(
      input,
      Object.entries(tensors).map(([name, { shape, data }]) => ({
        name,
        dtype: 'I32' as const,
        shape,
        data,
      })),
    );
    await expect(run({ base: base!, input })).rejects.toThrow(said);
  });

  it('the gradient of a table that embedding and head share, not its logits', async () => {
    const path = writeTinyBase(join(scratch, 'tied'), { ...tinyLlama, tie_word_embeddings: true });
    const adapter = join(scratch, 'adapter');
    mkdirSync(adapter);
    const fields = { peft_type: 'LORA', modules_to_save: ['embed_tokens'], ensure_weight_tying: true };
    writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify(fields));
    const table = { dtype: 'F32', shape: [16, 8], data: new Float32Array(128).fill(0.1) } as const;
    const names = ['model.embed_tokens.weight', 'lm_head.weight'];
    writeSafetensors(
      join(adapter, 'adapter_model.safetensors'),
      names.map((name) => ({ ...table, name: `base_model.model.${name}` })),
    );
    const input = join(scratch, 'labelled.safetensors');
    const ids = { dtype: 'I32', shape: [1, 3], data: Int32Array.of(1, 2, 3) } as const;
    writeSafetensors(
      input,
      ['input_ids', 'labels'].map((name) => ({ ...ids, name })),
    );
    expect((await run({ base: path, adapter, input })).get('logits')).toHaveLength(3 * 16);
    await expect(run({ base: path, adapter, input, gradients: true })).rejects.toThrow(
      'trains embedding and head as one',
    );
  });
});
