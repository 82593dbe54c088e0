/** @file Advice on numbers that are allowed but rarely meant: what the text alone tells. Each span names its source. */
import type { ResolvedConfig, TrainingConfig } from '../contract/config.ts';
import type { Merged } from './conflicts.ts';
import { fix } from './finding.ts';
import type { Finding, Report } from './finding.ts';
import { entryOf, keyOriginOf, originOf } from './located.ts';
import type { Origin } from './located.ts';

/**
 * Learning rates that LoRA was published with: 1e-5 to 1e-2 by AdamW (arXiv:2106.09685, appendix D: 2e-4 to 2e-3;
 * arXiv:2305.14314: 1e-4 and 2e-4; PEFT's examples up to 1e-2), by plain SGD about a hundred times as much.
 */
const usualRates: Readonly<Record<TrainingConfig['optimizer'], readonly [low: number, high: number]>> = {
  adamw: [1e-6, 0.02],
  sgd: [1e-5, 10],
};
/** In the middle of those published, on a logarithmic scale. */
const safeRate: Readonly<Record<TrainingConfig['optimizer'], number>> = { adamw: 2e-4, sgd: 0.02 };
/** LoRA's and PEFT's examples use 0 to 0.1. */
const mostDropout = 0.5;
/** Decay times learning rate is the share of each weight that is lost a step (arXiv:1711.05101); 0 to 0.1 is usual. */
const mostDecay = 1;
/** Below these a cosine or a warm-up has no shape, and Adam's moments have not met. */
export const fewestSteps = 10;

interface Scene extends Merged {
  readonly report: Report;
  readonly at: (...path: (string | number)[]) => Origin;
  readonly keyAt: (...path: string[]) => Origin;
}

export function reportAdvice(merged: Merged, report: Report): void {
  const scene: Scene = {
    ...merged,
    report,
    at: (...path) => originOf(merged.root, path),
    keyAt: (...path) => keyOriginOf(merged.root, path),
  };
  reportRate(scene);
  reportMoments(scene);
  reportDropout(scene);
  reportRepeated(scene);
  reportOwnValidation(scene);
  const { steps } = merged.config.training;
  if (steps === undefined) return;
  const places: StepPlaces = {
    at: (path) => originOf(merged.root, path),
    gives: (section, key) => entryOf(entryOf(merged.root, section)?.value, key) !== undefined,
  };
  for (const finding of stepAdvice(merged.config, places, steps)) report(finding);
}

function reportRate({ config: { training }, report, at }: Scene): void {
  const { optimizer, learningRate } = training;
  const [low, high] = usualRates[optimizer];
  if (learningRate >= low && learningRate <= high) return;
  const place = at('training', 'learningRate');
  const above = learningRate > high;
  report({
    severity: above ? 'warning' : 'information',
    code: above ? 'learning-rate-high' : 'learning-rate-low',
    message: `A learning rate of ${learningRate} is far ${above ? 'above' : 'below'} what adapters learn with.`,
    at: place,
    hint: optimizer === 'adamw' ? 'With AdamW 1e-5 to 1e-2 is usual.' : 'With SGD 1e-3 to 1 is usual.',
    fixes: [
      fix(`Change to ${safeRate[optimizer]}`, {
        kind: 'put',
        at: place,
        path: ['training', 'learningRate'],
        value: safeRate[optimizer],
      }),
    ],
  });
}

function reportMoments({ config: { training }, report, at, keyAt }: Scene): void {
  const [first, second] = training.betas;
  // the condition under which Adam's steps stay bounded (arXiv:1412.6980, section 4: beta1² / sqrt(beta2) < 1)
  if (training.optimizer === 'adamw' && first * first >= Math.sqrt(second))
    report({
      severity: 'warning',
      code: 'betas-unstable',
      message: `With betas ${first} and ${second} the first moment outlives the second: steps can grow without bound.`,
      at: at('training', 'betas'),
      hint: 'Usual are 0.9 and 0.999.',
      fixes: [fix('Return to 0.9 and 0.999', { kind: 'remove', at: keyAt('training', 'betas') })],
    });
  if (training.weightDecay >= mostDecay)
    report({
      severity: 'warning',
      code: 'weight-decay-high',
      message: `A weight decay of ${training.weightDecay} pulls the adapter back to nothing.`,
      at: at('training', 'weightDecay'),
      hint: '0 to 0.1 is usual.',
      fixes: [fix('Change to 0.01', { kind: 'set', at: at('training', 'weightDecay'), value: 0.01 })],
    });
}

