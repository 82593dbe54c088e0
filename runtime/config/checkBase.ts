/** @file A config against the linears of its base: targets, ranks, layers, patterns. Pure, but for the pattern's time limit. */
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { adapterSummary } from './baseShape.ts';
import type { AdaptedTarget, AdapterSummary, BaseShape, Places } from './baseShape.ts';
import type { ProposedFix } from './edits.ts';
import { fix } from './finding.ts';
import type { Finding, Report } from './finding.ts';
import type { Origin } from './located.ts';
import { targetAdvice } from './targetAdvice.ts';
import { didYouMean, nearestNames } from './nearest.ts';
import { endsInName, isAllLinear, layerOf, matchModules, matchTargets, targetOptions } from './targets.ts';
import type { TargetOptions } from './targets.ts';
import { methodOf } from '../methods/index.ts';
import { layerNumbers } from '../methods/layerNumbers.ts';
import { suffixMatches } from '../formats/pythonPattern.ts';

interface Scene extends Places {
  readonly method: ResolvedConfig['method'];
  readonly base: BaseShape;
  readonly report: Report;
}

/** Everything in `method` that doesn't fit the base. The summary is absent where targets can't be told. */
export function checkAgainstBase(
  config: ResolvedConfig,
  base: BaseShape,
  { at, keyAt }: Places,
): { findings: Finding[]; summary?: AdapterSummary } {
  const findings: Finding[] = [];
  const scene: Scene = {
    method: config.method,
    base,
    at,
    keyAt,
    report: (finding) => findings.push(finding),
  };
  reportLength(config.data, scene);
  reportUnread(config.data, scene);
  try {
    reportSaved(scene);
    const layersFit = reportLayers(scene);
    const paths = base.linears.map(({ path }) => path);
    const targets = matchTargets(config.method.targets, paths, { ...rulesOf(scene) });
    reportTargets(scene, paths, layersFit ? targets : undefined);
    if (targets.length > 0) reportPatterns(scene, targets);
    const summary = summarize(scene, config.training, targets);
    reportRanks(scene, summary.targets);
    reportRefused(scene, config.training, summary.targets);
    if (!findings.some(({ severity }) => severity === 'error')) targetAdvice(scene, summary.targets);
    return { findings, summary };
  } catch (error) {
    // an expression that takes too long on these names
    if (!(error instanceof UserError)) throw error;
    findings.push({
      severity: 'error',
      code: error.code,
      message: error.message,
      hint: error.hint,
      at: at(['method', 'targets']),
    });
    return { findings };
  }
}

/** Names of the modules that are trained whole. */
const savedNames = (
  { modulesToSave }: Scene['method'],
  { alwaysSaved = [] }: BaseShape,
): readonly string[] => [...modulesToSave, ...alwaysSaved];

const rulesOf = ({ method, base }: Scene) => ({
  head: base.head,
  modulesToSave: savedNames(method, base),
  ...(method.layers === undefined ? {} : { layers: method.layers }),
});

