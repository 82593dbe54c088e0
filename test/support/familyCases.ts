/** @file What transformers makes of a family's configurations (test/fixtures/families.json), and the check that we agree. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SafetensorsFile } from '../../runtime/formats/safetensors.ts';
import { describeConfig, openBase } from '../../runtime/model/base.ts';
import { linearsOf } from '../../runtime/model/adapted.ts';
import { ConfigReader } from '../../runtime/model/configReader.ts';
import type { DecoderSpec } from '../../runtime/model/decoder.ts';
import type { Family } from '../../runtime/model/families/family.ts';
import { headTensors, specTensors } from '../../runtime/model/specTensors.ts';
import { reference } from './shared.ts';

/** One config.json and what transformers builds from it; shapes are those outside the blocks and of the last block. */
export interface FamilyCase {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tied: boolean;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly tensors: number;
  readonly layers: readonly { window: number | null; scale: number; rope: boolean }[];
  readonly ropes: readonly { inverseFrequencies: readonly number[]; attentionFactor: number }[];
  readonly embeddingScale: number;
}

const file = resolve(import.meta.dirname, '../fixtures/families.json');
export const familyCases = (JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly FamilyCase[] }).cases;

export function casesOf(modelType: string): readonly FamilyCase[] {
  return familyCases.filter(({ config }) => config['model_type'] === modelType);
}

export function specOf(values: Readonly<Record<string, unknown>>): DecoderSpec {
  return describeConfig(new ConfigReader(values, 'config.json'));
}

function checkCase(one: FamilyCase): void {
  const spec = specOf(one.config);
  expect(spec.tied).toBe(one.tied);
  const shapes = Object.fromEntries(specTensors(spec).map(({ name, shape }) => [name, shape]));
  expect(shapes).toMatchObject(one.shapes);
  expect(Object.keys(shapes)).toHaveLength(one.tensors);
  expect(spec.embeddingScale).toBeCloseTo(one.embeddingScale, 12);
  expect(spec.layers.map(({ window }) => window ?? null)).toEqual(one.layers.map(({ window }) => window));
  if (spec.ropes.length > 0)
    expect(spec.layers.map(({ rope }) => rope !== undefined)).toEqual(one.layers.map(({ rope }) => rope));
  for (const [i, { scale }] of one.layers.entries())
    expect(spec.attentionScale * (spec.layers[i]!.scoreScale ?? 1)).toBeCloseTo(scale, 12);
  expect(spec.ropes).toHaveLength(one.ropes.length);
  for (const [i, { inverseFrequencies, attentionFactor }] of one.ropes.entries()) {
    const rope = spec.ropes[i]!;
    expect(rope.attentionFactor).toBeCloseTo(attentionFactor, 12);
    expect(rope.rotated).toBe(2 * inverseFrequencies.length);
    // The same float32 but for the last bit of torch's vectorised power, which llama3's blend magnifies.
    const differences = inverseFrequencies.map((f, j) => Math.abs(rope.inverseFrequencies[j]! / f - 1));
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  }
}

/** Adapter of a reference folder: PEFT's all-linear targets, rank 4. */
function checkAdapterNames(folder: string): void {
  const base = openBase(join(folder, 'base'));
  const adapter = SafetensorsFile.open(join(folder, 'adapter', 'adapter_model.safetensors'));
  const { path: head } = base.spec.names.head;
  const linears = linearsOf(base.spec).filter(({ path }) => path !== head);
  const expected = linears.flatMap(({ path, inputs, outputs }) => [
    [`base_model.model.${path}.lora_A.weight`, [4, inputs]] as const,
    [`base_model.model.${path}.lora_B.weight`, [outputs, 4]] as const,
  ]);
  // a classifier is trained whole
  const saved = headTensors(base.spec).filter(({ name }) => name.startsWith(`${head}.`));
  if (base.spec.task === 'classification')
    expected.push(...saved.map(({ name, shape }) => [`base_model.model.${name}`, [...shape]] as never));
  const found = [...adapter.tensors.values()].map((tensor) => [tensor.name, tensor.shape] as const);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  adapter.close();
  base.tensors.close();
}

/** Registers the tests that every family has. */
export function checkFamily(family: Family): void {
  describe('as transformers reads it', () => {
    const titled = casesOf(family.modelType).map(
      (one, i) => [`${i} ${JSON.stringify(one.config).slice(0, 160)}`, one] as const,
    );
    test('there are cases', () => {
      expect(titled.length).toBeGreaterThan(1);
    });
    test.each(titled)('%s', (_, one) => {
      checkCase(one);
    });
  });
  for (const name of family.references) {
    const folder = reference(`lm/${name}`);
    test(`${name}: PEFT's all-linear targets are our linears`, () => {
      if (folder === undefined) console.log(`left out: adapter names of ${name} (no shared fixtures here)`);
      else checkAdapterNames(folder);
    });
  }
}
