/** @file The optimisers by their key in the config. */
import type { TrainingConfig } from '../../contract/config.ts';
import { adamw } from './adamw.ts';
import type { Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

export const optimizers: Readonly<Record<TrainingConfig['optimizer'], Optimizer>> = { adamw, sgd };
