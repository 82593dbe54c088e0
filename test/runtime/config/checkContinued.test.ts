/** @file An adapter to continue from: what it comes to, and why one can't be continued on this base. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bases } from '../../../runtime/config/bases.ts';
import { checkContinued } from '../../../runtime/config/checkContinued.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const base = new Bases().open(join(root, 'media/base/tiny-clerk'));
if (base instanceof UserError) throw base;
const places = { at: () => ({ offset: 0, length: 1 }), gives: () => false };
const folder = temporaryFolder();

/** A LoRA of rank 2 on the first block's q_proj, 192 x 192 in this base. */
function adapter(name: string, inputs: number, more: object = {}): string {
  const path = join(folder, name);
  mkdirSync(path);
  const config = { peft_type: 'LORA', r: 2, lora_alpha: 6, target_modules: ['q_proj'], ...more };
  writeFileSync(join(path, 'adapter_config.json'), JSON.stringify(config));
  const prefix = 'base_model.model.model.layers.0.self_attn.q_proj';
  const tensor = (end: string, shape: readonly number[]) => ({
    name: `${prefix}.${end}`,
    dtype: 'F32' as const,
    shape,
    data: new Float32Array(shape[0]! * shape[1]!),
  });
  writeSafetensors(join(path, 'adapter_model.safetensors'), [
    tensor('lora_A.weight', [2, inputs]),
    tensor('lora_B.weight', [192, 2]),
  ]);
  return path;
}

test('one that fits has its own linears, rank and scale', () => {
  const { findings, summary } = checkContinued(adapter('good', 192), 'lora', base, places);
  expect(findings).toEqual([]);
  expect(summary).toMatchObject({ matched: 1, linears: 43, parameters: 2 * (192 + 192), saved: 0 });
  expect(summary?.targets[0]).toMatchObject({ rank: 2, alpha: 6, scale: 3 });
});

test('one of another base, and one that does what is not trained, are errors at "from"', () => {
  const [finding] = checkContinued(adapter('misfit', 64), 'lora', base, places).findings;
  expect(finding).toMatchObject({ severity: 'error', code: 'adapter-misfit', at: { offset: 0 } });
  expect(finding?.message).toContain("can't be continued");
  const unsupported = checkContinued(adapter('bias', 192, { bias: 'all' }), 'lora', base, places);
  expect(unsupported.findings.map(({ code }) => code)).toEqual(['adapter-unsupported']);
  expect(unsupported.adapted).toBeUndefined();
});

test('one of another kind: the change of kind is offered where no key of the config stands in its way', () => {
  const folderOfLora = adapter('lora', 192);
  const found = (given: string) =>
    checkContinued(folderOfLora, 'dora', base, { ...places, gives: (_, key) => key === given }).findings;
  expect(found('dropout')).toEqual([
    expect.objectContaining({ code: 'adapter-kind', hint: 'Set method.kind to "lora".' }),
  ]);
  expect(found('dropout')[0]?.fixes?.map(({ title }) => title)).toEqual(['Change "kind" to "lora"']);
  // LoRA has no "experts"
  const [moe] = checkContinued(folderOfLora, 'loramoe', base, {
    ...places,
    gives: (_, key) => key === 'experts',
  }).findings;
  expect(moe).toMatchObject({ code: 'adapter-kind', fixes: [] });
});
