/** @file Combinations of keys that can't work (errors) or where one has no effect (warnings); nothing here touches a file. */
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { fullMatches, suffixMatches } from '../formats/pythonPattern.ts';
import { entryOf, originOf } from './located.ts';
import type { LocatedObject, Origin } from './located.ts';
import { allLinear, isAllLinear } from './targets.ts';
import type { Report } from './validate.ts';

/** A resolved config with the values it came from. */
export interface Merged {
  readonly config: ResolvedConfig;
  readonly root: LocatedObject;
}

interface Scene extends Merged {
  readonly report: Report;
  /** Whether the text (or a `--set`) gives this key: defaults cause no warnings. */
  readonly given: (section: keyof ResolvedConfig, key: string) => boolean;
  readonly at: (...path: (string | number)[]) => Origin;
}

export function reportConflicts(merged: Merged, report: Report): void {
  const scene: Scene = {
    ...merged,
    report,
    given: (section, key) => entryOf(entryOf(merged.root, section)?.value, key) !== undefined,
    at: (...path) => originOf(merged.root, path),
  };
  reportUnused(scene);
  reportContinued(scene);
  reportRates(scene);
  reportEvaluation(scene);
  reportTargets(scene);
  reportPatterns(scene);
}

/** Keys that stand in each other's place, or belong to another optimiser, or to a step that is off. */
function reportUnused({ config: { training, data }, report, given, at }: Scene): void {
  const byTokens = training.tokens === undefined ? undefined : 'beside "tokens"';
  const bySteps = training.steps === undefined ? undefined : 'beside "steps"';
  const unlessOptimizer = (name: string): string | undefined =>
    training.optimizer === name ? undefined : `with the optimizer "${training.optimizer}"`;
  const noDecay = training.decayAll && training.weightDecay === 0 ? 'while "weightDecay" is 0' : undefined;
  const noEvaluation = data.validation === 0 ? 'while "data.validation" is 0' : undefined;
  const reasons: readonly (readonly [keyof typeof training, string | undefined])[] = [
    ['batch', byTokens],
    ['epochs', bySteps],
    ['momentum', unlessOptimizer('sgd')],
    ['betas', unlessOptimizer('adamw')],
    ['eps', unlessOptimizer('adamw')],
    ['decayAll', noDecay],
    ['evaluateEvery', training.evaluateEvery > 0 ? noEvaluation : undefined],
    ['keepBest', training.keepBest ? noEvaluation : undefined],
  ];
  for (const [key, why] of reasons) {
    if (why === undefined || !given('training', key)) continue;
    const message = `"${key}" has no effect ${why}.`;
    const hint = 'Leave it out, or set it to null.';
    report({ severity: 'warning', code: 'option-unused', message, at: at('training', key), hint });
  }
}

/** An adapter that is continued brings all but its dropout with it. */
function reportContinued({ config: { method }, report, given, at }: Scene): void {
  if (method.from === undefined) return;
  for (const key of [
    'rank',
    'alpha',
    'rankStabilized',
    'targets',
    'layers',
    'rankPattern',
    'alphaPattern',
    'modulesToSave',
  ]) {
    if (!given('method', key)) continue;
    const message = `"${key}" has no effect beside "from": the adapter there has its own.`;
    const hint = 'Leave it out, or set it to null.';
    report({ severity: 'warning', code: 'option-unused', message, at: at('method', key), hint });
  }
}

function reportRates({ config: { training }, report, at }: Scene): void {
  const { steps, warmup, learningRate } = training;
  if (steps !== undefined && warmup >= 1 && warmup >= steps) {
    const message = `All ${steps} steps are warm-up: the learning rate never leaves it.`;
    report({ severity: 'warning', code: 'warmup-long', message, at: at('training', 'warmup') });
  }
  if (training.optimizer === 'adamw' && learningRate > 0.1) {
    const message = `A learning rate of ${learningRate} is far above what adapters learn with.`;
    const hint = 'With AdamW 1e-5 to 1e-2 is usual.';
    const place = at('training', 'learningRate');
    report({ severity: 'warning', code: 'learning-rate-high', message, at: place, hint });
  }
}

function reportEvaluation({ config: { training, data }, report, at }: Scene): void {
  if (training.patience === 0) return;
  const why =
    data.validation === 0
      ? 'there is nothing to evaluate on: "data.validation" is 0'
      : training.evaluateEvery === 0
        ? 'it waits for evaluations, and "evaluateEvery" is 0'
        : undefined;
  if (why === undefined) return;
  const message = `"patience" can never stop the run: ${why}.`;
  report({ severity: 'error', code: 'option-conflict', message, at: at('training', 'patience') });
}

function reportTargets({ config: { method }, report, at, given }: Scene): void {
  const { targets, layers, modulesToSave } = method;
  const conflict = (key: string, message: string, hint?: string): void => {
    report({ severity: 'error', code: 'option-conflict', message, at: at('method', key), hint });
  };
  if (typeof targets === 'string' && !isAllLinear(targets)) {
    if (layers !== undefined)
      conflict(
        'layers',
        '"layers" works with names and "all-linear", not with a regular expression.',
        'Name the blocks in the expression.',
      );
    else checkPattern(targets, fullMatches, report, at('method', 'targets'));
  }
  if (Array.isArray(targets) && targets.some(isAllLinear))
    conflict('targets', `"${allLinear}" is no name in a list.`, `Write "targets": "${allLinear}".`);
  if (Array.isArray(targets) && targets.length === 0 && modulesToSave.length === 0)
    conflict(
      'targets',
      'Nothing would be trained: "targets" is empty.',
      'Name modules, or use "all-linear".',
    );
  if (layers?.length === 0)
    conflict('layers', 'No block would get an adapter: "layers" is empty.', 'Leave it out for all blocks.');
  const saved = Array.isArray(targets) ? modulesToSave.filter((name) => targets.includes(name)) : [];
  if (saved.length > 0 && given('method', 'modulesToSave'))
    conflict(
      'modulesToSave',
      `${JSON.stringify(saved[0])} is trained whole and can't have an adapter as well.`,
      'Take it out of "targets".',
    );
}

function reportPatterns({ config: { method }, report, at }: Scene): void {
  for (const key of ['rankPattern', 'alphaPattern'] as const)
    for (const pattern of Object.keys(method[key]))
      checkPattern(pattern, suffixMatches, report, at('method', key, pattern));
}

function checkPattern(pattern: string, match: typeof fullMatches, report: Report, at: Origin): void {
  try {
    match(pattern, []);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    report({ severity: 'error', code: error.code, message: error.message, at, hint: error.hint });
  }
}
