/** @file Answers of several runs to the same held-out rows, side by side. */
import type { ComparedAnswers } from '../contract/api/compare.ts';
import type { Samples } from '../contract/run.ts';

/** Questions of any run in the order of their first appearance, each with the newest answer of every run that was asked it. */
export function compareAnswers(runs: readonly (Samples | undefined)[]): ComparedAnswers[] {
  const found = new Map<string, { -readonly [K in keyof ComparedAnswers]: ComparedAnswers[K] }>();
  for (const [run, samples] of runs.entries()) {
    if (samples === undefined) continue;
    const last = samples.given.at(-1);
    for (const [i, { row, prompt, wanted }] of samples.questions.entries()) {
      const key = JSON.stringify([row, prompt, wanted]);
      const known = found.get(key) ?? { row, prompt, wanted, base: null, given: runs.map(() => null) };
      const answer = last?.answers[i];
      found.set(key, {
        ...known,
        base: known.base ?? samples.base[i] ?? null,
        given: known.given.with(run, last && answer ? { step: last.step, ...answer } : null),
      });
    }
  }
  return [...found.values()];
}
