/** @file A pruned base on disk: a folder with the manifest and, where weights differ from the original's, their file. */
import { dirname, join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { writeFolder } from '../formats/atomicFolder.ts';
import type { TensorToWrite } from '../formats/safetensors.ts';
import type { Base } from '../model/decoder.ts';
import {
  manifestFile,
  manifestSizes,
  readManifest,
  requireBase,
  writeManifest,
} from '../model/prune/manifest.ts';
import type { PruneManifest } from '../model/prune/manifest.ts';
import { prunedBase } from '../model/prune/prunedBase.ts';
import { PrunedWeights, prunedWeightsFile, writePrunedWeights } from '../model/prune/weightsFile.ts';
import { quantizedBase } from '../model/quantize/quantizedBase.ts';
import { hashFile, hashFiles } from '../runs/hash.ts';

/** How a base was pruned; what the base itself says is added. */
export type Pruned = Pick<
  PruneManifest,
  'method' | 'ratio' | 'seed' | 'start' | 'end' | 'plan' | 'alignedSteps' | 'quantization'
>;

/**
 * Writes the folder whole or not at all: the manifest of `original`, and `tensors` (masked or aligned ones) where there are any.
 * Throws `disk-full` or `file-unwritable`.
 */
export async function writePruned(
  folder: string,
  original: Base,
  pruned: Pruned,
  tensors: readonly TensorToWrite[] = [],
): Promise<void> {
  const sha256 = await hashFiles(original.files);
  await writeFolder(folder, async (inside) => {
    const file = join(inside, prunedWeightsFile);
    if (tensors.length > 0) writePrunedWeights(file, tensors);
    const weights =
      tensors.length > 0 ? { file: prunedWeightsFile, sha256: await hashFile(file) } : undefined;
    const { name, revision, spec } = original;
    writeManifest(join(inside, manifestFile), {
      base: { name, ...(revision !== undefined && { revision }), sha256 },
      sizes: manifestSizes(spec),
      ...pruned,
      ...(weights && { weights }),
    });
  });
}

export interface OpenedPruned {
  /** What training sees; closing it closes the original too. */
  readonly base: Base;
  readonly manifest: PruneManifest;
}

/**
 * The pruned base that a manifest makes of `original`, in 4 bits where it says so.
 * Throws `loram-manifest`, `loram-base`, `loram-weights`, and what reading the files throws.
 */
export async function openPruned(original: Base, path: string): Promise<OpenedPruned> {
  const manifest = readManifest(path);
  requireBase(manifest, original.spec, await hashFiles(original.files), original.path);
  const weights = manifest.weights && (await openWeights(path, manifest.weights));
  const pruned = prunedBase(original, manifest.plan, weights);
  const base = { ...pruned, files: [...pruned.files, path] };
  const { quantization } = manifest;
  return { base: quantization === undefined ? base : quantizedBase(base, quantization), manifest };
}

async function openWeights(
  manifest: string,
  { file, sha256 }: NonNullable<PruneManifest['weights']>,
): Promise<PrunedWeights> {
  const path = join(dirname(manifest), file);
  const found = await hashFile(path);
  if (found === sha256) return PrunedWeights.open(path);
  throw new UserError(
    'loram-weights',
    `has the SHA-256 ${found.slice(0, 12)}...; the manifest names ${sha256.slice(0, 12)}....`,
    { place: { file: path }, hint: 'The two files belong to different pruned bases: prune the base again.' },
  );
}
