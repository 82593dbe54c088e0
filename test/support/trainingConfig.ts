/** @file The training part of a config for tests. */
import type { TrainingConfig } from '../../runtime/contract/config.ts';
import { runConfig } from './runConfig.ts';

export const trainingConfig = (changes: Partial<TrainingConfig> = {}): TrainingConfig =>
  runConfig('runs', changes).training;
