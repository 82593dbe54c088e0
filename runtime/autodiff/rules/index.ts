/** @file The table of gradient rules, put together from its families; an operator without one doesn't compile. */
import type { Rules } from '../rule.ts';
import { elementwise } from './elementwise.ts';
import { linalg } from './linalg.ts';
import { movement } from './movement.ts';
import { normalization } from './normalization.ts';
import { reduction } from './reduction.ts';

export const families = { elementwise, linalg, movement, normalization, reduction };

export const rules: Rules = { ...elementwise, ...linalg, ...movement, ...normalization, ...reduction };