function reportDropout({ config: { method }, report, at }: Scene): void {
  const { dropout = 0 } = method;
  if (dropout < mostDropout) return;
  report({
    severity: 'warning',
    code: 'dropout-high',
    message: `Dropout ${dropout} hides ${Math.round(100 * dropout)} of 100 inputs of the adapter at each step.`,
    at: at('method', 'dropout'),
    hint: '0 to 0.1 is usual.',
    fixes: [fix('Change to 0.05', { kind: 'set', at: at('method', 'dropout'), value: 0.05 })],
  });
}

/** The same entry twice in a list means no more than once. */
function reportRepeated({ config: { method }, report, at }: Scene): void {
  const lists = { targets: method.targets, layers: method.layers, modulesToSave: method.modulesToSave };
  for (const [key, list] of Object.entries(lists)) {
    if (!Array.isArray(list)) continue;
    const first = new Map<unknown, number>();
    (list as readonly unknown[]).forEach((item, i) => {
      const before = first.get(item);
      if (before === undefined) {
        first.set(item, i);
        return;
      }
      report({
        severity: 'hint',
        code: 'entry-repeated',
        message: `${JSON.stringify(item)} stands in "${key}" twice.`,
        at: at('method', key, i),
        fixes: [fix('Remove it', { kind: 'remove', at: at('method', key, i) })],
        related: [{ message: 'The first one', at: at('method', key, before) }],
      });
    });
  }
}

function reportOwnValidation({ config: { data }, report, at }: Scene): void {
  if (data.validation !== data.train) return;
  report({
    severity: 'warning',
    code: 'validation-is-training',
    message: 'The rows to evaluate on are the training rows: the loss there says nothing about other rows.',
    at: at('data', 'validation'),
    hint: 'Name another file, or the share of the rows to hold out.',
    fixes: [fix('Hold out 5 % of the rows', { kind: 'set', at: at('data', 'validation'), value: 0.05 })],
  });
}

export interface StepPlaces {
  readonly at: (path: readonly string[]) => Origin;
  readonly gives: (section: string, key: string) => boolean;
}

/** What the number of steps makes of the keys that count in steps. `steps` may come from the data. */
export function stepAdvice({ training, data }: ResolvedConfig, places: StepPlaces, steps: number): Finding[] {
  const found: Finding[] = [];
  const at = (key: string): Origin => places.at(['training', key]);
  if (training.warmup >= 1 && training.warmup >= steps)
    found.push({
      severity: 'warning',
      code: 'warmup-long',
      message: `All ${steps} steps are warm-up: the learning rate never leaves it.`,
      at: at('warmup'),
      fixes: [fix('Warm up 3 % of the steps', { kind: 'set', at: at('warmup'), value: 0.03 })],
    });
  if (steps < fewestSteps)
    found.push({
      severity: 'information',
      code: 'few-steps',
      message: `The run has ${steps} ${steps === 1 ? 'step' : 'steps'}: the adapter hardly moves.`,
      at: at(training.steps === undefined ? 'epochs' : 'steps'),
      hint: 'Choose more epochs or steps, or a smaller batch.',
    });
  const counted = ['checkpointEvery', ...(data.validation === 0 ? [] : ['evaluateEvery'])] as const;
  for (const key of counted) {
    const every = training[key as 'checkpointEvery' | 'evaluateEvery'];
    if (!places.gives('training', key) || every <= steps) continue;
    const what = key === 'evaluateEvery' ? 'evaluates' : 'writes a checkpoint';
    found.push({
      severity: 'information',
      code: 'interval-long',
      message: `"${key}" is ${every}, the run has ${steps} steps: it ${what} only at the end.`,
      at: at(key),
      fixes: [
        fix(`Change to ${Math.max(1, Math.floor(steps / 5))}`, {
          kind: 'set',
          at: at(key),
          value: Math.max(1, Math.floor(steps / 5)),
        }),
      ],
    });
  }
  return found;
}
