/** @file PEFT folders on a base: what they adapt, what doesn't fit, and what can't be trained further. */
import { describe, expect, test } from 'vitest';
import type { PeftTensor } from '../../../runtime/formats/expertModules.ts';
import type { PeftAdapter, PeftModule } from '../../../runtime/formats/peft.ts';
import { lora } from '../../../runtime/methods/lora.ts';
import { adapterFromPeft, requireKind, requireTrainable } from '../../../runtime/model/peftAdapter.ts';
import { randomBase, smallLlama } from '../../support/randomModel.ts';

const base = randomBase();
const tied = randomBase({ ...smallLlama, tie_word_embeddings: true });
const q0 = 'model.layers.0.self_attn.q_proj';

const tensorOf = (name: string, shape: readonly number[], value = 1): PeftTensor => ({
  name,
  shape,
  read: () => new Float32Array(shape.reduce((n, size) => n * size, 1)).fill(value),
});

/** An adapter of rank 2 on one module that maps `inputs` to `outputs`. */
const moduleOf = (
  path: string,
  inputs: number,
  outputs: number,
  more: Partial<PeftModule> = {},
): PeftModule => ({
  path,
  rank: 2,
  alpha: 6,
  scale: 3,
  embedding: false,
  A: tensorOf(`${path}.A`, [2, inputs], 0.5),
  B: tensorOf(`${path}.B`, [outputs, 2], 0.25),
  ...more,
});

const peftOf = (
  modules: readonly PeftModule[],
  saved: Readonly<Record<string, PeftTensor>> = {},
  whole: Readonly<Record<string, PeftTensor>> = {},
  rankStabilized = false,
): PeftAdapter =>
  ({
    folder: 'adapter',
    config: { rankStabilized },
    modules: new Map(modules.map((module) => [module.path, module])),
    experts: new Map(),
    saved: new Map(Object.entries(saved)),
    base: new Map(Object.entries(whole)),
    close: () => undefined,
  }) as unknown as PeftAdapter;

describe('a PEFT adapter', () => {
  test('keeps the scale that its file means', () => {
    const { adapted, values, overrides } = adapterFromPeft(peftOf([moduleOf(q0, 32, 32)]), base);
    const { method, options } = adapted.linears.get(q0)!;
    expect(method).toBe(lora);
    expect(options).toMatchObject({ rank: 2, alpha: 6, rankStabilized: false, bias: false });
    expect(values(`${q0}.lora_A.weight`)).toEqual(new Float32Array(64).fill(0.5));
    expect(values(`${q0}.lora_B.weight`)).toEqual(new Float32Array(64).fill(0.25));
    expect(values('lora_A.weight')).toBeUndefined();
    expect(overrides.size).toBe(0);
    const stabilized = adapterFromPeft(peftOf([moduleOf(q0, 32, 32)], {}, {}, true), base);
    expect(stabilized.adapted.linears.get(q0)!.options).toMatchObject({ alpha: 6, rankStabilized: true });
  });

  test('brings biases, magnitudes, the embedding’s tables, whole tensors and its own copies of the base’s', () => {
    const embed = 'model.embed_tokens';
    const { adapted, values, overrides } = adapterFromPeft(
      peftOf(
        [
          moduleOf(q0, 32, 32, { bias: tensorOf('bias', [32], 7), magnitude: tensorOf('m', [32], 8) }),
          moduleOf(embed, 50, 32, { embedding: true }),
        ],
        { 'model.norm.weight': tensorOf('norm', [32], 9) },
        { [`${embed}.weight`]: tensorOf('table', [50, 32], 2) },
      ),
      base,
    );
    expect(adapted.linears.get(q0)!.method.kind).toBe('dora');
    expect(adapted.linears.get(q0)!.options).toMatchObject({ bias: true });
    expect(values(`${q0}.lora_B.bias`)![0]).toBe(7);
    expect(values(`${q0}.lora_magnitude_vector`)![0]).toBe(8);
    expect(adapted.embedding!.options.rank).toBe(2);
    expect(values(`${embed}.lora_embedding_A`)!.length).toBe(100);
    expect([...adapted.saved]).toEqual(['model.norm.weight']);
    expect(values('model.norm.weight')![0]).toBe(9);
    expect(overrides.get(`${embed}.weight`)![0]).toBe(2);
  });

  test('adapts no embedding by DoRA', () => {
    const magnitude = tensorOf('m', [32]);
    const adapter = peftOf([moduleOf('model.embed_tokens', 50, 32, { embedding: true, magnitude })]);
    expect(() => adapterFromPeft(adapter, base)).toThrow(
      'adapts the embedding model.embed_tokens by DoRA, which is not supported',
    );
  });

  const norm = 'model.norm.weight';
  const misfits: [string, PeftAdapter, string][] = [
    [
      'a linear of other sizes',
      peftOf([moduleOf(q0, 64, 48)]),
      `${q0} maps 64 to 48 numbers, in this base 32 to 32`,
    ],
    [
      'a module that the base lacks',
      peftOf([moduleOf('model.layers.9.self_attn.q_proj', 32, 32)]),
      'model.layers.9.self_attn.q_proj is no linear of this base',
    ],
    [
      'an embedding of another vocabulary',
      peftOf([moduleOf('model.embed_tokens', 60, 32, { embedding: true })]),
      'is for 60 tokens of 32 numbers, this base has 50 of 32',
    ],
    [
      'another embedding',
      peftOf([moduleOf('transformer.wte', 50, 32, { embedding: true })]),
      'transformer.wte is not the embedding of this base',
    ],
    [
      'a whole tensor of another shape',
      peftOf([], { [norm]: tensorOf('norm', [16]) }),
      `${norm} has shape [16], in this base [32]`,
    ],
    [
      'a whole tensor that the base lacks',
      peftOf([], { 'a.weight': tensorOf('a', [1]) }),
      'is no tensor of this base',
    ],
  ];
  test.each(misfits)('with %s does not fit', (_, adapter, message) => {
    let thrown: unknown;
    try {
      adapterFromPeft(adapter, base);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'adapter-misfit', place: { file: 'adapter' } });
    expect((thrown as Error).message).toContain(message);
  });

  test('may bring a head of its own to a tied base', () => {
    const adapter = peftOf([], { 'lm_head.weight': tensorOf('head', [50, 32]) });
    expect([...adapterFromPeft(adapter, tied).adapted.saved]).toEqual(['lm_head.weight']);
  });
});

test('is trained further only where nothing but linears are adapted', () => {
  const refused = (adapter: PeftAdapter) => (): void => {
    requireTrainable(adapter);
  };
  const plain = peftOf([moduleOf(q0, 32, 32)]);
  expect(refused(plain)).not.toThrow();
  expect(refused({ ...plain, config: { ...plain.config, dora: true } })).not.toThrow();
  expect(refused(peftOf([moduleOf('model.embed_tokens', 50, 32, { embedding: true })]))).toThrow(
    'adapts the embedding or the head',
  );
  expect(refused(peftOf([], {}, { 'lm_head.weight': tensorOf('head', [50, 32]) }))).toThrow(
    'adapts the embedding or the head',
  );
});

test('another kind than the config names does not go on with it; plain "lora" takes what is there', () => {
  const peft = peftOf([moduleOf(q0, 32, 32)]);
  const { adapted } = adapterFromPeft(peft, base);
  requireKind(peft, adapted, 'lora');
  expect(() => {
    requireKind(peft, adapted, 'loramoe');
  }).toThrow(expect.objectContaining({ code: 'adapter-kind', hint: 'Set method.kind to "lora".' }) as Error);
});
