/** @file An adapter's folder: written, read back with the same numbers, and refused where a byte has changed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MethodConfig } from '../../../runtime/contract/config.ts';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import { dora } from '../../../runtime/methods/dora.ts';
import type { AdapterMethod } from '../../../runtime/methods/method.ts';
import type { Attachment as AnyAttachment } from '../../../runtime/model/adapted.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { verifyAdapter, writeAdapter } from '../../../runtime/pipelines/adapterFiles.ts';
import type { AdapterToWrite } from '../../../runtime/pipelines/adapterFiles.ts';
import { adaptedFromConfig } from '../../../runtime/config/attachments.ts';
import { namedTensors } from '../../../runtime/pipelines/adapterModel.ts';
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
    await verifyAdapter(folder, base, engine, options, rows);
  });

  it.each<[string, (attachment: Attachment) => Attachment]>([
    ['dora', (one) => ({ ...one, method: dora })],
    ['biases', ({ method, options }) => ({ method, options: { ...options, bias: true } })],
  ])('says what an adapter that was continued is: %s', async (name, attach) => {
    const { folder, engine } = await written(name, {}, attach);
    const config = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ use_dora: name === 'dora' });
    expect('lora_bias' in config).toBe(name === 'biases');
    await verifyAdapter(folder, base, engine, options, rows);
  });

  it('replaces an older one', async () => {
    const first = await written('twice');
    await randomValues(first.engine, 2);
    await writeAdapter(first.folder, first);
    await verifyAdapter(first.folder, base, first.engine, options, rows);
  });

  it('whose numbers differ is told', async () => {
    const { folder, engine } = await written('changed');
    const path = join(folder, 'adapter_model.safetensors');
    const bytes = readFileSync(path);
    // the sign and exponent of one number of the last tensor
    bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 0x84;
    writeFileSync(path, bytes);
    await expect(verifyAdapter(folder, base, engine, options, rows)).rejects.toMatchObject({
      code: 'adapter-differs',
      place: { file: folder },
    });
  });

  it('whose scale differs is told', async () => {
    const { folder, engine } = await written('scaled');
    const path = join(folder, 'adapter_config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...config, lora_alpha: 9 }));
    await expect(verifyAdapter(folder, base, engine, options, rows)).rejects.toMatchObject({
      code: 'adapter-differs',
    });
  });
});
