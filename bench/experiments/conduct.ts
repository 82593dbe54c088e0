/** @file Carries out an experiment: study by study, training by training, until it is complete or its time is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../../runtime/contract/errors.ts';
import { SharedParts } from '../../runtime/pipelines/sharedParts.ts';
import { rateAt } from './experiment.ts';
import { baseAlone } from './baseAlone.ts';
import type { Done, Experiment, Study, StudyResult, Trial, TrialResult } from './experiment.ts';
import { duration, planOf, planSeconds, secondsOf } from './plan.ts';
import { armNamed, nextTrials } from './protocol.ts';
import { resolveTrial, runTrial } from './trial.ts';
import type { Laboratory } from './trial.ts';
import { digits, quantityText } from './verdict.ts';

/** Between looks at what other processes are still computing. */
const OTHERS_MS = 1000;

export interface Conduct extends Omit<Laboratory, 'parts'> {
  readonly say: (line: string) => void;
  /** A training broke off by a mistake, of the program or of the definition. */
  readonly broke: (line: string) => void;
  /** Seconds that are left; a training that would take longer isn't begun. */
  readonly secondsLeft: () => number;
}

/** What is known already and what is still to do, before anything is trained. Throws for a config that is refused. */
export async function surveyed(experiment: Experiment, conduct: Conduct): Promise<StudyResult[]> {
  const results: StudyResult[] = [];
  for (const study of experiment.studies) {
    for (const { name } of study.arms)
      resolveTrial(study, { arm: name, k: 0, seed: study.seeds[0]! }, conduct.store.folder, conduct.device);
    results.push(await collect(study, conduct, false));
  }
  tell(results, conduct);
  return results;
}

/** The table of what is to be done. */
function tell(results: readonly StudyResult[], { say }: Conduct): void {
  let all = 0;
  for (const { study, done } of results) {
    const plan = planOf(study, done);
    const seconds = planSeconds(plan);
    all += seconds;
    say(
      `${study.name}: ${done.length} trainings are known, ${plan.reduce((n, { runs }) => n + runs, 0)} to do, about ${duration(seconds)}`,
    );
    for (const { arm, runs, secondsEach } of plan)
      if (runs > 0) say(`  ${arm}: ${runs} of ${duration(secondsEach)}`);
  }
  say(
    `in all about ${duration(all)} (as runs that are done took, else by figures of two quiet cores), more where a grid grows`,
  );
}

/** Trains what lacks. What is in the results was measured, whether or not the time sufficed. */
export async function conducted(experiment: Experiment, conduct: Conduct): Promise<StudyResult[]> {
  const results: StudyResult[] = [];
  for (const study of experiment.studies) results.push(await collect(study, conduct, true));
  return results;
}

/** Results of one study; base, tokens and sessions are shared by its trainings and given back at its end. */
async function collect(study: Study, conduct: Conduct, trains: boolean): Promise<StudyResult> {
  const done: Done[] = [];
  const broken = new Set<string>();
  let parts = new SharedParts();
  const renew = async (): Promise<void> => {
    await parts[Symbol.asyncDispose]();
    parts = new SharedParts();
  };
  try {
    const { evaluation, rest } = study.task.seconds;
    const alone = await baseAlone(
      study,
      { ...conduct, parts },
      trains && !conduct.signal.aborted && evaluation + rest < conduct.secondsLeft(),
    );
    for (;;) {
      const wanted = nextTrials(study, done).filter(({ arm }) => !broken.has(arm));
      const before = done.length;
      let taken = false;
      for (const trial of wanted) {
        if (broken.has(trial.arm)) continue;
        const arm = armNamed(study, trial.arm);
        const tooLong = conduct.signal.aborted || secondsOf(study, arm, done) > conduct.secondsLeft();
        try {
          const outcome = await runTrial(study, trial, { ...conduct, parts }, trains && !tooLong);
          taken ||= outcome === 'taken';
          if (!outcome || outcome === 'taken') continue;
          done.push({ trial, key: outcome.key, result: outcome.result });
          if (!outcome.isNew) continue;
          conduct.say(`${trialText(study, trial, outcome.result)}; ${leftText(study, done)}`);
          // what a failure may have left behind is not shared
          if (outcome.result.failed !== undefined) await renew();
        } catch (error) {
          // nothing is kept of it, and the other methods go on
          broken.add(trial.arm);
          conduct.broke(`${study.name}, ${trial.arm}: ${describeError(error)}`);
          await renew();
        }
      }
      if (done.length > before) continue;
      // nothing more is known, or may be trained now
      if (!taken) return { study, done, alone };
      await sleep(OTHERS_MS);
    }
  } finally {
    await parts[Symbol.asyncDispose]();
  }
}

const leftText = (study: Study, done: readonly Done[]): string =>
  `about ${duration(planSeconds(planOf(study, done)))} left here`;

function trialText({ name, arms, task }: Study, { arm, k, seed }: Trial, result: TrialResult): string {
  const { rates } = arms.find((one) => one.name === arm)!;
  const { failed, seconds, evaluations, measured } = result;
  const numbers = [
    `${quantityText('validation')} ${digits(evaluations.at(-1)?.loss ?? NaN)}`,
    ...task.measures.map((measure) => `${measure.name} ${digits(measured[measure.name] ?? NaN)}`),
  ];
  return `${name}, ${arm}, rate ${rateAt(rates, k)}, seed ${seed}: ${failed ?? numbers.join(', ')} (${duration(seconds.total)})`;
}
