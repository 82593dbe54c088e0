/** @file An adapter merged into its base: the folder alone gives the logits that PEFT gives for both. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { SafetensorsFile } from '../../../runtime/formats/safetensors.ts';
import { mergeAdapter } from '../../../runtime/pipelines/merge.ts';
import { probe } from '../../../runtime/pipelines/probe.ts';
import { convertToGguf } from '../../support/ggufConverter.ts';
import { relativeError } from '../../support/randomModel.ts';
import { reference } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { writeTinyBase } from '../../support/tinyBase.ts';

const scratch = temporaryFolder();
const base = reference('lm/llama/base')!;
const adapters = reference('adapters')!;
const threads = 1;

async function logits(model: string, input: string): Promise<Float32Array> {
  const output = join(scratch, 'logits.safetensors');
  await probe({ base: model, input, output, gradients: false, provider: 'cpu', threads, memory: 'balanced' });
  return tensor(output, 'logits');
}

function tensor(path: string, name: string): Float32Array {
  const file = SafetensorsFile.open(path);
  try {
    return file.readFloat32(name);
  } finally {
    file.close();
  }
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
  return 'none';
};

describe('a merged folder', () => {
  it.each(readdirSync(adapters))('gives the logits of PEFT: %s', async (kind) => {
    const adapter = join(adapters, kind);
    const output = join(scratch, kind);
    const { changed, difference, bytes } = await mergeAdapter({ base, adapter, output, threads });
    expect(changed).toBeGreaterThan(0);
    expect(difference).toBeLessThan(2e-5);
    expect(bytes).toBe(readFileSync(join(output, 'model.safetensors')).length);
    const input = join(adapter, 'expected.safetensors');
    expect(relativeError(await logits(output, input), tensor(input, 'logits'))).toBeLessThan(2e-5);
  });

  it.each(['gpt2', 'gemma2', 'phi3'].filter((name) => reference(`lm/${name}`) !== undefined))(
    'gives them for weights that lie otherwise, or a tied head: %s',
    async (name) => {
      const folder = reference(`lm/${name}`)!;
      const output = join(scratch, name);
      await mergeAdapter({ base: join(folder, 'base'), adapter: join(folder, 'adapter'), output, threads });
      const input = join(folder, 'expected.safetensors');
      const vocab = tensor(input, 'adapted.logits').length / tensor(input, 'attention_mask').length;
      const seen = (all: Float32Array): Float32Array => {
        const mask = tensor(input, 'attention_mask');
        return all.filter((_, i) => mask[Math.floor(i / vocab)] === 1);
      };
      const found = seen(await logits(output, input));
      expect(relativeError(found, seen(tensor(input, 'adapted.logits')))).toBeLessThan(2e-5);
    },
  );

  it('says float32, and that a head that was changed is no longer the embedding', async () => {
    const output = join(scratch, 'saved head');
    await mergeAdapter({ base, adapter: join(adapters, 'head_saved'), output, threads });
    const config = JSON.parse(readFileSync(join(output, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(config['dtype'] ?? config['torch_dtype']).toBe('float32');
    expect(config['tie_word_embeddings']).toBe(false);
    expect(tensor(join(output, 'model.safetensors'), 'lm_head.weight')).toEqual(
      tensor(join(adapters, 'head_saved/adapter_model.safetensors'), 'base_model.model.lm_head.weight'),
    );
  });
});

describe('merging refuses, and leaves nothing', () => {
  const adapter = join(adapters, 'plain');

  it('a folder that is there already', async () => {
    expect(await refusal(mergeAdapter({ base, adapter, output: scratch, threads }))).toBe('merge-output');
  });

  it('biases where the family has no place for them', async () => {
    const plain = JSON.parse(readFileSync(join(base, 'config.json'), 'utf8')) as Record<string, unknown>;
    const mistral = writeTinyBase(join(scratch, 'mistral'), { ...plain, model_type: 'mistral' });
    const output = join(scratch, 'biased');
    const biased = join(adapters, 'lora_bias');
    expect(await refusal(mergeAdapter({ base: mistral, adapter: biased, output, threads }))).toBe(
      'merge-bias',
    );
    expect(existsSync(output)).toBe(false);
  });

  it('a .gguf file without a config.json beside it', async () => {
    const file = join(scratch, 'llama.gguf');
    convertToGguf(base, file);
    const output = join(scratch, 'from gguf');
    expect(await refusal(mergeAdapter({ base: file, adapter, output, threads }))).toBe('merge-config');
    expect(existsSync(output)).toBe(false);
  });
});
