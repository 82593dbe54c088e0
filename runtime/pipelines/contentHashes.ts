/** @file What a run is made from, by hash: with other rows or weights the rest of a resumed run would be another run's. */
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import type { RunRecorder } from '../runs/record.ts';
import type { SharedParts } from './sharedParts.ts';
import type { TrainingSetup } from './training.ts';

/** SHA-256 by what it is of: base, train, validation. */
export type Hashes = Readonly<Record<string, string>>;

/** Of all that a run is made from; rows that are held out come from the training file. */
export async function contentHashes(
  { data }: ResolvedConfig,
  { base, train, validation }: TrainingSetup,
  parts: SharedParts,
): Promise<Hashes> {
  const held = typeof data.validation === 'string' ? validation?.totals.contentHash : undefined;
  return {
    base: await parts.baseHash(base),
    train: train.totals.contentHash,
    ...(held !== undefined && { validation: held }),
  };
}

/** With other rows or weights the rest of the run would be that of another run. Throws `content-changed`. */
export function refuseChanged(
  { config, record }: Pick<RunRecorder, 'config' | 'record'>,
  hashes: Hashes,
): void {
  for (const [role, hash] of Object.entries(hashes)) {
    const before = record.hashes[role];
    if (before === undefined || before === hash) continue;
    const { base, data } = config;
    throw new UserError('content-changed', 'has another content than when the run was started.', {
      place: { file: role === 'base' ? base : role === 'train' ? data.train : String(data.validation) },
      hint: 'Bring the earlier content back, or start a new run: "method.from" can name its last checkpoint.',
    });
  }
}
