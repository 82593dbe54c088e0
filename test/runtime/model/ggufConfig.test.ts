/** @file GGUF metadata as a configuration: values that llama.cpp keeps in its code; whole files are compared in ggufBase.test.ts. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GgufFile } from '../../../runtime/formats/gguf.ts';
import { describeConfig } from '../../../runtime/model/base.ts';
import type { DecoderSpec } from '../../../runtime/model/decoder.ts';
import { families } from '../../../runtime/model/families/index.ts';
import { architectures, ggufConfig } from '../../../runtime/model/ggufConfig.ts';
import { writeGguf } from '../../support/ggufFile.ts';
import type { GgufValue } from '../../support/ggufFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
let counter = 0;

const sizes = {
  embedding_length: 32,
  feed_forward_length: 40,
  block_count: 4,
  'attention.head_count': 4,
  'attention.head_count_kv': 2,
  context_length: 64,
};

/** The description of a file with these keys and, beside an embedding of 48 rows, these vectors. */
function specOf(
  architecture: string,
  more: Readonly<Record<string, GgufValue>> = {},
  vectors: Readonly<Record<string, readonly number[]>> = {},
): DecoderSpec {
  const path = join(folder, `${counter++}.gguf`);
  const metadata: Record<string, GgufValue> = { 'general.architecture': ['text', architecture] };
  for (const [key, value] of Object.entries(sizes)) metadata[`${architecture}.${key}`] = ['u32', value];
  metadata[`${architecture}.attention.layer_norm_rms_epsilon`] = ['f32', 1e-5];
  for (const [key, value] of Object.entries(more)) metadata[`${architecture}.${key}`] = value;
  const tensor = (name: string, dimensions: number[], values: readonly number[]) => {
    return { name, type: 0, dimensions, data: new Uint8Array(Float32Array.from(values).buffer) };
  };
  writeGguf(path, {
    metadata,
    tensors: [
      tensor('token_embd.weight', [32, 48], Array<number>(32 * 48).fill(0)),
      ...Object.entries(vectors).map(([name, values]) => tensor(name, [values.length], values)),
    ],
  });
  const file = GgufFile.open(path);
  try {
    return describeConfig(ggufConfig(file, architecture));
  } finally {
    file.close();
  }
}

test('each architecture leads to a family, and each decoder but Mistral (a "llama" there) has one', () => {
  const others = ['mistral', 'bert', 't5'];
  const types = families.map(({ modelType }) => modelType).filter((type) => !others.includes(type));
  expect(Object.values(architectures).sort()).toEqual(types.sort());
});

describe('what llama.cpp has in its code', () => {
  test('SmolLM3: every fourth layer has no rope', () => {
    expect(specOf('smollm3').layers.map(({ rope }) => rope)).toEqual([0, 0, 0, undefined]);
  });

  test('Gemma 2: a window of 4096 on every other layer, caps of 50 and 30', () => {
    const spec = specOf('gemma2', {
      'attention.key_length': ['u32', 8],
      'attention.value_length': ['u32', 8],
    });
    expect(spec.layers.map(({ window }) => window)).toEqual([4096, undefined, 4096, undefined]);
    expect([spec.attentionSoftcap, spec.finalSoftcap, spec.tied]).toEqual([50, 30, true]);
    expect(spec.attentionScale).toBeCloseTo(8 ** -0.5, 12);
  });

  test('Gemma 3: a full layer after five sliding ones, which turn with base 10,000', () => {
    const spec = specOf('gemma3', {
      block_count: ['u32', 7],
      'attention.sliding_window': ['u32', 16],
      'rope.freq_base': ['f32', 1e6],
    });
    expect(spec.layers.map(({ window }) => window)).toEqual([16, 16, 16, 16, 16, undefined, 16]);
    expect(spec.ropes.map(({ inverseFrequencies }) => inverseFrequencies[1]! ** -4)).toEqual([
      expect.closeTo(1e6, -1) as number,
      expect.closeTo(1e4, 0) as number,
    ]);
  });

  test.each([
    ['gemma2', 46],
    ['gemma3', 62],
  ])('%s with %i layers scales by hidden / heads', (architecture, layers) => {
    const spec = specOf(architecture, {
      block_count: ['u32', layers],
      'attention.key_length': ['u32', 16],
      'attention.value_length': ['u32', 16],
    });
    expect(spec.attentionScale).toBeCloseTo((32 / 4) ** -0.5, 12);
  });

  test('Granite: attention scaled by the head where the file is silent', () => {
    expect(specOf('granite').attentionScale).toBeCloseTo(8 ** -0.5, 12);
    expect(specOf('granite', { 'attention.scale': ['f32', 0.25] }).attentionScale).toBe(0.25);
  });
});

describe('rope scaling', () => {
  const second = (spec: DecoderSpec): number => spec.ropes[0]!.inverseFrequencies[1]!;

  test('a factor alone means linear, as does the older key', () => {
    const plain = second(specOf('llama'));
    for (const key of ['rope.scaling.factor', 'rope.scale_linear'])
      expect(second(specOf('llama', { [key]: ['f32', 4] }))).toBeCloseTo(plain / 4, 7);
    expect(
      second(specOf('llama', { 'rope.scaling.type': ['text', 'none'], 'rope.scaling.factor': ['f32', 4] })),
    ).toBe(plain);
  });

  test('yarn takes its factor and original length, and both spellings of a factor on the scores', () => {
    const attentionFactor = (more: Record<string, GgufValue>): number =>
      specOf('qwen2', {
        'rope.scaling.type': ['text', 'yarn'],
        'rope.scaling.factor': ['f32', 4],
        'rope.scaling.original_context_length': ['u32', 16],
        ...more,
      }).ropes[0]!.attentionFactor;
    const own = 0.1 * Math.log(4) + 1;
    expect(attentionFactor({})).toBeCloseTo(own, 12);
    expect(attentionFactor({ 'rope.scaling.yarn_attn_factor': ['f32', 1.5] })).toBe(1.5);
    expect(attentionFactor({ 'rope.scaling.attn_factor': ['f32', 1.5] })).toBeCloseTo(1.5 * own, 12);
  });

  test('factors of llama3 divide the frequencies and hold for all positions', () => {
    const spec = specOf('llama', {}, { 'rope_freqs.weight': [1, 2, 4, 8] });
    expect(second(spec)).toBeCloseTo(second(specOf('llama')) / 2, 7);
    expect([spec.maxPositions, spec.ropes[0]!.attentionFactor]).toEqual([64, 1]);
  });

  test.each<[string, Record<string, GgufValue>, RegExp]>([
    ['an unknown kind', { 'rope.scaling.type': ['text', 'magic'] }, /llama.rope.scaling.type is "magic"/],
    [
      'a logarithmic multiplier',
      { 'rope.scaling.yarn_log_multiplier': ['f32', 0.1] },
      /yarn_log_multiplier is set/,
    ],
    [
      'longrope without factors',
      { 'rope.scaling.type': ['text', 'longrope'] },
      /rope_factors_short.weight is missing; a list of 4/,
    ],
    [
      'values of another size than keys',
      { 'attention.value_length': ['u32', 4] },
      /attention.value_length is 4/,
    ],
  ])('%s is refused', (_, more, message) => {
    expect(() => specOf('llama', more)).toThrow(message);
  });
});
