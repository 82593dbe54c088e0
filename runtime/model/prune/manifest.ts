/**
 * @file loram_manifest.json: of which base a pruned one was made and which units stayed, so that its adapters can be recovered.
 * What is read is hostile: counts are bounded, indices ascending and in range, file names plain, and the base's hash must agree.
 */
import { basename } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { readJsonObject } from '../../formats/jsonFile.ts';
import { writeText } from '../../formats/textFile.ts';
import type { DecoderSpec, WeightCodes } from '../decoder.ts';
import { limits } from '../families/family.ts';
import type { KeptUnits, PrunePlan } from './units.ts';

export const manifestFile = 'loram_manifest.json';

export const pruneMethods = ['random', 'structured', 'semi', 'unstructured'] as const;
export type PruneMethod = (typeof pruneMethods)[number];

/** Masks leave every shape as it is: there are no kept units, and layers are pruned alike. */
export const wholeShapes = (method: PruneMethod): method is 'semi' | 'unstructured' =>
  method === 'semi' || method === 'unstructured';
/** What goes is decided by what the model makes of rows. */
export const readsRows = (method: PruneMethod): boolean => method !== 'random';

const sizeKeys = ['layers', 'hidden', 'intermediate', 'heads', 'kvHeads', 'headSize'] as const;
/** Sizes of the original, so that a misfit is found before its weights are read. */
export type ManifestSizes = Readonly<Record<(typeof sizeKeys)[number], number>>;

/** A file beside the manifest. */
export interface WeightsFile {
  readonly file: string;
  readonly sha256: string;
}

export interface PruneManifest {
  readonly base: { readonly name: string; readonly revision?: string; readonly sha256: string };
  readonly method: PruneMethod;
  readonly ratio: number;
  readonly seed: number;
  /** First pruned layer, and the one after the last. */
  readonly start: number;
  readonly end: number;
  readonly sizes: ManifestSizes;
  /** Kept units of the pruned layers; empty for `semi` and `unstructured`, whose shapes are the original's. */
  readonly plan: PrunePlan;
  /** Weights that differ from the original's: masked ones, or those of an aligned base. */
  readonly weights?: WeightsFile;
  /** Updates of the continued training that made the pruned base like the original again. */
  readonly alignedSteps?: number;
  /** Codes in which the frozen base is kept for training. */
  readonly quantization?: WeightCodes;
}

export function manifestSizes(spec: DecoderSpec): ManifestSizes {
  const { hidden, intermediate, heads, kvHeads, headSize } = spec;
  return { layers: spec.layers.length, hidden, intermediate, heads, kvHeads, headSize };
}

/** Writes the manifest whole or not at all. Throws `disk-full` or `file-unwritable`. */
export function writeManifest(path: string, { plan, ...rest }: PruneManifest): void {
  const kept = [...plan]
    .sort(([a], [b]) => a - b)
    .map(([layer, { neurons, kvHeads }]) => ({ layer, kvHeads: [...kvHeads], neurons: [...neurons] }));
  const fields = Object.entries({ format: 'loram', version: 1, ...rest });
  const lines = fields.map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  // a line a layer: readable, and a difference shows the layer
  const layers = kept.map((layer) => `    ${JSON.stringify(layer)}`).join(',\n');
  lines.push(`  "kept": [${layers === '' ? '' : `\n${layers}\n  `}]`);
  writeText(path, `{\n${lines.join(',\n')}\n}\n`);
}

type Raw = Readonly<Record<string, unknown>>;

class Reader {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  fail(what: string, problem: string): UserError {
    return new UserError('loram-manifest', `${what} ${problem}.`, {
      place: { file: this.#path, what },
      hint: 'The manifest is damaged or no manifest of a pruned base: prune the base again.',
    });
  }

  object(value: unknown, what: string): Raw {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.fail(what, 'is no object');
    return value as Raw;
  }

  text(value: unknown, what: string, pattern = /^[^\0]{1,1000}$/): string {
    if (typeof value !== 'string' || !pattern.test(value)) throw this.fail(what, 'is missing or unusable');
    return value;
  }

  count(value: unknown, what: string, least: number, most: number): number {
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
      throw this.fail(what, `must be a whole number from ${least} to ${most}`);
    return value as number;
  }

