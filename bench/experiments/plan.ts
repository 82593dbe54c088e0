/** @file How long what is left will take: from runs that are done where there are some, else from the task's own figures. Pure. */
import type { Arm, Done, Study } from './experiment.ts';
import { expectedTrials, nextTrials } from './protocol.ts';

export interface PlannedArm {
  readonly arm: string;
  /** Trainings still to do if no grid grows. */
  readonly runs: number;
  readonly secondsEach: number;
}

/** Seconds of one training by the task's figures: quiet machine, two cores. */
export function statedSeconds({ task, training }: Study, arm: Arm): number {
  const { step, evaluation, rest } = task.seconds;
  const { steps, evaluateEvery } = { ...training, ...arm.training };
  const evaluations = evaluateEvery === 0 ? 1 : Math.ceil(steps / evaluateEvery);
  return steps * step * (arm.cost ?? 1) + evaluations * evaluation + rest;
}

/** The mean of an arm's own runs, else the figures scaled by how the study's other runs compare with theirs. */
export function secondsOf(study: Study, arm: Arm, done: readonly Done[]): number {
  const mean = (runs: readonly Done[]): number =>
    runs.reduce((sum, { result }) => sum + result.seconds.total, 0) / runs.length;
  const ofArm = (name: string): Done[] =>
    done.filter(({ trial, result }) => trial.arm === name && !result.failed);
  const own = ofArm(arm.name);
  if (own.length > 0) return mean(own);
  const factors = study.arms
    .map((other) => ({ other, runs: ofArm(other.name) }))
    .filter(({ runs }) => runs.length > 0)
    .map(({ other, runs }) => mean(runs) / statedSeconds(study, other));
  const factor = factors.reduce((sum, one) => sum + one, 0) / factors.length;
  return statedSeconds(study, arm) * (factors.length > 0 ? factor : 1);
}

/** What a study still takes. Trainings that are known by now count as they are; those that wait for these as if no grid grew. */
export function planOf(study: Study, done: readonly Done[]): PlannedArm[] {
  const wanted = nextTrials(study, done);
  return expectedTrials(study).map(({ arm, count }) => {
    const finished = done.filter(({ trial }) => trial.arm === arm.name).length;
    const known = wanted.filter((trial) => trial.arm === arm.name).length;
    return {
      arm: arm.name,
      runs: Math.max(known, wanted.length === 0 ? 0 : count - finished),
      secondsEach: secondsOf(study, arm, done),
    };
  });
}

export const planSeconds = (plan: readonly PlannedArm[]): number =>
  plan.reduce((sum, { runs, secondsEach }) => sum + runs * secondsEach, 0);

/** Smaller in everything, to see that all parts work: its numbers say nothing. */
export function quickStudy(study: Study): Study {
  const steps = Math.max(2, Math.ceil(study.training.steps / 20));
  return {
    ...study,
    training: { ...study.training, steps, evaluateEvery: Math.ceil(steps / 2) },
    seeds: study.seeds.slice(0, 2),
    tuningSeeds: 1,
    arms: study.arms.map((arm) => ({
      ...arm,
      training: { ...arm.training, ...(arm.training?.steps !== undefined && { steps }) },
      rates: { ...arm.rates, count: Math.min(2, arm.rates.count), extend: 0 },
    })),
    task: { ...study.task, measures: study.task.measures.filter(({ kind }) => kind === 'loss') },
  };
}

/** `1 h 12 min`, `3 min`, `20 s`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
