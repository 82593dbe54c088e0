/** @file From configs and PEFT folders to what is adapted: targets, layers, patterns, whole modules, and adapters that don't fit. */
import { describe, expect, test } from 'vitest';
import type { MethodConfig } from '../../../runtime/contract/config.ts';
import type { PeftAdapter, PeftModule, PeftTensor } from '../../../runtime/formats/peft.ts';
import { lora } from '../../../runtime/methods/lora.ts';
import type { FlatLayout } from '../../../runtime/model/adapted.ts';
import {
  adaptedFromConfig,
  adapterFromPeft,
  namedTensors,
  startValues,
} from '../../../runtime/pipelines/adapterModel.ts';
import type { Parameters } from '../../../runtime/train/parameters.ts';
import { randomBase, smallLlama } from '../../support/randomModel.ts';
import { runConfig } from '../../support/runConfig.ts';

const base = randomBase();
const tied = randomBase({ ...smallLlama, tie_word_embeddings: true });
const methodOf = (changes: Partial<MethodConfig>): MethodConfig => ({
  ...runConfig('runs').method,
  ...changes,
});
const pathsOf = (changes: Partial<MethodConfig>): string[] => [
  ...adaptedFromConfig(methodOf(changes), base.spec).linears.keys(),
];
const q0 = 'model.layers.0.self_attn.q_proj';

describe('a config', () => {
  test('adapts all linears of the blocks, the head left out', () => {
    const paths = pathsOf({});
    expect(paths.length).toBe(3 * 7);
    expect(paths).not.toContain('lm_head');
  });

  test('names targets by suffix, pattern and layers', () => {
    expect(pathsOf({ targets: ['q_proj', 'mlp.down_proj'] }).length).toBe(6);
    expect(pathsOf({ targets: 'model[.]layers[.][12][.]self_attn[.]v_proj' })).toEqual([
      'model.layers.1.self_attn.v_proj',
      'model.layers.2.self_attn.v_proj',
    ]);
    expect(pathsOf({ targets: ['q_proj'], layers: [0, 2] })).toEqual([q0, 'model.layers.2.self_attn.q_proj']);
  });

  test('gives rank and alpha by pattern', () => {
    const rankPattern = { 'layers[.]0[.].*q_proj': 16, v_proj: 2 };
    const { linears, dropout } = adaptedFromConfig(
      methodOf({ rankPattern, alphaPattern: { q_proj: 1 }, rankStabilized: true, dropout: 0.1 }),
      base.spec,
    );
    const options = (path: string): unknown => linears.get(path)!.options;
    const rest = { rankStabilized: true, bias: false };
    expect(options(q0)).toEqual({ rank: 16, alpha: 1, ...rest });
    expect(options('model.layers.1.self_attn.q_proj')).toEqual({ rank: 4, alpha: 1, ...rest });
    expect(options('model.layers.1.self_attn.v_proj')).toEqual({ rank: 2, alpha: 8, ...rest });
    expect(dropout).toBe(0.1);
  });

  test('trains whole modules, a tied head among them', () => {
    const saved = (model: typeof base, ...modulesToSave: readonly string[]): string[] => [
      ...adaptedFromConfig(methodOf({ modulesToSave }), model.spec).saved,
    ];
    expect(saved(base)).toEqual([]);
    expect(saved(base, 'embed_tokens', 'lm_head')).toEqual(['model.embed_tokens.weight', 'lm_head.weight']);
    expect(saved(tied, 'lm_head')).toEqual(['lm_head.weight']);
    expect(saved(base, 'input_layernorm').length).toBe(3);
  });
});

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
    expect(adapted.linears.get(q0)!.options.bias).toBe(true);
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

/** Parameters that keep what is written. */
function fakeParameters(): { parameters: Parameters; written: Map<string, Float32Array> } {
  const layout: FlatLayout = {
    size: 12,
    entries: [
      { name: 'a.lora_A.weight', shape: [2, 4], offset: 0, init: 'kaiming-uniform', decays: true },
      { name: 'a.lora_B.weight', shape: [1, 2], offset: 8, init: 'zeros', decays: true },
      { name: 'a.scale', shape: [2], offset: 10, init: 'ones', decays: false },
    ],
  };
  const written = new Map<string, Float32Array>();
  const parameters = {
    layout,
    size: layout.size,
    write: (name: string, data: Float32Array) => Promise.resolve(void written.set(name, data)),
    read: (name: string) => Promise.resolve(written.get(name)!),
  };
  return { parameters: parameters as unknown as Parameters, written };
}

describe('start values', () => {
  const started = async (
    seed: number,
    lookup: (name: string) => Float32Array | undefined,
  ): Promise<number[]> => {
    const { parameters, written } = fakeParameters();
    await startValues([parameters], lookup, seed);
    return [...written.get('values')!];
  };

  test('follow each tensor’s rule and the seed', async () => {
    const values = await started(1, () => undefined);
    expect(values.slice(8)).toEqual([0, 0, 1, 1]);
    // kaiming-uniform of 4 inputs: within 1 / sqrt(4)
    expect(values.slice(0, 8).every((x) => x !== 0 && Math.abs(x) <= 0.5)).toBe(true);
    expect(await started(1, () => undefined)).toEqual(values);
    expect((await started(2, () => undefined)).slice(0, 8)).not.toEqual(values.slice(0, 8));
  });

  test('come from an adapter where it has them', async () => {
    const values = await started(1, (name) =>
      name.endsWith('B.weight') ? Float32Array.of(5, 6) : undefined,
    );
    expect(values.slice(8)).toEqual([5, 6, 1, 1]);
    const fresh = await started(1, () => undefined);
    expect(values.slice(0, 8)).toEqual(fresh.slice(0, 8));
  });

  test('are read back by name', async () => {
    const { parameters } = fakeParameters();
    await startValues([parameters], () => undefined, 1);
    const tensors = await namedTensors([parameters], 'values');
    expect(tensors.map(({ name, shape, data }) => [name, shape, data.length])).toEqual([
      ['a.lora_A.weight', [2, 4], 8],
      ['a.lora_B.weight', [1, 2], 2],
      ['a.scale', [2], 2],
    ]);
  });
});
