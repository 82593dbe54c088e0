/** @file PEFT adapters: every kind that PEFT wrote is read whole, what isn't implemented is named. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import type { PeftAdapter } from '../../../runtime/formats/peft.ts';
import { readPeftConfig } from '../../../runtime/formats/peftConfig.ts';
import { SafetensorsFile, writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import type { TensorToWrite } from '../../../runtime/formats/safetensors.ts';
import { reference } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
let counter = 0;
const fresh = (): string => {
  const path = join(folder, String(counter++));
  mkdirSync(path);
  return path;
};

const tensor = (name: string, shape: number[], fill = 0.5): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((n, size) => n * size, 1)).fill(fill),
});

/** An adapter folder of these fields and tensors. */
function adapterOf(fields: object, tensors: readonly TensorToWrite[]): string {
  const path = fresh();
  writeFileSync(join(path, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', ...fields }));
  writeSafetensors(join(path, 'adapter_model.safetensors'), tensors);
  return path;
}

function refusal(open: () => unknown): { code: string; message: string } {
  try {
    open();
  } catch (error) {
    if (error instanceof UserError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
}

const fixtures = reference('adapters');

/** How many modules and other tensors each reference adapter has, and what is special about it. */
const kinds: Record<string, (adapter: PeftAdapter) => void> = {
  plain: ({ modules }) => {
    expect(modules.size).toBe(21);
  },
  dora: ({ modules, config }) => {
    expect(config.dora).toBe(true);
    expect([...modules.values()].every(({ magnitude, B }) => magnitude?.shape[0] === B.shape[0])).toBe(true);
  },
  embeddings: ({ modules, base }) => {
    expect([...base.keys()].sort()).toEqual(['lm_head.weight', 'model.embed_tokens.weight']);
    const table = modules.get('model.embed_tokens')!;
    expect([table.embedding, table.A.shape, table.B.shape]).toEqual([true, [4, 320], [64, 4]]);
    expect(modules.get('lm_head')!.embedding).toBe(false);
  },
  head_saved: ({ saved, modules }) => {
    expect([...saved].map(([name, { shape }]) => [name, shape])).toEqual([['lm_head.weight', [320, 64]]]);
    expect(modules.size).toBe(6);
  },
  layers_subset: ({ modules, config }) => {
    expect(config.layers).toEqual([0]);
    expect([...modules.keys()]).toEqual(['model.layers.0.mlp.down_proj', 'model.layers.0.self_attn.q_proj']);
  },
  lora_bias: ({ modules }) => {
    expect([...modules.values()].every(({ bias }) => bias !== undefined)).toBe(true);
  },
  pissa: ({ modules }) => {
    expect([...modules.values()].every(({ rank, scale }) => rank === 8 && scale === 1)).toBe(true);
  },
  rank_one: ({ modules }) => {
    expect([...modules.values()].every(({ rank }) => rank === 1)).toBe(true);
  },
  regex: ({ modules, config }) => {
    expect(config.targets).toBe('.*layers\\.[1]\\.mlp\\.(gate|up)_proj');
    expect(modules.size).toBe(2);
  },
  rslora_patterns: ({ modules }) => {
    const one = (path: string) => modules.get(path)!;
    expect(one('model.layers.0.mlp.down_proj')).toMatchObject({
      rank: 2,
      alpha: 16,
      scale: 16 / Math.sqrt(2),
    });
    expect(one('model.layers.1.self_attn.q_proj')).toMatchObject({
      rank: 8,
      alpha: 8,
      scale: 8 / Math.sqrt(8),
    });
    expect(one('model.layers.0.self_attn.q_proj')).toMatchObject({ rank: 4, alpha: 8, scale: 4 });
  },
};

describe.runIf(fixtures)('adapters that PEFT wrote', () => {
  test('all of them are known here', () => {
    expect(readdirSync(fixtures!).sort()).toEqual(Object.keys(kinds).sort());
  });

  test.each(Object.entries(kinds))('%s is read whole', (kind, check) => {
    const adapter = openPeftAdapter(join(fixtures!, kind));
    check(adapter);
    const file = SafetensorsFile.open(join(fixtures!, kind, 'adapter_model.safetensors'));
    const parts = [...adapter.modules.values()].flatMap(({ A, B, bias, magnitude }) =>
      [A, B, bias, magnitude].filter((part) => part !== undefined),
    );
    const read = [...parts, ...adapter.saved.values(), ...adapter.base.values()];
    expect(read.map(({ name }) => name).sort()).toEqual([...file.tensors.keys()].sort());
    for (const part of read) expect(part.read()).toEqual(file.readFloat32(part.name));
    file.close();
    adapter.close();
  });
});

test("modules_to_save means each module whose path ends in a name, as PEFT's own check does", () => {
  const path = 'model.layers.0.input_layernorm.weight';
  const tensors = [
    tensor(`base_model.model.${path}`, [8]),
    tensor('base_model.model.model.norm.weight', [8]),
  ];
  const adapter = openPeftAdapter(adapterOf({ modules_to_save: ['norm'] }, tensors));
  expect([...adapter.saved.keys()].sort()).toEqual([path, 'model.norm.weight']);
  adapter.close();
  expect(refusal(() => openPeftAdapter(adapterOf({ modules_to_save: ['layer'] }, tensors)))).toMatchObject({
    code: 'adapter-tensor',
  });
});

describe('what is refused', () => {
  const A = tensor('base_model.model.q.lora_A.weight', [8, 4]);
  const B = tensor('base_model.model.q.lora_B.weight', [3, 8]);
  const cases: [string, () => string, RegExp][] = [
    ['another method', () => adapterOf({ peft_type: 'IA3' }, [A, B]), /adapter-unsupported.*"IA3"/],
    [
      'a compact adapter',
      () => adapterOf({ peft_type: 'LORAM', loram_manifest_sha256: 'a'.repeat(64) }, [A, B]),
      /adapter-form.*compact adapter, which fits its pruned base alone/,
    ],
    ['one of no manifest', () => adapterOf({ peft_type: 'LORAM' }, [A, B]), /adapter-config.*SHA-256/],
    ['no method', () => adapterOf({ peft_type: null }, [A, B]), /adapter-config.*peft_type is missing/],
    ['qalora', () => adapterOf({ use_qalora: true }, [A, B]), /adapter-unsupported.*QALoRA/],
    ['trained biases', () => adapterOf({ bias: 'all' }, [A, B]), /adapter-unsupported.*biases of the base/],
    [
      'a changed base',
      () => adapterOf({ init_lora_weights: 'pissa_niter_4' }, [A, B]),
      /adapter-unsupported.*changes the base/,
    ],
    ['aLoRA', () => adapterOf({ alora_invocation_tokens: [] }, [A, B]), /adapter-unsupported.*aLoRA/],
    [
      'raw parameters',
      () => adapterOf({ target_parameters: ['w'] }, [A, B]),
      /adapter-unsupported.*raw parameters/,
    ],
    ['a rank that is no number', () => adapterOf({ r: '8' }, [A, B]), /adapter-config.*r is "8"/],
    ['a huge rank', () => adapterOf({ r: 1e12 }, [A, B]), /adapter-config.*whole number/],
    [
      'a foreign pattern value',
      () => adapterOf({ rank_pattern: { q: 0 } }, [A, B]),
      /adapter-config.*rank_pattern gives "q"/,
    ],
    [
      'a pattern without end',
      () =>
        adapterOf({ rank_pattern: { '(.*)*(.*)*(.*)*!': 1 } }, [
          tensor(`base_model.model.${'a'.repeat(200)}.lora_A.weight`, [8, 4]),
        ]),
      /pattern-slow/,
    ],
    ['half an adapter', () => adapterOf({}, [A]), /adapter-tensor.*q needs exactly one A and one B/],
    [
      'the wrong rank',
      () => adapterOf({ r: 4 }, [A, B]),
      /adapter-tensor.*\[8, 4\]; by the config it is \[4, inputs\]/,
    ],
    [
      'a magnitude without DoRA',
      () => adapterOf({}, [A, B, tensor('base_model.model.q.lora_magnitude_vector', [3])]),
      /use_dora is false/,
    ],
    ['DoRA without a magnitude', () => adapterOf({ use_dora: true }, [A, B]), /use_dora is true/],
    [
      'a magnitude of another size',
      () => adapterOf({ use_dora: true }, [A, B, tensor('base_model.model.q.lora_magnitude_vector', [4])]),
      /by the config it is \[3\]/,
    ],
    [
      'a magnitude under two names',
      () =>
        adapterOf({ use_dora: true }, [
          A,
          B,
          tensor('base_model.model.q.lora_magnitude_vector', [3]),
          tensor('base_model.model.q.lora_magnitude_vector.weight', [3]),
        ]),
      /twice/,
    ],
    [
      'a convolution',
      () => adapterOf({}, [tensor(A.name, [8, 4, 3, 3]), B]),
      /adapter-unsupported.*convolution/,
    ],
    [
      'a tensor of no part',
      () => adapterOf({}, [A, B, tensor('base_model.model.q.weight', [3])]),
      /adapter-tensor.*q\.weight/,
    ],
    [
      'a name without the prefix',
      () => adapterOf({}, [tensor('q.lora_A.weight', [8, 4])]),
      /does not begin with base_model/,
    ],
    ['no tensors', () => adapterOf({}, []), /holds no tensor/],
  ];
  test.each(cases)('%s', (_, make, expected) => {
    const path = make();
    const { code, message } = refusal(() => {
      openPeftAdapter(path).close();
    });
    expect(`${code}: ${message}`).toMatch(expected);
  });

  test('pickles, folders without an adapter, adapters one folder below', () => {
    const pickled = adapterOf({}, []);
    const bare = fresh();
    writeFileSync(join(bare, 'adapter_config.json'), '{"peft_type":"LORA"}');
    writeFileSync(join(bare, 'adapter_model.bin'), 'x');
    expect(refusal(() => openPeftAdapter(bare)).code).toBe('pickle-refused');
    expect(refusal(() => openPeftAdapter(fresh())).code).toBe('adapter-missing');
    const above = fresh();
    mkdirSync(join(above, 'named'));
    writeFileSync(join(above, 'named', 'adapter_config.json'), '{}');
    expect(() => readPeftConfig(above)).toThrow(/adapter_config\.json/);
    try {
      readPeftConfig(above);
    } catch (error) {
      expect((error as UserError).hint).toContain('named');
    }
    expect(pickled).toBeTruthy();
  });

  test('NaN in a weight', () => {
    const adapter = openPeftAdapter(adapterOf({}, [A, tensor(B.name, [3, 8], NaN)]));
    expect(() => adapter.modules.get('q')!.B.read()).toThrow(/holds NaN as element 0/);
    adapter.close();
  });
});
