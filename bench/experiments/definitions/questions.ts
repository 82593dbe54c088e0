/** @file Questions that several experiments ask. */
import type { Quantity, Question } from '../experiment.ts';

/** The claim: the arm's loss is below that of the other. */
export const less = (arm: string, than: string, at: Quantity = 'validation'): Question => ({
  kind: 'compare',
  arm,
  than,
  at,
  claim: 'less',
});

/** Nothing is claimed. */
export const differ = (arm: string, than: string): Question => ({
  kind: 'differ',
  arm,
  than,
  at: 'validation',
});

/** The arm's loss is at most this share above that of the other. */
export const noWorse = (arm: string, than: string, margin: number): Question => ({
  kind: 'no worse',
  arm,
  than,
  at: 'validation',
  margin,
});
