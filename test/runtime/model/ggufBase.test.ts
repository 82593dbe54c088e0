/** @file The same model as Hugging Face folder and as GGUF file: equal descriptions, equal tensors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeConfig, openBase } from '../../../runtime/model/base.ts';
import { ConfigReader } from '../../../runtime/model/configReader.ts';
import type { DecoderSpec } from '../../../runtime/model/decoder.ts';
import { families } from '../../../runtime/model/families/index.ts';
import { architectures } from '../../../runtime/model/ggufConfig.ts';
import { convertToGguf } from '../../support/ggufConverter.ts';
import type { TensorToWrite } from '../../support/ggufFile.ts';
import { shared } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const lm = shared('fixtures/lm');

/** Numbers went through float32. */
function expectClose(found: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'number' && typeof found === 'number') {
    expect(Math.abs(found - expected), path).toBeLessThanOrEqual(1e-6 * Math.abs(expected));
  } else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(found as object), path).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected))
      expectClose((found as Record<string, unknown>)[key], value, `${path}.${key}`);
  } else expect(found, path).toEqual(expected);
}

/** What a GGUF file cannot say of a fixture's model. */
function expressible(spec: DecoderSpec): DecoderSpec {
  // A Mistral is a "llama" there, without its window; SmolLM3's layers without rope are always every fourth
  if (spec.modelType === 'mistral')
    return { ...spec, modelType: 'llama', layers: spec.layers.map(() => ({ rope: 0 })) };
  return spec.modelType === 'smollm3' ? { ...spec, layers: spec.layers.map(() => ({ rope: 0 })) } : spec;
}