/** The matched linears with their options, and how many numbers they come to. Throws like `matchTargets`. */
function summarize(
  { method, base }: Scene,
  training: ResolvedConfig['training'],
  paths: readonly string[],
): AdapterSummary {
  const kind = methodOf(method.kind);
  const shapes = new Map(base.linears.map((linear) => [linear.path, linear]));
  const targets = targetOptions(method, paths).map((target): AdaptedTarget => {
    const options = kind.layerOptions(method, target, training);
    return { ...target, ...layerNumbers(kind, options, shapes.get(target.path)!) };
  });
  const saved = matchModules(savedNames(method, base), base.modules).reduce(
    (sum, module) => sum + (base.sizes.get(module) ?? 0),
    0,
  );
  return adapterSummary(base, targets, saved);
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
const quoted = (names: Iterable<string>): string => [...names].map((name) => JSON.stringify(name)).join(', ');

function reportLength({ length }: ResolvedConfig['data'], { base, at, report }: Scene): void {
  if (length <= base.positions) return;
  report({
    severity: 'warning',
    code: 'length-beyond-base',
    message: `The base knows ${base.positions} positions: rows are cut there, not at ${length} tokens.`,
    at: at(['data', 'length']),
    hint: `Set it to at most ${base.positions}.`,
    fixes: [
      fix(`Change to ${base.positions}`, { kind: 'set', at: at(['data', 'length']), value: base.positions }),
    ],
  });
}

/** What only conversations need: a base that classifies, or reads and writes apart, is given plain texts. */
function reportUnread(data: ResolvedConfig['data'], { base, at, report }: Scene): void {
  if (base.task === undefined) return;
  const given = { template: data.template !== undefined, trainOn: data.trainOn !== 'assistant' };
  for (const [key, isGiven] of Object.entries(given)) {
    if (!isGiven) continue;
    const place = at(['data', key]);
    report({
      severity: 'warning',
      code: 'data-key-idle',
      message: `This base ${base.task === 'classification' ? 'classifies' : 'answers'} plain texts: data.${key} does nothing.`,
      at: place,
      fixes: [fix('Remove it', { kind: 'remove', at: place })],
    });
  }
}

function reportSaved({ method, base, at, report }: Scene): void {
  method.modulesToSave.forEach((name, i) => {
    if (matchModules([name], base.modules).length > 0) return;
    const near = nearestNames(name, nameChoices(base.modules));
    report({
      severity: 'error',
      code: 'module-missing',
      message: `The base has no module "${name}".`,
      at: at(['method', 'modulesToSave', i]),
      hint: didYouMean(near) ?? `Its modules end in ${quoted(new Set(base.modules.map(lastName)))}.`,
      replacements: near,
      fixes: [fix('Remove it', { kind: 'remove', at: at(['method', 'modulesToSave', i]) })],
    });
  });
}

/** Last names and whole paths: what a person may have meant. */
const nameChoices = (paths: readonly string[]): string[] => [...new Set(paths.map(lastName)), ...paths];

function reportLayers({ method, base, at, report }: Scene): boolean {
  const blocks = new Set(
    base.linears.map(({ path }) => layerOf(path)).filter((layer) => layer !== undefined),
  );
  const last = Math.max(-1, ...blocks);
  let fits = true;
  (method.layers ?? []).forEach((layer, i) => {
    if (blocks.has(layer)) return;
    fits = false;
    const message = `The base has no block ${layer}: its ${blocks.size} blocks are numbered 0 to ${last}.`;
    const place = at(['method', 'layers', i]);
    const fixes = [fix('Remove it', { kind: 'remove', at: place })];
    report({ severity: 'error', code: 'layer-missing', message, at: place, fixes });
  });
  return fits;
}

/** Each name has to match something; `targets` is undefined where the layers are already wrong. */
function reportTargets(scene: Scene, paths: readonly string[], targets: readonly string[] | undefined): void {
  const { method, at, report } = scene;
  const spec = method.targets;
  if (typeof spec !== 'string') {
    spec.forEach((name, i) => {
      if (paths.some((path) => endsInName(path, name))) return;
      const place = at(['method', 'targets', i]);
      report({ ...missingTarget(scene, name, paths, place), at: place });
    });
    if (!spec.every((name) => paths.some((path) => endsInName(path, name)))) return;
  }
  if (targets === undefined || targets.length > 0 || (typeof spec !== 'string' && spec.length === 0)) return;
  const why =
    method.modulesToSave.length > 0
      ? 'every match is trained whole by "modulesToSave"'
      : isAllLinear(spec)
        ? 'the base has no linear there'
        : 'it matches no whole module path';
  report({
    severity: 'error',
    code: 'target-missing',
    message: `No linear gets an adapter: ${why}.`,
    at: at(['method', 'targets']),
    hint: `Module paths look like ${quoted(paths.slice(0, 1))}; their last names are ${quoted(new Set(paths.map(lastName)))}.`,
    fixes:
      typeof spec === 'string' && !isAllLinear(spec)
        ? regularFixes(spec, paths, at(['method', 'targets']))
        : [],
  });
}

/** A name in the place of an expression is meant as a list; else all linears may be. */
function regularFixes(spec: string, paths: readonly string[], at: Origin): ProposedFix[] {
  const list = paths.some((path) => endsInName(path, spec))
    ? [fix(`Change to [${JSON.stringify(spec)}]`, { kind: 'set', at, value: [spec] })]
    : nearestNames(spec, nameChoices(paths), 1).map((name) =>
        fix(`Change to [${JSON.stringify(name)}]`, { kind: 'set', at, value: [name] }),
      );
  return [...list, fix('Use "all-linear"', { kind: 'set', at, value: 'all-linear' })];
}

function missingTarget(
  { base, method }: Scene,
  name: string,
  paths: readonly string[],
  at: Origin,
): Omit<Finding, 'at'> {
  if (base.modules.some((module) => endsInName(module, name)))
    return {
      severity: 'error',
      code: 'target-not-linear',
      message: `"${name}" is a module of the base, but no linear one.`,
      hint: 'To train it whole, name it in "modulesToSave".',
      fixes: [
        fix(
          'Train it whole instead',
          { kind: 'remove', at },
          {
            kind: 'put',
            at,
            path: ['method', 'modulesToSave'],
            value: [...new Set([...method.modulesToSave, name])],
          },
        ),
      ],
    };
  const near = nearestNames(name, nameChoices(paths));
  return {
    severity: 'error',
    code: 'target-missing',
    message: `No linear of the base ends in "${name}".`,
    hint: didYouMean(near) ?? `Its linears end in ${quoted(new Set(paths.map(lastName)))}.`,
    replacements: near,
    fixes: [fix('Remove it', { kind: 'remove', at })],
  };
}

/** A key has to match a target; two keys on one module depend on their order, which PEFT doesn't keep. */
function reportPatterns({ method, keyAt, report }: Scene, targets: readonly string[]): void {
  for (const map of ['rankPattern', 'alphaPattern'] as const) {
    const first = new Map<string, string>();
    for (const [key, value] of Object.entries(method[map] ?? {})) {
      const place = keyAt(['method', map, key]);
      const fixes = [fix('Remove it', { kind: 'remove', at: place })];
      const matches = suffixMatches(key, targets);
      const hits = targets.filter((_, i) => matches[i]);
      if (hits.length === 0) {
        const near = nearestNames(key, nameChoices(targets));
        const message = `The pattern "${key}" matches none of the ${targets.length} targets.`;
        report({
          severity: 'error',
          code: 'pattern-missing',
          message,
          at: place,
          hint: didYouMean(near),
          replacements: near.filter((name) => !Object.hasOwn(method[map] ?? {}, name)),
          fixes,
        });
      }
      const double = hits.find((path) => first.has(path) && method[map]?.[first.get(path)!] !== value);
      if (double !== undefined) {
        const message = `The patterns "${first.get(double)!}" and "${key}" both match ${double}, with different values.`;
        const hint =
          'PEFT sorts patterns when it saves, so that another one could win: make them exclude each other.';
        const other = { message: 'The other pattern', at: keyAt(['method', map, first.get(double)!]) };
        report({
          severity: 'error',
          code: 'pattern-overlap',
          message,
          at: place,
          hint,
          fixes,
          related: [other],
        });
      }
      for (const path of hits) if (!first.has(path)) first.set(path, key);
    }
  }
}

/** B A has at most the rank of the smaller side; what is beyond only costs. One finding a side. */
function reportRanks({ method, base, at, report }: Scene, targets: readonly TargetOptions[]): void {
  const shapes = new Map(base.linears.map((linear) => [linear.path, linear]));
  const groups = new Map<string, RankGroup>();
  for (const { path, rank } of targets) {
    const { inputs, outputs } = shapes.get(path)!;
    const side = Math.min(inputs, outputs);
    if (rank <= side) continue;
    const pattern = patternOf(method, path);
    const id = `${pattern ?? ''} ${rank} ${side}`;
    const group = groups.get(id) ?? { names: new Set(), rank, side, count: 0, pattern };
    groups.set(id, { ...group, names: group.names.add(lastName(path)), count: group.count + 1 });
  }
  for (const { names, rank, side, count, pattern } of groups.values()) {
    const place = at(pattern === undefined ? ['method', 'rank'] : ['method', 'rankPattern', pattern]);
    const smallest = Math.min(
      ...[...groups.values()].filter((group) => group.pattern === pattern).map((group) => group.side),
    );
    const whose =
      names.size === 1 ? `${[...names][0]!}'s smaller side` : `the smaller side of ${listed(names)}`;
    report({
      severity: 'error',
      code: 'rank-too-large',
      message: `Rank ${rank} is larger than ${whose}, ${side} (${count} ${count === 1 ? 'layer' : 'layers'}).`,
      at: place,
      hint: `The product can't have a higher rank: choose at most ${side}, or leave ${listed(names)} out.`,
      fixes: [fix(`Change to ${smallest}`, { kind: 'set', at: place, value: smallest })],
    });
  }
}

/** Layers that the method can't take with these options; the first is named, the others counted. */
function reportRefused(
  { method, base, at, report }: Scene,
  training: ResolvedConfig['training'],
  targets: readonly TargetOptions[],
): void {
  const kind = methodOf(method.kind);
  const shapes = new Map(base.linears.map((linear) => [linear.path, linear]));
  const why = (target: TargetOptions, rank = target.rank): string | undefined =>
    kind.refuse?.(kind.layerOptions(method, { ...target, rank }, training), shapes.get(target.path)!);
  const fits = ({ path, rank }: TargetOptions): boolean => {
    const { inputs, outputs } = shapes.get(path)!;
    return rank <= Math.min(inputs, outputs);
  };
  // a rank beyond the side was reported as such
  const refused = targets.filter((target) => fits(target) && why(target) !== undefined);
  const [first] = refused;
  if (first === undefined) return;
  const pattern = patternOf(method, first.path);
  const alike = refused.filter(({ path }) => patternOf(method, path) === pattern);
  let rank = first.rank;
  while (rank > 1 && alike.some((target) => why(target, rank) !== undefined)) rank = Math.floor(rank / 2);
  const place = at(pattern === undefined ? ['method', 'rank'] : ['method', 'rankPattern', pattern]);
  const path = ['method', ...(pattern === undefined ? ['rank'] : ['rankPattern', pattern])];
  report({
    severity: 'error',
    code: 'layer-refused',
    message: `${first.path} ${why(first)!}${refused.length === 1 ? '' : ` (and ${refused.length - 1} more)`}.`,
    at: place,
    hint: 'Choose a smaller rank, or leave these layers out of "targets".',
    fixes: [fix(`Change the rank to ${rank}`, { kind: 'put', at: place, path, value: rank })],
  });
}

/** The key of "rankPattern" that gives a linear its rank. */
const patternOf = ({ rankPattern }: ResolvedConfig['method'], path: string): string | undefined =>
  Object.keys(rankPattern).find((key) => suffixMatches(key, [path])[0]);

interface RankGroup {
  readonly names: Set<string>;
  readonly rank: number;
  readonly side: number;
  readonly count: number;
  readonly pattern: string | undefined;
}

/** `q_proj, k_proj and v_proj`. */
const listed = (names: ReadonlySet<string>): string => [...names].join(', ').replace(/, ([^,]*)$/, ' and $1');
