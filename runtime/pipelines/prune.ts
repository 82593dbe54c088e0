/** @file Prunes a base for LoRAM on request: rows of a file for what scores by them, a folder, and what it saves. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { openBase } from '../model/base.ts';
import type { Base } from '../model/decoder.ts';
import { readsRows, wholeShapes } from '../model/prune/manifest.ts';
import { storageReport } from '../model/prune/storage.ts';
import type { StorageReport } from '../model/prune/storage.ts';
import { Device } from '../ort/device.ts';
import type { TokenRow } from '../train/batch.ts';
import { pruneBase } from './pruneBase.ts';
import type { PruneRequest } from './pruneBase.ts';
import { readRows, tokenizerOf } from './readRows.ts';

export interface PruneOptions {
  readonly base: string;
  /** A folder that does not exist yet. */
  readonly output: string;
  readonly request: PruneRequest;
  /** Rows that `structured` scores units by, and that masks are calibrated on. */
  readonly data?: string;
  readonly rows: number;
  readonly length: number;
}

export interface PrunedOnDisk {
  readonly report: StorageReport;
  /** Bytes in the new folder, which needs the original's files beside it. */
  readonly diskBytes: number;
}

/**
 * Writes the folder and says what training on it saves. Throws `prune-output`, `prune-data`, `prune-layers` and what opening the
 * base, reading rows and pruning throw; nothing is left then.
 */
export async function pruneToFolder(options: PruneOptions): Promise<PrunedOnDisk> {
  const { output, request } = options;
  if (existsSync(output))
    throw new UserError('prune-output', 'exists already.', {
      place: { file: output },
      hint: 'Name a folder that does not exist yet.',
    });
  const original = openBase(options.base);
  try {
    requireLayers(original, request);
    const rows = await rowsFor(original, options);
    await using device = new Device({ provider: 'cpu', threads: availableParallelism() });
    const longest = Math.max(1, ...rows.map(({ ids }) => ids.length));
    const { base, manifest } = await pruneBase(original, request, {
      engine: { device, policy: 'low', span: 1, headRows: 16, longest },
      batches: batchesOf(rows),
      folder: output,
    });
    base.tensors.close();
    const zeros = wholeShapes(manifest.method) ? manifest.ratio : 0;
    const files = readdirSync(output).map((name) => statSync(join(output, name)).size);
    return {
      report: storageReport(original.spec, base.spec, zeros),
      diskBytes: files.reduce((sum, bytes) => sum + bytes, 0),
    };
  } finally {
    original.tensors.close();
  }
}

/** Each micro-batch reads all weights again, so that few large ones are the quicker. */
const BATCH_ROWS = 8;

const batchesOf = (rows: readonly TokenRow[]): TokenRow[][] =>
  Array.from({ length: Math.ceil(rows.length / BATCH_ROWS) }, (_, i) =>
    rows.slice(i * BATCH_ROWS, (i + 1) * BATCH_ROWS),
  );

/** Says in the words of the request that no layer is left to be pruned. */
function requireLayers({ spec, path }: Base, { method, first, last }: PruneRequest): void {
  const layers = spec.layers.length;
  if (wholeShapes(method) || first + last < layers) return;
  throw new UserError(
    'prune-layers',
    `has ${layers} layers: with the first ${first} and the last ${last} left whole none is pruned.`,
    { place: { file: path }, hint: 'Leave fewer whole: --first and --last.' },
  );
}

async function rowsFor(base: Base, options: PruneOptions): Promise<TokenRow[]> {
  const { data, rows: most, length, request } = options;
  if (!readsRows(request.method)) return [];
  if (data === undefined)
    throw new UserError('prune-data', `the method ${request.method} goes by rows: name a file of them.`, {
      place: { what: '--data' },
      hint: 'Rows like those that will be trained on; "random" needs none.',
    });
  const { rows } = await readRows(base, tokenizerOf(base), { file: data, length, most, trainOn: 'all' });
  return rows;
}
