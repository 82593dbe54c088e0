/** @file Opening a base: what a folder may look like, and what each wrong one gets. */
import { cpSync, mkdirSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { tinyLlama, tinyWeights, writeTinyBase } from '../../support/tinyBase.ts';

const folder = temporaryFolder();
let counter = 0;
const fresh = (): string => join(folder, `base${counter++}`);

function refusal(path: string): UserError {
  try {
    openBase(path).tensors.close();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('was opened');
}

describe('a folder', () => {
  test('gives description, tensors and name', () => {
    const path = writeTinyBase(fresh());
    const base = openBase(path);
    expect([base.path, base.name]).toEqual([path, path]);
    expect(base.tensors.names).toEqual(new Set(tinyWeights(tinyLlama).map(({ name }) => name)));
    expect(base.tensors.shape('lm_head.weight')).toEqual([16, 8]);
    expect(base.tensors.storedBytes('lm_head.weight')).toBe(16 * 8 * 4);
    const { data } = tinyWeights(tinyLlama)[3]!;
    expect(base.tensors.readFloat32(tinyWeights(tinyLlama)[3]!.name)).toEqual(data);
    const into = new Float32Array(8);
    expect(base.tensors.readFloat32('model.norm.weight', into)).toBe(into);
    base.tensors.close();
  });

  test('of the hub cache is named by its hub id', () => {
    const commit = 'abcdef0123'.repeat(4);
    const snapshot = join(fresh(), 'models--HuggingFaceTB--SmolLM2-135M', 'snapshots', commit);
    writeTinyBase(snapshot);
    const base = openBase(snapshot);
    expect([base.name, base.revision]).toEqual(['HuggingFaceTB/SmolLM2-135M', commit]);
    base.tensors.close();
  });

  test('by a hub id: its copy in the cache, or the command that downloads it', () => {
    const cache = fresh();
    vi.stubEnv('HF_HUB_CACHE', cache);
    const snapshot = join(cache, 'models--owner--name', 'snapshots', 'a'.repeat(40));
    writeTinyBase(snapshot);
    const base = openBase('owner/name');
    base.tensors.close();
    expect([base.name, base.path]).toEqual(['owner/name', snapshot]);
    expect(() => openBase('owner/other')).toThrow('is not on this machine');
    expect(() => openBase('models/x.gguf')).toThrow('does not exist');
    vi.unstubAllEnvs();
  });

  test('with a tied head reads the embedding for it', () => {
    const base = openBase(writeTinyBase(fresh(), { ...tinyLlama, tie_word_embeddings: true }));
    expect(base.tensors.names.has('lm_head.weight')).toBe(false);
    expect(base.tensors.readFloat32('lm_head.weight')).toEqual(
      base.tensors.readFloat32('model.embed_tokens.weight'),
    );
    base.tensors.close();
  });

  test('that calls the head tied and holds another one reads the one it holds', () => {
    const config = { ...tinyLlama, tie_word_embeddings: true };
    const base = openBase(writeTinyBase(fresh(), config, tinyWeights(tinyLlama)));
    expect(base.spec.tied).toBe(false);
    const { data } = tinyWeights(tinyLlama).find(({ name }) => name === 'lm_head.weight')!;
    expect(base.tensors.readFloat32('lm_head.weight')).toEqual(data);
    base.tensors.close();
  });

  test('saved from the inner model lacks the prefix', () => {
    const config = { ...tinyLlama, tie_word_embeddings: true };
    const bare = tinyWeights(config).map((tensor) => ({
      ...tensor,
      name: tensor.name.replace(/^model\./, ''),
    }));
    const base = openBase(writeTinyBase(fresh(), config, bare));
    expect(base.tensors.readFloat32('model.norm.weight')).toHaveLength(8);
    base.tensors.close();
  });

  test('with shards reads each tensor from its own', () => {
    const path = writeTinyBase(fresh(), tinyLlama, []);
    const weights = tinyWeights(tinyLlama);
    const shards = [weights.slice(0, 5), weights.slice(5)];
    const map: Record<string, string> = {};
    for (const [i, tensors] of shards.entries()) {
      const shard = `model-0000${i + 1}-of-00002.safetensors`;
      writeSafetensors(join(path, shard), tensors);
      for (const { name } of tensors) map[name] = shard;
    }
    writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    const base = openBase(path);
    for (const { name, data } of weights) expect(base.tensors.readFloat32(name)).toEqual(data);
    base.tensors.close();
    const last = join(path, 'model-00002-of-00002.safetensors');
    truncateSync(last, statSync(last).size - 10);
    expect(refusal(path).message).toMatch(/truncated/);
  });
});

describe('what is refused', () => {
  test('a missing path, and a file of another kind', () => {
    expect(refusal(fresh()).code).toBe('base-missing');
    const file = `${fresh()}.txt`;
    writeFileSync(file, 'text');
    expect(refusal(file)).toMatchObject({
      code: 'base-unknown',
      hint: expect.stringMatching(/config.json/) as string,
    });
  });

  test.each(['pytorch_model.bin', 'model.pt', 'consolidated.00.pth', 'weights.ckpt', 'a.PKL'])(
    'the pickle %s, as a file and in a folder, without being read',
    (name) => {
      const path = writeTinyBase(fresh(), tinyLlama, []);
      writeFileSync(join(path, name), 'x');
      for (const given of [join(path, name), path]) {
        const error = refusal(given);
        expect(error.code).toBe('pickle-refused');
        expect(error.place.file).toBe(join(path, name));
        expect(error.hint).toMatch(/safetensors/);
      }
    },
  );

  test('a folder without config.json, and one that holds a GGUF file', () => {
    const path = fresh();
    mkdirSync(path);
    expect(refusal(path).message).toMatch(/no config.json/);
    writeFileSync(join(path, 'model.Q4_1.gguf'), '');
    expect(refusal(path).hint).toMatch(/model.Q4_1.gguf/);
  });

  test('a folder without weights', () => {
    expect(refusal(writeTinyBase(fresh(), tinyLlama, []))).toMatchObject({ code: 'base-weights' });
  });

  test('a config.json that is not JSON', () => {
    const path = writeTinyBase(fresh());
    writeFileSync(join(path, 'config.json'), '{"model_type": "llama",');
    expect(refusal(path)).toMatchObject({ code: 'not-json', place: { file: join(path, 'config.json') } });
  });

  test('a missing tensor', () => {
    const weights = tinyWeights(tinyLlama).filter(({ name }) => !name.includes('layers.1.mlp.down_proj'));
    const error = refusal(writeTinyBase(fresh(), tinyLlama, weights));
    expect(error.message).toBe("the tensor 'model.layers.1.mlp.down_proj.weight' is missing.");
  });

  test('a tensor of another shape: both are named', () => {
    const path = writeTinyBase(fresh());
    writeFileSync(join(path, 'config.json'), JSON.stringify({ ...tinyLlama, vocab_size: 17 }));
    const error = refusal(path);
    expect(error.code).toBe('tensor-shape');
    expect(error.message).toMatch(
      /'model.embed_tokens.weight' has the shape \[16, 8\]; .* asks for \[17, 8\]/,
    );
  });

  test.each([NaN, Infinity, -Infinity])('%s in a weight, on reading', (value) => {
    const weights = tinyWeights(tinyLlama);
    const values = Float32Array.from(weights[2]!.data as Float32Array);
    values[5] = value;
    weights[2] = { ...weights[2]!, data: values };
    const base = openBase(writeTinyBase(fresh(), tinyLlama, weights));
    // The second reading is refused as the first
    for (let times = 0; times < 2; times++)
      expect(() => base.tensors.readFloat32(weights[2]!.name)).toThrow(
        `the tensor '${weights[2].name}' holds ${value} at element 5.`,
      );
    expect(base.tensors.readFloat32(weights[1]!.name)).toHaveLength(64);
    base.tensors.close();
  });

  test('a tensor that the model does not have', () => {
    const base = openBase(writeTinyBase(fresh()));
    expect(() => base.tensors.shape('model.layers.7.mlp.up_proj.weight')).toThrow(/is missing/);
    base.tensors.close();
  });

  test('a file that only calls itself .gguf', () => {
    const path = writeTinyBase(fresh());
    const gguf = join(path, 'model.gguf');
    cpSync(join(path, 'model.safetensors'), gguf);
    expect(refusal(gguf).message).toMatch(/does not begin with "GGUF"/);
    renameSync(gguf, join(path, 'other.GGUF'));
    expect(refusal(join(path, 'other.GGUF')).code).toBe('gguf-header');
  });
});
