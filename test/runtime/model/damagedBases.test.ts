/** @file Damaged bases: configurations, indexes and GGUF metadata of a whole model, opened to the end and read. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { largestAllocation } from '../../support/allocations.ts';
import { casesOf } from '../../support/familyCases.ts';
import { convertToGguf } from '../../support/ggufConverter.ts';
import { ggufBytes } from '../../support/ggufFile.ts';
import type { GgufContent, GgufValue } from '../../support/ggufFile.ts';
import { below, mutateJson, pick, random } from '../../support/damage.ts';
import type { Random } from '../../support/damage.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { tinyLlama, tinyWeights, writeTinyBase } from '../../support/tinyBase.ts';

const folder = temporaryFolder();
const runs = 400;
/** Window of the header cursor; the largest tensor here has a few hundred bytes. */
const allowedBytes = 1 << 18;

function check(make: (next: Random) => string): void {
  let refused = 0;
  for (let seed = 0; seed < runs; seed++) {
    const path = make(random(seed));
    const largest = largestAllocation(() => {
      try {
        const { tensors } = openBase(path);
        for (const name of tensors.names) tensors.readFloat32(name);
        tensors.close();
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`seed ${seed}`, { cause: error });
        expect(error.place.file, `seed ${seed}`).toMatch(/./);
        expect(error.message.length, `seed ${seed}`).toBeLessThan(1000);
        refused++;
      }
    });
    expect(largest, `seed ${seed}`).toBeLessThanOrEqual(allowedBytes);
  }
  expect(refused).toBeGreaterThan(runs / 4);
  expect(refused).toBeLessThan(runs);
}

test.each(['llama', 'qwen2', 'gemma3_text', 'phi3', 'smollm3', 'gpt2'])(
  'a damaged config.json of %s',
  (modelType) => {
    const path = join(folder, modelType);
    const { config } = casesOf(modelType).at(-1)!;
    const small = {
      ...config,
      hidden_size: 8,
      n_embd: 8,
      n_inner: 12,
      intermediate_size: 12,
      vocab_size: 16,
      head_dim: 4,
    };
    const { rope_scaling: _, rope_parameters: __, ...plain } = small as Record<string, unknown>;
    writeTinyBase(path, plain);
    const scaled = { ...plain, rope_scaling: { rope_type: 'yarn', factor: 4, beta_fast: 32 } };
    check((next) => {
      const base = modelType === 'llama' && next() < 0.5 ? scaled : plain;
      writeFileSync(join(path, 'config.json'), JSON.stringify(mutateJson(base, next)));
      return path;
    });
  },
);

test('a damaged index of shards', () => {
  const path = join(folder, 'sharded');
  writeTinyBase(path, tinyLlama, []);
  const weights = tinyWeights(tinyLlama);
  const map: Record<string, string> = {};
  for (const [i, tensors] of [weights.slice(0, 5), weights.slice(5)].entries()) {
    writeSafetensors(join(path, `${i}.safetensors`), tensors);
    for (const { name } of tensors) map[name] = `${i}.safetensors`;
  }
  const index = { metadata: { total_size: 1 }, weight_map: map };
  check((next) => {
    writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify(mutateJson(index, next)));
    return path;
  });
});

test('damaged metadata and tensors of a GGUF file', () => {
  const config = {
    ...tinyLlama,
    num_key_value_heads: 2,
    rope_parameters: { rope_theta: 1e4, rope_type: 'linear', factor: 2 },
  };
  const hf = writeTinyBase(join(folder, 'gguf'), config);
  const path = join(folder, 'model.gguf');
  let content: GgufContent = {};
  convertToGguf(hf, path, (metadata, tensors) => {
    content = { metadata: { ...metadata }, tensors: [...tensors] };
  });
  expect(Buffer.compare(ggufBytes(content), readFileSync(path))).toBe(0);
  const values: readonly GgufValue[] = [
    ['u32', 0],
    ['u32', 1],
    ['u32', 3],
    ['u32', 2 ** 32 - 1],
    ['i32', -1],
    ['u64', 2 ** 53],
    ['f32', Infinity],
    ['f64', NaN],
    ['text', 'yarn'],
    ['text', ''],
    ['bool', true],
    ['array', 'u32', [2, 2]],
    ['array', 'u32', []],
    ['array', 'text', ['a']],
  ];
  const further = [
    'llama.expert_count',
    'split.count',
    'llama.rope.scaling.yarn_beta_fast',
    'llama.attention.key_length',
  ];
  check((next) => {
    const metadata = { ...content.metadata };
    const tensors = [...(content.tensors ?? [])];
    const key = pick(next, [...Object.keys(metadata), ...further]);
    const at = below(next, tensors.length);
    const how = below(next, 6);
    if (how === 0) metadata[key] = ['text', 'removed'];
    else if (how === 1) tensors.splice(at, 1);
    else if (how === 2) tensors[at] = { ...tensors[at]!, dimensions: [...tensors[at]!.dimensions].reverse() };
    else metadata[key] = pick(next, values);
    writeFileSync(path, ggufBytes({ metadata, tensors }));
    return path;
  });
});