if (lm === undefined) {
  test('are not on this machine', () => {
    console.log('left out: GGUF files of the reference bases (no shared fixtures beside the repository)');
  });
} else {
  const decoders = families.filter(({ modelType }) => Object.values(architectures).includes(modelType));
  test.each([...decoders.flatMap(({ references }) => references), 'mistral'])('%s', (name) => {
    const path = join(folder, `${name}.gguf`);
    convertToGguf(join(lm, name, 'base'), path);
    const original = openBase(join(lm, name, 'base'));
    const base = openBase(path);
    expectClose(base.spec, expressible(original.spec), 'spec');
    expect([...base.tensors.names].sort()).toEqual([...original.tensors.names].sort());
    const head = `${base.spec.names.head.path}.weight`;
    const shifted = base.spec.norm.offset === 1;
    for (const tensor of [...original.tensors.names, head]) {
      expect(base.tensors.shape(tensor)).toEqual(original.tensors.shape(tensor));
      const values = base.tensors.readFloat32(tensor);
      const expected = original.tensors.readFloat32(tensor);
      // 1 + w was rounded in the file; 1 + (stored - 1) gives that number back
      const stored =
        shifted && tensor.endsWith('norm.weight') ? expected.map((w) => Math.fround(w + 1) - 1) : expected;
      expect(values.findIndex((value, i) => value !== stored[i])).toBe(-1);
    }
    original.tensors.close();
    base.tensors.close();
  });

  const change = (name: string, edit: Parameters<typeof convertToGguf>[2]): string => {
    const path = join(folder, `changed-${name}.gguf`);
    convertToGguf(join(lm, name, 'base'), path, edit);
    return path;
  };

  describe('a file that asks for something else is refused with the reason', () => {
    const cases: [string, string, Parameters<typeof convertToGguf>[2], RegExp][] = [
      [
        'another architecture',
        'llama',
        (m) => {
          m['general.architecture'] = ['text', 'mamba'];
        },
        /"mamba" is not supported/,
      ],
      [
        'an adapter',
        'llama',
        (m) => {
          m['general.type'] = ['text', 'adapter'];
        },
        /is "adapter"/,
      ],
      [
        'experts',
        'llama',
        (m) => {
          m['llama.expert_count'] = ['u32', 8];
        },
        /mixtures of experts/,
      ],
      [
        'a part of several',
        'llama',
        (m) => {
          m['split.count'] = ['u16', 3];
        },
        /merge the parts/,
      ],
      [
        'heads that differ by layer',
        'llama',
        (m) => {
          m['llama.attention.head_count'] = ['array', 'u32', [4, 4, 2]];
        },
        /differs by layer/,
      ],
      [
        'OLMo 3',
        'olmo2',
        (m) => {
          m['olmo2.attention.sliding_window'] = ['u32', 8];
        },
        /OLMo 3/,
      ],
      [
        'a missing size, by its GGUF name',
        'llama',
        (m) => {
          delete m['llama.embedding_length'];
        },
        /llama.embedding_length is missing/,
      ],
      [
        'a size of the wrong type',
        'llama',
        (m) => {
          m['llama.block_count'] = ['text', '3'];
        },
        /llama.block_count is a string; a number/,
      ],
      [
        'another width than the tensors',
        'llama',
        (m) => {
          m['llama.feed_forward_length'] = ['u32', 128];
        },
        /'model.layers.0.self_attn|'model.layers.0.mlp.gate_proj.weight' has the shape \[160, 64\].*\[128, 64\]/,
      ],
      [
        'partial rotation',
        'llama',
        (m) => {
          m['llama.rope.dimension_count'] = ['u32', 8];
        },
        /llama.rope.dimension_count is 0.5/,
      ],
      [
        'a missing tensor',
        'qwen3',
        (_, tensors) => {
          tensors.splice(
            tensors.findIndex(({ name }) => name === 'blk.1.attn_k_norm.weight'),
            1,
          );
        },
        /'model.layers.1.self_attn.k_norm.weight' is missing/,
      ],
      [
        'a NaN in a factor',
        'llama3-rope',
        (_, tensors) => {
          const at = tensors.findIndex(({ name }) => name === 'rope_freqs.weight');
          tensors[at] = { ...(tensors[at] as TensorToWrite), data: new Uint8Array(32).fill(255) };
        },
        /short_factor.*is a list; a list of 8 numbers above 0|rope_factors_short.weight is a list/,
      ],
    ];
    test.each(cases)('%s', (_, name, edit, message) => {
      expect(() => openBase(change(name, edit))).toThrow(message);
    });
  });

  test('lists of equal numbers stand for the number', () => {
    const path = change('llama', (metadata) => {
      metadata['llama.attention.head_count_kv'] = ['array', 'i32', [2, 2, 2]];
    });
    const base = openBase(path);
    expect(base.spec.kvHeads).toBe(2);
    base.tensors.close();
  });

  test('phi3: longrope factors come as tensors, a part of the head is rotated', () => {
    const path = change('phi3', (metadata, tensors) => {
      metadata['phi3.rope.dimension_count'] = ['u32', 12];
      metadata['phi3.rope.scaling.original_context_length'] = ['u32', 64];
      metadata['phi3.rope.scaling.attn_factor'] = ['f32', 1.25];
      const factors = Float32Array.of(1, 1, 1.5, 2, 3, 4);
      for (const kind of ['short', 'long'])
        tensors.push({
          name: `rope_factors_${kind}.weight`,
          type: 0,
          dimensions: [6],
          data: new Uint8Array(factors.buffer),
        });
    });
    const { spec, tensors } = openBase(path);
    expect(spec.maxPositions).toBe(64);
    expect(spec.ropes[0]).toMatchObject({ rotated: 12, attentionFactor: 1.25 });
    const expected = [1, 1, 1.5, 2, 3, 4].map((factor, i) => 1 / (factor * 10_000 ** (i / 6)));
    for (const [i, frequency] of expected.entries())
      expect(spec.ropes[0]!.inverseFrequencies[i]! / frequency).toBeCloseTo(1, 6);
    tensors.close();
  });

  test('gemma: without a window Gemma 3 is full everywhere; the 27B models scale by hidden / heads', () => {
    const path = change('gemma3', (metadata) => {
      delete metadata['gemma3.attention.sliding_window'];
    });
    const base = openBase(path);
    expect(base.spec.layers).toEqual([{ rope: 0 }, { rope: 0 }, { rope: 0 }]);
    base.tensors.close();
  });
}

const model = shared('models/smollm2-135m-instruct');
if (model === undefined) {
  test('the real model is not on this machine', () => {
    console.log('left out: SmolLM2-135M from GGUF (no shared models beside the repository)');
  });
} else {
  test('SmolLM2-135M: the description from the GGUF file is the one from its config.json', () => {
    const base = openBase(join(model, 'SmolLM2-135M-Instruct.Q4_1.gguf'));
    const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(base.spec).toEqual(describeConfig(new ConfigReader(config, 'config.json')));
    expect(base.tensors.names.size).toBe(272);
    expect(base.tensors.storedBytes('model.embed_tokens.weight')).toBe((49152 * 576 * 34) / 32);
    const head = base.tensors.readFloat32('model.layers.0.self_attn.q_proj.weight');
    expect(head).toHaveLength(576 * 576);
    base.tensors.close();
  });
}
