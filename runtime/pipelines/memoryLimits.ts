/** @file Memory that is not there: said before a run where its estimate tells, else where it ran out; with the setting to change. */
import { machineMemory } from '../config/memory.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { formatBytes, formatCount } from '../contract/format.ts';
import { largestBatch } from '../train/estimate.ts';
import type { TrainingSetup } from './training.ts';

type Setup = Pick<TrainingSetup, 'estimate' | 'train'>;

/** Says before anything is loaded that a run can't fit, and which setting would make it fit. Throws `out-of-memory`. */
export function refuseTooLarge(config: ResolvedConfig, { estimate, train }: Setup): void {
  const there = machineMemory();
  if (estimate.total <= there) return;
  throw new UserError(
    'out-of-memory',
    `the run needs about ${formatBytes(estimate.total)}, this machine has ${formatBytes(there)}: ${shapeWords(config, { estimate, train })}.`,
    { hint: settingToChange(config) },
  );
}

/** What to say where memory ran out all the same. */
export function memoryRanOut(config: ResolvedConfig, setup: Setup, cause: unknown): UserError {
  return new UserError(
    'out-of-memory',
    `memory ran out: ${shapeWords(config, setup)}, about ${formatBytes(setup.estimate.total)} in all.`,
    { hint: settingToChange(config), cause },
  );
}

/** `the largest micro-batch has 4 rows of up to 512 tokens, 2,048 in all; its activations take 1.2 GB, weights 0.5 GB`. */
function shapeWords({ training }: ResolvedConfig, { estimate, train }: Setup): string {
  const lengths = largestBatch(training, train);
  // the longest comes first
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const rows = `${formatCount(lengths.length)} ${lengths.length === 1 ? 'row' : 'rows'}`;
  return `the largest micro-batch has ${rows} of up to ${formatCount(lengths[0] ?? 0)} tokens, ${formatCount(tokens)} in all; its activations take ${formatBytes(estimate.activations)}, weights ${formatBytes(estimate.weights)}`;
}

function settingToChange({ memory, training }: ResolvedConfig): string {
  const batch = training.tokens === undefined ? 'training.batch' : 'training.tokens';
  const lower = `lower ${batch} or data.length`;
  return memory === 'low'
    ? `${lower.charAt(0).toUpperCase()}${lower.slice(1)}.`
    : `Set "memory" to "low", or ${lower}.`;
}
