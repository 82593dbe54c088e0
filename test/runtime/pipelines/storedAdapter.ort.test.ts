/** @file An adapter's tensors as its folder holds them: each layer in its method's form, whole tensors beside. */
import { afterAll, expect, it } from 'vitest';
import { adaptedFromConfig } from '../../../runtime/config/attachments.ts';
import type { MethodConfig } from '../../../runtime/contract/config.ts';
import { Device } from '../../../runtime/ort/device.ts';
import {
  allTensors,
  isConverted,
  layerTensors,
  storedAdapter,
} from '../../../runtime/pipelines/storedAdapter.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import { linearsOf } from '../../../runtime/model/adapted.ts';
import { randomBase, randomValues } from '../../support/randomModel.ts';
import { runConfig } from '../../support/runConfig.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());
const base = randomBase();
const options = { device, policy: 'balanced', span: 1, headRows: 16, longest: 32 } as const;

it.each<[string, Readonly<Record<string, unknown>>, boolean, string[]]>([
  ['lora', {}, false, ['lora_A.weight', 'lora_B.weight']],
  ['lora-sb', { initR: 'svd' }, true, ['lora_A.weight', 'lora_B.weight']],
  ['dora', {}, false, ['lora_A.weight', 'lora_B.weight', 'lora_magnitude_vector']],
])('%s', async (kind, keys, converted, names) => {
  const method = { ...runConfig('runs').method, ...keys, kind, modulesToSave: ['lm_head'] } as MethodConfig;
  const adapted = adaptedFromConfig(method, { optimizer: 'adamw' }, base.spec);
  using engine = new Engine(base, adapted, options);
  await randomValues(engine);
  const parameters = await engine.model.parameters();
  const stored = await storedAdapter(adapted, base.spec, parameters);
  expect([...stored.forms.keys()]).toEqual([...adapted.linears.keys()]);
  for (const form of stored.forms.values()) expect(Object.keys(form.tensors).sort()).toEqual(names);
  expect([...stored.others.keys()]).toEqual(['lm_head.weight']);
  expect(isConverted(stored, adapted, base.spec)).toBe(converted);
  // a layer without one of its tensors is a mistake of the program
  const [linear] = linearsOf(base.spec);
  const tensors = await allTensors(parameters);
  const attachment = adapted.linears.get(linear!.path)!;
  expect(() => layerTensors(attachment, linear!, () => undefined)).toThrow(
    `${linear!.path} lacks lora_A.weight`,
  );
  expect(Object.keys(layerTensors(attachment, linear!, (name) => tensors.get(name)))).toContain('A');
});
