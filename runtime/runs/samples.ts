/** @file What each training row cost when a run last saw it. */
import { join } from 'node:path';
import { parseSamples } from './events.ts';
import { readLines } from './lines.ts';
import { runFiles } from './names.ts';

/** Loss by row number; what a resume superseded is overwritten by what came again, or stays as the last that is known. */
export function readLastSamples(folder: string): Map<number, number> {
  const losses = new Map<number, number>();
  for (const line of readLines(join(folder, runFiles.samples))) {
    const samples = parseSamples(line);
    if (samples === undefined || 'event' in samples) continue;
    for (const [i, row] of samples.rows.entries()) {
      const loss = samples.losses[i] as number | null | undefined;
      if (typeof loss === 'number') losses.set(row, loss);
    }
  }
  return losses;
}
