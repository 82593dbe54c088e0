/** @file LoRAMoE's folders: our own, its reference's layout, MoE-PEFT's names, and what is wrong with damaged ones. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import { writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { randomNumbers } from '../../support/evaluate.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const path = 'model.layers.0.mlp.up_proj';
type Tensors = Readonly<Record<string, readonly number[]>>;

const reference: Tensors = {
  [`base_model.model.${path}.lora_route.weight`]: [2, 6],
  [`base_model.model.${path}.lora_A0.weight`]: [3, 6],
  [`base_model.model.${path}.lora_A1.weight`]: [3, 6],
  [`base_model.model.${path}.lora_B0.weight`]: [5, 3],
  [`base_model.model.${path}.lora_B1.weight`]: [5, 3],
};
const moePeft: Tensors = {
  'loramoe.layers.0.mlp.up_proj.moe_gate.weight': [2, 6],
  'loramoe.layers.0.mlp.up_proj.experts.0.lora_A.weight': [3, 6],
  'loramoe.layers.0.mlp.up_proj.experts.1.lora_A.weight': [3, 6],
  'loramoe.layers.0.mlp.up_proj.experts.0.lora_B.weight': [5, 3],
  'loramoe.layers.0.mlp.up_proj.experts.1.lora_B.weight': [5, 3],
};
const own = { peft_type: 'LORAMOE', num_experts: 2, r: 3, lora_alpha: 6, blc_weight: 0.1, blc_alpha: 0.2 };

function folder(name: string, config: object, tensors: Tensors): string {
  const place = join(scratch, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'adapter_config.json'), JSON.stringify(config));
  writeSafetensors(
    join(place, 'adapter_model.safetensors'),
    Object.entries(tensors).map(([tensor, shape]) => ({
      name: tensor,
      dtype: 'F32' as const,
      shape,
      data: randomNumbers(
        shape.reduce((n, size) => n * size, 1),
        tensor,
      ),
    })),
  );
  return place;
}

describe('a module', () => {
  it.each([
    ['our own', own, reference],
    ["the reference's LORA with lora_nums", { ...own, peft_type: 'LORA', lora_nums: 2 }, reference],
    ['the names of MoE-PEFT', own, moePeft],
  ])('is read from %s', (name, config, tensors) => {
    const adapter = openPeftAdapter(folder(name, config, tensors));
    expect(adapter.config.experts).toEqual({ count: 2, balance: 0.1, split: 0.2 });
    expect(adapter.modules.size).toBe(0);
    const { gate, A, B, rank, alpha } = adapter.experts.get(path)!;
    expect([rank, alpha, gate.shape, A.map(({ shape }) => shape), B.map(({ shape }) => shape)]).toEqual([
      3,
      6,
      [2, 6],
      [
        [3, 6],
        [3, 6],
      ],
      [
        [5, 3],
        [5, 3],
      ],
    ]);
    const names = Object.keys(tensors);
    expect(A[1]!.read()).toEqual(
      randomNumbers(
        18,
        names.find((one) => /A1|1[.]lora_A/.test(one))!,
      ),
    );
    adapter.close();
  });
});

const without = (name: string): Tensors =>
  Object.fromEntries(Object.entries(reference).filter(([key]) => !key.includes(name)));

describe('what does not fit is named', () => {
  it.each([
    ['no router', own, without('route'), /has 4 tensors; a router and 2 experts are 5/],
    [
      'an expert too many',
      own,
      { ...reference, [`base_model.model.${path}.lora_A2.weight`]: [3, 6] },
      /has 6 tensors/,
    ],
    [
      'another expert in the place of one',
      own,
      { ...without('lora_A1'), [`base_model.model.${path}.lora_A7.weight`]: [3, 6] },
      /has no A1/,
    ],
    [
      'another rank',
      { ...own, r: 4 },
      reference,
      /'base_model.*lora_A0.weight' has the shape \[3, 6\]; by the config it is \[4, 6\]/,
    ],
    [
      'another number of experts',
      { ...own, num_experts: 3 },
      reference,
      /has 5 tensors; a router and 3 experts are 7/,
    ],
    ['no number of experts', { ...own, num_experts: undefined }, reference, /num_experts is/],
    ['a number beyond all reason', { ...own, num_experts: 1e9 }, reference, /num_experts is 1000000000/],
    [
      'both names of one tensor',
      own,
      { ...reference, 'loramoe.layers.0.mlp.up_proj.moe_gate.weight': [2, 6] },
      /twice, under two names/,
    ],
  ])('%s', (name, config, tensors, message) => {
    expect(() => openPeftAdapter(folder(`bad ${name}`, config, tensors))).toThrow(message);
  });
});
