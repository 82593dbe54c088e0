/** @file Combinations of keys that can't work (errors) or where one has no effect (warnings); nothing here touches a file. */
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { methodOf, smallerBaseOf } from '../methods/index.ts';
import { notOffered, providerOf } from './options.ts';
import type { layersOf } from './resolve.ts';
import { fullMatches, suffixMatches } from '../formats/pythonPattern.ts';
import { entryOf, keyOriginOf, originOf } from './located.ts';
import type { LocatedObject, Origin } from './located.ts';
import { allLinear, isAllLinear } from './targets.ts';
import { fix } from './finding.ts';
import type { Report } from './finding.ts';
import type { ProposedFix } from './edits.ts';

/** A resolved config with the values it came from. */
export interface Merged {
  readonly config: ResolvedConfig;
  readonly root: LocatedObject;
}

interface Scene extends Merged {
  readonly layer: ReturnType<typeof layersOf>;
  readonly report: Report;
  /** Whether the text (or a `--set`) gives this key: defaults cause no warnings. */
  readonly given: (section: keyof ResolvedConfig, key: string) => boolean;
  readonly at: (...path: (string | number)[]) => Origin;
  readonly keyAt: (...path: string[]) => Origin;
}

/** Why a key has no effect, and which key makes it so. */
interface Reason {
  readonly why: string;
  readonly by: readonly ['training' | 'method' | 'data', string];
}

export function reportConflicts(merged: Merged & Pick<Scene, 'layer'>, report: Report): void {
  const scene: Scene = {
    ...merged,
    report,
    given: (section, key) => entryOf(entryOf(merged.root, section)?.value, key) !== undefined,
    at: (...path) => originOf(merged.root, path),
    keyAt: (...path) => keyOriginOf(merged.root, path),
  };
  reportUnused(scene);
  reportContinued(scene);
  reportEvaluation(scene);
  reportDevice(scene);
  reportTargets(scene);
  reportPatterns(scene);
  reportMethod(scene);
}

/** What the method itself says of the keys. */
function reportMethod({ config: { method, training, data }, report, at, keyAt }: Scene): void {
  for (const found of methodOf(method.kind).conflicts?.(method, training, data) ?? []) {
    const { section, key, instead, severity } = found;
    const place = at(section, key);
    report({
      severity: severity ?? 'error',
      code: severity === undefined ? 'method-conflict' : 'method-advice',
      message: found.message,
      at: place,
      ...(found.hint !== undefined && { hint: found.hint }),
      fixes: [
        instead === undefined
          ? fix(`Remove "${key}"`, { kind: 'remove', at: keyAt(section, key) })
          : fix(`Change "${key}" to ${JSON.stringify(instead)}`, {
              kind: 'put',
              at: place,
              path: [section, key],
              value: instead,
            }),
      ],
    });
  }
}

/** Keys that stand in each other's place, or belong to another optimiser, or to a step that is off. */
function reportUnused(scene: Scene): void {
  const { training, data } = scene.config;
  const because = (is: boolean, why: string, ...by: Reason['by']): Reason | undefined =>
    is ? { why, by } : undefined;
  const byTokens = because(training.tokens !== undefined, 'beside "tokens"', 'training', 'tokens');
  const bySteps = because(training.steps !== undefined, 'beside "steps"', 'training', 'steps');
  const unlessOptimizer = (name: string): Reason | undefined => {
    const { optimizer } = training;
    return because(optimizer !== name, `with the optimizer "${optimizer}"`, 'training', 'optimizer');
  };
  const decayOff = training.decayAll && training.weightDecay === 0;
  const noDecay = because(decayOff, 'while "weightDecay" is 0', 'training', 'weightDecay');
  const noEvaluation = because(data.validation === 0, 'while "data.validation" is 0', 'data', 'validation');
  const reasons: readonly (readonly [keyof typeof training, Reason | undefined])[] = [
    ['batch', byTokens],
    ['epochs', bySteps],
    ['momentum', unlessOptimizer('sgd')],
    ['betas', unlessOptimizer('adamw')],
    ['eps', unlessOptimizer('adamw')],
    ['decayAll', noDecay],
    ['evaluateEvery', training.evaluateEvery > 0 ? noEvaluation : undefined],
    ['samples', training.samples > 0 ? noEvaluation : undefined],
    ['keepBest', training.keepBest ? noEvaluation : undefined],
  ];
  for (const [key, reason] of reasons)
    if (reason !== undefined)
      reportUnusedKey(scene, ['training', key], reason.by, `"${key}" has no effect ${reason.why}.`);
}

/** An adapter that is continued brings all but its dropout with it. */
function reportContinued(scene: Scene): void {
  if (scene.config.method.from === undefined) return;
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
    const message = `"${key}" has no effect beside "from": the adapter there has its own.`;
    reportUnusedKey(scene, ['method', key], ['method', 'from'], message);
  }
}

