/** @file Learning rates by step: warm-up, then constant, linear to zero, or half a cosine to zero. */
import type { TrainingConfig } from '../contract/config.ts';

type ScheduleConfig = Pick<TrainingConfig, 'learningRate' | 'schedule' | 'warmup'>;

/** Steps of warm-up: a fraction of all below 1 (rounded up), a number of steps from 1 on. */
export function warmupSteps(warmup: number, steps: number): number {
  return Math.min(steps, warmup < 1 ? Math.ceil(warmup * steps) : Math.round(warmup));
}

/**
 * Rate of 0-based step t of `steps`: (t + 1) / warmup in the warm-up; after it, with p = (t - warmup) / (steps - warmup),
 * constant 1, linear 1 - p, cosine (1 + cos(pi p)) / 2, each times the learning rate.
 */
export function learningRateAt(
  { learningRate, schedule, warmup }: ScheduleConfig,
  t: number,
  steps: number,
): number {
  const warm = warmupSteps(warmup, steps);
  if (t < warm) return (learningRate * (t + 1)) / warm;
  const progress = (t - warm) / Math.max(1, steps - warm);
  switch (schedule) {
    case 'constant':
      return learningRate;
    case 'linear':
      return learningRate * (1 - progress);
    case 'cosine':
      return (learningRate * (1 + Math.cos(Math.PI * progress))) / 2;
  }
}