  /** Ascending indices below `size`, at least one. */
  indices(value: unknown, what: string, size: number): Int32Array {
    if (!Array.isArray(value) || value.length < 1 || value.length > size)
      throw this.fail(what, `must list 1 to ${size} units`);
    let before = -1;
    for (const index of value as readonly unknown[]) {
      if (!Number.isSafeInteger(index) || (index as number) <= before || (index as number) >= size)
        throw this.fail(what, `must ascend and stay below ${size}; unit ${before} is followed by another`);
      before = index as number;
    }
    return Int32Array.from(value as number[]);
  }
}

const sha256 = /^[0-9a-f]{64}$/;

/** Reads and checks a manifest. Throws `loram-manifest`, and what reading a JSON file throws. */
export function readManifest(path: string): PruneManifest {
  const raw = readJsonObject(path);
  const read = new Reader(path);
  if (raw['format'] !== 'loram' || raw['version'] !== 1)
    throw read.fail('format', 'is not "loram" of version 1');
  const base = read.object(raw['base'], 'base');
  const revision = base['revision'];
  const givenSizes = read.object(raw['sizes'], 'sizes');
  const sizes = Object.fromEntries(
    sizeKeys.map((key) => [key, read.count(givenSizes[key], `sizes.${key}`, 1, limits.intermediate)]),
  ) as ManifestSizes;
  if (sizes.heads % sizes.kvHeads !== 0) throw read.fail('sizes.kvHeads', 'does not divide sizes.heads');
  const method = pruneMethods.find((name) => name === raw['method']);
  if (!method) throw read.fail('method', `must be one of ${pruneMethods.join(', ')}`);
  const ratio = raw['ratio'];
  if (typeof ratio !== 'number' || !(ratio >= 0 && ratio < 1)) throw read.fail('ratio', 'must be below 1');
  const start = read.count(raw['start'], 'start', 0, sizes.layers - 1);
  const end = read.count(raw['end'], 'end', start + 1, sizes.layers);
  return {
    base: {
      name: read.text(base['name'], 'base.name'),
      ...(revision !== undefined && { revision: read.text(revision, 'base.revision') }),
      sha256: read.text(base['sha256'], 'base.sha256', sha256),
    },
    method,
    ratio,
    seed: read.count(raw['seed'], 'seed', 0, Number.MAX_SAFE_INTEGER),
    ...{ start, end, sizes },
    plan: readPlan(read, raw['kept'], method, { start, end, sizes }),
    ...optionalParts(read, raw),
  };
}

function optionalParts(
  read: Reader,
  raw: Raw,
): Pick<PruneManifest, 'weights' | 'alignedSteps' | 'quantization'> {
  const { weights, alignedSteps, quantization } = raw;
  const file = weights === undefined ? undefined : read.object(weights, 'weights');
  const name = file && read.text(file['file'], 'weights.file');
  // it lies beside the manifest, nowhere else
  if (name !== undefined && (name !== basename(name) || /[\\/:]|^[.]+$/.test(name)))
    throw read.fail('weights.file', 'must be a plain file name');
  return {
    ...(file &&
      name !== undefined && {
        weights: { file: name, sha256: read.text(file['sha256'], 'weights.sha256', sha256) },
      }),
    ...(alignedSteps !== undefined && {
      alignedSteps: read.count(alignedSteps, 'alignedSteps', 1, Number.MAX_SAFE_INTEGER),
    }),
    ...(quantization !== undefined && {
      quantization: read.text(quantization, 'quantization', /^nf4(-double)?$/) as WeightCodes,
    }),
  };
}

function readPlan(
  read: Reader,
  kept: unknown,
  method: PruneMethod,
  { start, end, sizes }: Pick<PruneManifest, 'start' | 'end' | 'sizes'>,
): PrunePlan {
  const wanted = wholeShapes(method) ? 0 : end - start;
  if (!Array.isArray(kept) || kept.length !== wanted)
    throw read.fail('kept', `must list ${wanted} layers of a base pruned by the method ${method}`);
  const plan = new Map<number, KeptUnits>();
  for (const [i, value] of (kept as readonly unknown[]).entries()) {
    const what = `kept[${i}]`;
    const entry = read.object(value, what);
    // one entry a layer of the range, in order
    const layer = read.count(entry['layer'], `${what}.layer`, start + i, start + i);
    plan.set(layer, {
      neurons: read.indices(entry['neurons'], `${what}.neurons`, sizes.intermediate),
      kvHeads: read.indices(entry['kvHeads'], `${what}.kvHeads`, sizes.kvHeads),
    });
  }
  return plan;
}

const ownBase = ({ base }: PruneManifest): string => `The manifest belongs to ${base.name}: name that base.`;

/** Refuses a base of other sizes than the manifest's; `path` is the base's. Throws `loram-base`. */
export function requireSizes(manifest: PruneManifest, spec: DecoderSpec, path: string): void {
  const sizes = manifestSizes(spec);
  const other = sizeKeys.find((key) => sizes[key] !== manifest.sizes[key]);
  if (other === undefined) return;
  throw new UserError(
    'loram-base',
    `${other} is ${sizes[other]}; the pruned base was made of one with ${manifest.sizes[other]}.`,
    { place: { file: path, what: other }, hint: ownBase(manifest) },
  );
}

/** Refuses a base that the manifest wasn't made of: sizes first, then the hash of its files. Throws `loram-base`. */
export function requireBase(manifest: PruneManifest, spec: DecoderSpec, hash: string, path: string): void {
  requireSizes(manifest, spec, path);
  if (hash === manifest.base.sha256) return;
  throw new UserError(
    'loram-base',
    `has the SHA-256 ${hash.slice(0, 12)}...; the manifest names ${manifest.base.sha256.slice(0, 12)}....`,
    { place: { file: path }, hint: ownBase(manifest) },
  );
}
