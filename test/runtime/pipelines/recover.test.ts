/** @file Adapters between a pruned base and its original, as folders: exact both ways, and refused where the two don't belong together. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import { writePeftAdapter } from '../../../runtime/formats/peftWrite.ts';
import type { PeftToWrite } from '../../../runtime/formats/peftWrite.ts';
import { linearsOf } from '../../../runtime/model/adapted.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { adapterFromPeft } from '../../../runtime/model/peftAdapter.ts';
import { manifestFile, readManifest, writeManifest } from '../../../runtime/model/prune/manifest.ts';
import { compactFolder, recoverFolder } from '../../../runtime/pipelines/recover.ts';
import { mutateBytes, mutateJson, random } from '../../support/damage.ts';
import { adapterOf, configIn, factorsIn, prunedPair } from '../../support/prunedPair.ts';
import type { PrunedPair } from '../../support/prunedPair.ts';
import { writeRandomBase } from '../../support/randomFolder.ts';
import { smallLlama } from '../../support/randomModel.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const gpt2 = { model_type: 'gpt2', n_embd: 16, n_head: 4, n_layer: 3, n_inner: 24, vocab_size: 20 };
const bases: Record<string, Record<string, unknown>> = {
  llama: smallLlama,
  phi3: { ...smallLlama, model_type: 'phi3', pad_token_id: 0 },
  gpt2: { ...gpt2, n_positions: 32 },
};

describe.each(Object.keys(bases))('%s', (name) => {
  const folder = join(scratch, name);
  let pair: PrunedPair;
  beforeAll(async () => {
    pair = await prunedPair(folder, bases[name]!);
  });

  it('LORAM-2: a compact folder, recovered and compacted again, is the same byte for byte', async () => {
    const [recovered, again] = [join(folder, 'recovered'), join(folder, 'again')];
    const { base, pruned, compact } = pair;
    const there = await recoverFolder({ base, pruned, adapter: compact, output: recovered });
    const back = await compactFolder({ base, pruned, adapter: recovered, output: again, lossy: false });
    expect(back.dropped).toBe(0);
    expect(back.numbers).toEqual([...there.numbers].reverse());
    expect(there.numbers[1]).toBeGreaterThan(there.numbers[0]);
    expect(readdirSync(again).sort()).toEqual(readdirSync(compact).sort());
    for (const file of readdirSync(compact))
      expect(readFileSync(join(again, file)).equals(readFileSync(join(compact, file))), file).toBe(true);
  });

  it('the recovered adapter is plain LoRA of the original: its name, its shapes, nothing of the manifest', () => {
    const recovered = join(folder, 'recovered');
    const { peft_type: kind, loram_manifest_sha256: named, ...fields } = configIn(pair.compact);
    expect([kind, named]).toEqual(['LORAM', pair.manifest]);
    expect(configIn(recovered)).toEqual({ ...fields, peft_type: 'LORA' });
    expect(fields['base_model_name_or_path']).toBe(pair.base);
    const [peft, original] = [openPeftAdapter(recovered), openBase(pair.base)];
    const { adapted } = adapterFromPeft(peft, original);
    const other = adapted.linears.get(linearsOf(pair.spec)[1]!.path)!;
    expect(other.options).toMatchObject({ rank: 2, alpha: 5, rankStabilized: true, bias: true });
    peft.close();
    original.tensors.close();
  });

  it('is read with its manifest alone', () => {
    expect(() => openPeftAdapter(pair.compact)).toThrow('is a compact adapter, which fits its pruned base');
    expect(() => openPeftAdapter(pair.compact, 'f'.repeat(64))).toThrow('has the SHA-256');
    openPeftAdapter(pair.compact, pair.manifest).close();
  });
});

describe('what has no place in the pruned base', () => {
  const folder = join(scratch, 'lossy');
  let pair: PrunedPair;
  const adapter = join(folder, 'whole');
  beforeAll(async () => {
    pair = await prunedPair(folder, smallLlama);
    mkdirSync(adapter);
    writePeftAdapter(adapter, adapterOf(pair.spec));
  });

  it('is left out on request only, and its largest magnitude is said', async () => {
    const { base, pruned } = pair;
    const output = join(folder, 'compacted');
    const options = { base, pruned, adapter, output };
    await expect(compactFolder({ ...options, lossy: false })).rejects.toThrow(
      /would lose numbers of up to [01][.]\d/,
    );
    expect(existsSync(output)).toBe(false);
    const { dropped } = await compactFolder({ ...options, lossy: true });
    // what is left stands where it stood, and the rest is zero
    await recoverFolder({ base, pruned, adapter: output, output: join(folder, 'rest') });
    const path = 'model.layers.1.mlp.up_proj';
    const [full, rest] = [factorsIn(adapter, path), factorsIn(join(folder, 'rest'), path)];
    expect(rest.A).toEqual(full.A);
    const { neurons } = readManifest(join(pruned, manifestFile)).plan.get(1)!;
    const kept = new Set(neurons);
    let largest = 0;
    full.B.forEach((value, i) => {
      const stays = kept.has(Math.floor(i / 3));
      expect(rest.B[i]).toBe(stays ? value : 0);
      if (!stays) largest = Math.max(largest, Math.abs(value));
    });
    expect(dropped).toBeGreaterThanOrEqual(largest);
    expect(dropped).toBeLessThanOrEqual(1);
    expect(largest).toBeGreaterThan(0.5);
  });
});

test('masked bases have the shapes of their original: the numbers stay, the adapter still names its manifest', async () => {
  const folder = join(scratch, 'masked');
  const { base, pruned } = await prunedPair(folder, smallLlama);
  const manifest = join(pruned, manifestFile);
  writeManifest(manifest, { ...readManifest(manifest), method: 'semi', plan: new Map() });
  const adapter = join(folder, 'adapter');
  const original = openBase(base);
  mkdirSync(adapter);
  writePeftAdapter(adapter, adapterOf(original.spec));
  original.tensors.close();
  const compact = join(folder, 'masked');
  const { dropped, numbers } = await compactFolder({ base, pruned, adapter, output: compact, lossy: false });
  expect([dropped, numbers[0]]).toEqual([0, numbers[1]]);
  expect(configIn(compact)['peft_type']).toBe('LORAM');
  const output = join(folder, 'recovered');
  await recoverFolder({ base, pruned, adapter: compact, output });
  const weights = 'adapter_model.safetensors';
  expect(readFileSync(join(output, weights)).equals(readFileSync(join(adapter, weights)))).toBe(true);
});

describe('refused, with nothing written:', () => {
  const folder = join(scratch, 'refused');
  let pair: PrunedPair;
  beforeAll(async () => {
    pair = await prunedPair(folder, smallLlama);
  });

  /** A folder with a changed copy of one of the pair's. */
  function copied(name: string, from: string, change: (at: string) => void = () => undefined): string {
    const at = join(folder, name);
    cpSync(from, at, { recursive: true });
    change(at);
    return at;
  }

  function adapter(name: string, more: Partial<PeftToWrite>): string {
    const at = join(folder, name);
    mkdirSync(at);
    const { tensors } = adapterOf(pair.smaller);
    const withoutHead = [...tensors].filter(({ name: tensor }) => !tensor.startsWith('lm_head'));
    writePeftAdapter(at, { ...adapterOf(pair.smaller), tensors: withoutHead, ...more });
    return at;
  }

  const own = (more: object = {}): Pick<PeftToWrite, 'own'> => ({
    own: { type: 'LORAM', fields: { loram_manifest_sha256: pair.manifest, ...more } },
  });

  interface Asked {
    readonly base?: string;
    readonly pruned?: string;
    readonly adapter?: string;
    readonly output?: string;
  }
  const cases: [what: string, code: string, message: string, asked: () => Asked][] = [
    ['a folder that exists', 'recover-output', 'exists already', () => ({ output: pair.base })],
    [
      'a folder without a manifest',
      'loram-manifest',
      'holds no loram_manifest.json',
      () => ({ pruned: pair.base }),
    ],
    [
      'a damaged manifest',
      'loram-manifest',
      'kept must list 2 layers',
      () => ({
        pruned: copied('cut', pair.pruned, (at) => {
          const json = JSON.parse(readFileSync(join(at, manifestFile), 'utf8')) as { kept: unknown[] };
          json.kept.pop();
          writeFileSync(join(at, manifestFile), JSON.stringify(json));
        }),
      }),
    ],
    [
      'a base of other sizes',
      'loram-base',
      'intermediate is 64; the pruned base was made of one with 48',
      () => ({ base: writeRandomBase(join(folder, 'wide'), { ...smallLlama, intermediate_size: 64 }) }),
    ],
    [
      'a base of other weights',
      'loram-base',
      'the manifest names',
      () => ({ base: writeRandomBase(join(folder, 'other'), { ...smallLlama, vocab_size: 51 }) }),
    ],
    [
      'the adapter of another manifest',
      'adapter-form',
      'belongs to the pruned base whose manifest has the SHA-256',
      () => ({
        pruned: copied('reseeded', pair.pruned, (at) => {
          const manifest = readManifest(join(at, manifestFile));
          writeManifest(join(at, manifestFile), { ...manifest, seed: 9 });
        }),
      }),
    ],
    ['a plain adapter', 'adapter-form', 'is no compact adapter', () => ({ adapter: adapter('plain', {}) })],
    [
      'shapes that are none of the pruned base',
      'adapter-misfit',
      'numbers, in this base',
      () => ({ adapter: adapter('whole', { ...adapterOf(pair.spec), ...own() }) }),
    ],
    [
      'no hash',
      'adapter-config',
      'loram_manifest_sha256 is null',
      () => ({ adapter: adapter('hashless', own({ loram_manifest_sha256: undefined })) }),
    ],
    [
      'a hash that is none',
      'adapter-config',
      'loram_manifest_sha256 is "abc"',
      () => ({ adapter: adapter('hash', own({ loram_manifest_sha256: 'abc' })) }),
    ],
    [
      'modules trained whole',
      'recover-method',
      'trains modules whole (lm_head.weight)',
      () => {
        const [head] = [
          { name: 'lm_head.weight', dtype: 'F32' as const, shape: [50, 32], data: new Float32Array(1600) },
        ];
        const { tensors } = adapterOf(pair.smaller);
        const linears = [...tensors].filter(({ name }) => !name.startsWith('lm_head'));
        return {
          adapter: adapter('saved', { ...own(), modulesToSave: ['lm_head'], tensors: [...linears, head] }),
        };
      },
    ],
    [
      "copies of the base's tensors",
      'adapter-unsupported',
      'adapts the embedding or the head',
      () => {
        const table = {
          name: 'model.embed_tokens.weight',
          dtype: 'F32' as const,
          shape: [50, 32],
          data: new Float32Array(1600),
        };
        return {
          adapter: adapter('copies', { ...own(), tensors: [...adapterOf(pair.smaller).tensors, table] }),
        };
      },
    ],
    [
      'a DoRA adapter',
      'recover-method',
      'is a DoRA adapter',
      () => {
        const { tensors, targets } = adapterOf(pair.smaller);
        const sizes = new Map([...tensors].map(({ name, shape }) => [name, shape[0]!]));
        const magnitudes = targets.map((path) => {
          const outputs = sizes.get(`${path}.lora_B.weight`)!;
          return {
            name: `${path}.lora_magnitude_vector`,
            dtype: 'F32' as const,
            shape: [outputs],
            data: new Float32Array(outputs).fill(1),
          };
        });
        return { adapter: adapter('dora', { ...own(), dora: true, tensors: [...tensors, ...magnitudes] }) };
      },
    ],
  ];

  test.each(cases)('%s', async (_, code, message, asked) => {
    const given = asked();
    const before = readdirSync(folder).sort();
    const { base, pruned, compact } = pair;
    const options = { base, pruned, adapter: compact, output: join(folder, 'output'), ...given };
    const failure = recoverFolder(options);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code });
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('a compact adapter, and a LoRAMoE one, where a plain one is compacted', async () => {
    const { base, pruned, compact } = pair;
    const options = { base, pruned, output: join(folder, 'output'), lossy: true };
    await expect(compactFolder({ ...options, adapter: compact })).rejects.toThrow('is a compact adapter');
    const path = 'model.layers.1.mlp.up_proj';
    const tensor = (name: string, shape: number[]) => ({
      ...{ name: `${path}.${name}.weight`, dtype: 'F32' as const, shape },
      data: new Float32Array(shape[0]! * shape[1]!),
    });
    const experts = adapter('experts', {
      loraBias: false,
      targets: [path],
      rankPattern: {},
      own: { type: 'LORAMOE', fields: { num_experts: 2 } },
      tensors: [
        tensor('lora_route', [2, 32]),
        ...[0, 1].flatMap((k) => [tensor(`lora_A${k}`, [3, 32]), tensor(`lora_B${k}`, [48, 3])]),
      ],
    });
    await expect(compactFolder({ ...options, adapter: experts })).rejects.toThrow('is a LoRAMoE adapter');
  });

  test('300 damaged manifests: read or refused by name', async () => {
    const { base, compact } = pair;
    const pruned = copied('damaged', pair.pruned);
    const text = readFileSync(join(pair.pruned, manifestFile));
    for (let seed = 0; seed < 300; seed++) {
      const next = random(seed);
      const damaged =
        seed % 2 === 0
          ? mutateBytes(Buffer.from(text), next)
          : JSON.stringify(mutateJson(JSON.parse(text.toString()), next));
      writeFileSync(join(pruned, manifestFile), damaged);
      const output = join(folder, 'output');
      const failure = await recoverFolder({ base, pruned, adapter: compact, output }).then(
        () => undefined,
        (error: unknown) => error,
      );
      // another manifest, even one that reads, is not the one that the adapter names
      const same = text.equals(Buffer.from(damaged));
      expect(failure instanceof UserError, `seed ${seed}`).toBe(!same);
      if (!same) {
        const { code } = failure as UserError;
        expect(code, `seed ${seed}`).toMatch(
          /^(loram-manifest|loram-base|not-json|adapter-form|adapter-misfit)$/,
        );
        expect(existsSync(output)).toBe(false);
      }
    }
  });
});
