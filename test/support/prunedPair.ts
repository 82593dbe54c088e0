/** @file A base, the same pruned, and a compact adapter between them, as folders: what `recover` and `compact` work on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFolder } from '../../runtime/formats/atomicFolder.ts';
import { openPeftAdapter } from '../../runtime/formats/peft.ts';
import { compactForm } from '../../runtime/formats/peftConfig.ts';
import { writePeftAdapter } from '../../runtime/formats/peftWrite.ts';
import type { PeftToWrite } from '../../runtime/formats/peftWrite.ts';
import { linearsOf } from '../../runtime/model/adapted.ts';
import { openBase } from '../../runtime/model/base.ts';
import type { DecoderSpec } from '../../runtime/model/decoder.ts';
import { manifestFile } from '../../runtime/model/prune/manifest.ts';
import { randomScores, selectUnits } from '../../runtime/model/prune/select.ts';
import { prunedSpec } from '../../runtime/model/prune/units.ts';
import { writePruned } from '../../runtime/pipelines/pruneFolder.ts';
import { hashFile } from '../../runtime/runs/hash.ts';
import { hashKey, uniform } from '../../runtime/train/random.ts';
import { randomNumbers } from './evaluate.ts';
import { writeRandomBase } from './randomFolder.ts';

export interface PrunedPair {
  readonly base: string;
  readonly pruned: string;
  readonly compact: string;
  readonly spec: DecoderSpec;
  /** Of the pruned base. */
  readonly smaller: DecoderSpec;
  /** SHA-256 of the manifest. */
  readonly manifest: string;
}

/** Layers 1 and 2 lose half of their units; the adapter has numbers in +-1 on all linears, the head among them. */
export async function prunedPair(
  folder: string,
  config: Readonly<Record<string, unknown>>,
): Promise<PrunedPair> {
  const [base, pruned, compact] = ['base', 'pruned', 'compact'].map((name) => join(folder, name)) as [
    ...[string, string, string],
  ];
  writeRandomBase(base, config);
  const original = openBase(base);
  const { spec } = original;
  const range = { ratio: 0.5, start: 1, end: 3 };
  const plan = selectUnits(spec, range, (layer) => randomScores(spec, uniform(hashKey('units', layer))));
  await writePruned(pruned, original, { method: 'random', seed: 1, ...range, plan });
  original.tensors.close();
  const manifest = await hashFile(join(pruned, manifestFile));
  const smaller = prunedSpec(spec, plan);
  await writeFolder(compact, (inside) => {
    writePeftAdapter(inside, { ...adapterOf(smaller), base: original.name, own: compactForm(manifest) });
  });
  return { base, pruned, compact, spec, smaller, manifest };
}

/** One linear has a rank and an alpha of its own, another its alpha. */
export function adapterOf(spec: DecoderSpec): PeftToWrite {
  const linears = linearsOf(spec);
  const other = linears[1]!.path;
  return {
    base: 'base',
    rank: 3,
    alpha: 6,
    dropout: 0.05,
    rankStabilized: true,
    loraBias: true,
    fanInFanOut: linears.some(({ transposed }) => transposed),
    targets: linears.map(({ path }) => path),
    linears: linears.map(({ path }) => path),
    rankPattern: { [other]: 2 },
    alphaPattern: { [other]: 5, [linears[2]!.path]: 1 },
    modulesToSave: [],
    tensors: linears.flatMap(({ path, inputs, outputs }) => {
      const rank = path === other ? 2 : 3;
      return Object.entries({ A: [rank, inputs], B: [outputs, rank] })
        .map(([key, shape]) => ({ name: `${path}.lora_${key}.weight`, shape }))
        .concat({ name: `${path}.lora_B.bias`, shape: [outputs] })
        .map(({ name, shape }) => {
          const count = shape.reduce((n, size) => n * size, 1);
          return { name, shape, dtype: 'F32' as const, data: randomNumbers(count, name) };
        });
    }),
  };
}

/** adapter_config.json of an adapter's folder. */
export const configIn = (folder: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;

/** A and B of one module. */
export function factorsIn(folder: string, path: string): { A: Float32Array; B: Float32Array } {
  const peft = openPeftAdapter(folder);
  try {
    const { A, B } = peft.modules.get(path)!;
    return { A: A.read(), B: B.read() };
  } finally {
    peft.close();
  }
}
