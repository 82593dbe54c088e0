/** @file An adapter's folder: written, read back with the same numbers, and refused where a byte has changed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MethodConfig } from '../../../runtime/contract/config.ts';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import { dora } from '../../../runtime/methods/dora.ts';
import type { AdapterMethod } from '../../../runtime/methods/method.ts';
import type { Attachment as AnyAttachment } from '../../../runtime/model/adapted.ts';
import { linearsOf } from '../../../runtime/model/adapted.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { verifyAdapter, writeAdapter } from '../../../runtime/pipelines/adapterFiles.ts';
import type { AdapterToWrite } from '../../../runtime/pipelines/adapterFiles.ts';
import { adaptedFromConfig } from '../../../runtime/config/attachments.ts';
import { namedTensors, startValues } from '../../../runtime/pipelines/adapterModel.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import { adapterTensors } from '../../support/finetuneRun.ts';
import { randomBase, randomRows, randomValues } from '../../support/randomModel.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

type Attachment = AnyAttachment<AdapterMethod>;

const scratch = temporaryFolder();
const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());
const base = randomBase();
const options = { device, policy: 'balanced', span: 1, headRows: 16, longest: 32 } as const;
const rows = randomRows([12, 7], base.spec.vocab);

/** Values of tensors that a method would compute from the base. */
function computed(
  linears: readonly (readonly [string, Attachment])[],
): (name: string) => Float32Array | undefined {
  const shapes = new Map(linearsOf(base.spec).map((linear) => [linear.path, linear]));
  const values = linears.flatMap(([path, { method, options: own }]) =>
    Object.values(method.params(own, shapes.get(path)!)).map(({ tensor, shape }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      return [
        `${path}.${tensor}`,
        Float32Array.from({ length: count }, (_, i) => 0.3 * Math.sin(7 * i + 1)),
      ] as const;
    }),
  );
  return (name) => new Map<string, Float32Array>(values).get(name);
}

async function written(
  name: string,
  changes: Partial<MethodConfig> = {},
  attach: (attachment: Attachment) => Attachment = (attachment) => attachment,
): Promise<AdapterToWrite & { engine: Engine; folder: string }> {
  const method = { ...runConfig('runs').method, ...changes };
  const fresh = adaptedFromConfig(method, { optimizer: 'adamw' }, base.spec);
  const linears = [...fresh.linears].map(([path, one]): [string, Attachment] => [path, attach(one)]);
  const adapted = { ...fresh, linears: new Map(linears) };
  const engine = new Engine(base, adapted, options);
  await randomValues(engine);
  if (method.kind === 'lora-xs') await startValues(await engine.model.parameters(), computed(linears), 0);
  const adapter = { base, adapted, method, parameters: await engine.model.parameters() };
  const folder = join(scratch, name);
  await writeAdapter(folder, adapter);
  return { ...adapter, engine, folder };
}

const kinds: [string, Partial<MethodConfig>][] = [
  ['plain', {}],
  ['some layers, rank-stabilised', { targets: ['q_proj', 'down_proj'], layers: [1], rankStabilized: true }],
  ['patterns', { rankPattern: { q_proj: 2, 'layers[.]1[.].*v_proj': 8 }, alphaPattern: { v_proj: 3 } }],
  ['whole modules', { targets: ['q_proj'], modulesToSave: ['embed_tokens', 'lm_head'] }],
];

describe('a written folder', () => {
  it.each(kinds)('reads back with the same tensors and losses: %s', async (name, changes) => {
    const { folder, engine, parameters, adapted } = await written(name, changes);
    const stored = [...adapterTensors(folder).values()];
    const values = await namedTensors(parameters, 'values');
    expect(stored.length).toBe(values.length);
    const sum = (all: readonly Float32Array[]): number => all.reduce((n, data) => n + data.length, 0);
    expect(sum(stored)).toBe(sum(values.map(({ data }) => data)));
    const peft = openPeftAdapter(folder);
    for (const [path, { method, options: own }] of adapted.linears) {
      const { rank, scale, A } = peft.modules.get(path)!;
      expect([rank, A.shape[0]], path).toEqual([own.rank, own.rank]);
      expect(scale, path).toBeCloseTo(method.scale(own), 12);
      expect(A.read()).toEqual(values.find((tensor) => tensor.name === `${path}.lora_A.weight`)!.data);
    }
    peft.close();
    await verifyAdapter(folder, { base, adapted }, engine, options, rows);
  });

  it.each<[string, (attachment: Attachment) => Attachment]>([
    ['dora', (one) => ({ ...one, method: dora })],
    ['biases', ({ method, options }) => ({ method, options: { ...options, bias: true } })],
  ])('says what an adapter that was continued is: %s', async (name, attach) => {
    const { folder, engine, adapted } = await written(name, {}, attach);
    const config = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ use_dora: name === 'dora' });
    expect('lora_bias' in config).toBe(name === 'biases');
    await verifyAdapter(folder, { base, adapted }, engine, options, rows);
  });

  it('replaces an older one', async () => {
    const first = await written('twice');
    await randomValues(first.engine, 2);
    await writeAdapter(first.folder, first);
    await verifyAdapter(first.folder, first, first.engine, options, rows);
  });

  it('of a factor that is multiplied into another reads back with the same losses', async () => {
    const { folder, adapted, engine } = await written('inner', { kind: 'lora-xs' });
    await verifyAdapter(folder, { base, adapted }, engine, options, rows);
  });

  it.each(['lora', 'lora-xs'])('whose numbers differ is told: %s', async (kind) => {
    const { folder, engine, adapted } = await written(`changed ${kind}`, { kind });
    const path = join(folder, 'adapter_model.safetensors');
    const bytes = readFileSync(path);
    // the sign and exponent of one number of the last tensor
    bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 0x84;
    writeFileSync(path, bytes);
    await expect(verifyAdapter(folder, { base, adapted }, engine, options, rows)).rejects.toMatchObject({
      code: 'adapter-differs',
      place: { file: folder },
    });
  });

  it.each(['lora', 'lora-xs'])('whose scale differs is told: %s', async (kind) => {
    const { folder, engine, adapted } = await written(`scaled ${kind}`, { kind, alpha: 4 });
    const path = join(folder, 'adapter_config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as { lora_alpha: number };
    // by a hundredth
    writeFileSync(path, JSON.stringify({ ...config, lora_alpha: config.lora_alpha * 1.01 }));
    await expect(verifyAdapter(folder, { base, adapted }, engine, options, rows)).rejects.toMatchObject({
      code: 'adapter-differs',
    });
  });
});