/** Nothing where a variant or `--set` alone makes it so: the file's base config needs the key. */
function reportUnusedKey(
  { report, at, keyAt, given, layer }: Scene,
  [section, key]: Reason['by'],
  by: Reason['by'],
  message: string,
): void {
  if (!given(section, key)) return;
  if (given(...by) && layer(at(...by)) > layer(at(section, key))) return;
  report({
    severity: 'warning',
    code: 'option-unused',
    message,
    at: at(section, key),
    hint: 'Leave it out, or set it to null.',
    fixes: [fix('Remove it', { kind: 'remove', at: keyAt(section, key) })],
  });
}

function reportEvaluation({ config: { training, data }, report, at, keyAt }: Scene): void {
  if (training.patience === 0) return;
  const why =
    data.validation === 0
      ? 'there is nothing to evaluate on: "data.validation" is 0'
      : training.evaluateEvery === 0
        ? 'it waits for evaluations, and "evaluateEvery" is 0'
        : undefined;
  if (why === undefined) return;
  const message = `"patience" can never stop the run: ${why}.`;
  const place = at('training', 'patience');
  report({
    severity: 'error',
    code: 'option-conflict',
    message,
    at: place,
    fixes: [
      data.validation === 0
        ? fix('Hold out 5 % of the rows', {
            kind: 'put',
            at: place,
            path: ['data', 'validation'],
            value: 0.05,
          })
        : fix('Evaluate every 50 steps', {
            kind: 'put',
            at: place,
            path: ['training', 'evaluateEvery'],
            value: 50,
          }),
      fix('Remove "patience"', { kind: 'remove', at: keyAt('training', 'patience') }),
    ],
  });
}

/** What `train` says of a device that has its place here but no code behind it yet, or none for what the method keeps its base in. */
function reportDevice({ config: { device, method }, report, at }: Scene): void {
  if (providerOf(device) === 'cpu') return;
  const inCodes = smallerBaseOf(method)?.quantization !== undefined;
  if (device === 'webgpu' && inCodes) {
    const message = `"${device}" doesn't compute with a base in 4 bits yet, which "${method.kind}" trains on.`;
    const place = at('device');
    report({
      severity: 'error',
      code: 'quantized-device',
      message,
      at: place,
      replacements: ['cpu', 'auto'],
    });
  }
  const why = device === 'auto' ? undefined : notOffered[device];
  if (why === undefined) return;
  report({
    severity: 'error',
    code: 'device-unavailable',
    message: `"${device}" is not offered: ${why}`,
    at: at('device'),
    replacements: ['webgpu', 'cpu', 'auto'],
  });
}

function reportTargets({ config: { method }, report, at, keyAt, given }: Scene): void {
  const { targets, layers, modulesToSave } = method;
  const conflict = (key: string, message: string, hint: string, repair: ProposedFix): void => {
    const place = at('method', key);
    report({ severity: 'error', code: 'option-conflict', message, at: place, hint, fixes: [repair] });
  };
  const everything = fix(`Use "${allLinear}"`, {
    kind: 'put',
    at: keyAt('method', 'targets'),
    path: ['method', 'targets'],
    value: allLinear,
  });
  const withoutLayers = fix('Remove "layers"', { kind: 'remove', at: keyAt('method', 'layers') });
  if (typeof targets === 'string' && !isAllLinear(targets)) {
    if (layers !== undefined)
      conflict(
        'layers',
        '"layers" works with names and "all-linear", not with a regular expression.',
        'Name the blocks in the expression.',
        withoutLayers,
      );
    else checkPattern(targets, fullMatches, report, at('method', 'targets'));
  }
  if (Array.isArray(targets) && targets.some(isAllLinear))
    conflict(
      'targets',
      `"${allLinear}" is no name in a list.`,
      `Write "targets": "${allLinear}".`,
      everything,
    );
  if (Array.isArray(targets) && targets.length === 0 && modulesToSave.length === 0)
    conflict(
      'targets',
      'Nothing would be trained: "targets" is empty.',
      'Name modules, or use "all-linear".',
      everything,
    );
  if (layers?.length === 0)
    conflict(
      'layers',
      'No block would get an adapter: "layers" is empty.',
      'Leave it out for all blocks.',
      withoutLayers,
    );
  const saved = Array.isArray(targets) ? modulesToSave.filter((name) => targets.includes(name)) : [];
  if (saved.length > 0 && given('method', 'modulesToSave'))
    conflict(
      'modulesToSave',
      `${JSON.stringify(saved[0])} is trained whole and can't have an adapter as well.`,
      'Take it out of "targets".',
      fix('Take it out of "targets"', {
        kind: 'put',
        at: keyAt('method', 'targets'),
        path: ['method', 'targets'],
        value: (targets as readonly string[]).filter((name) => !saved.includes(name)),
      }),
    );
}

function reportPatterns({ config: { method }, report, keyAt }: Scene): void {
  for (const key of ['rankPattern', 'alphaPattern'] as const)
    for (const pattern of Object.keys(method[key] ?? {}))
      checkPattern(pattern, suffixMatches, report, keyAt('method', key, pattern));
}

function checkPattern(pattern: string, match: typeof fullMatches, report: Report, at: Origin): void {
  try {
    match(pattern, []);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    report({ severity: 'error', code: error.code, message: error.message, at, hint: error.hint });
  }
}
