/** @file Which modules an adapter goes to, and with which rank and alpha: PEFT's rules (peft/tuners/tuners_utils.py, check_target_module_exists). */
import type { MethodConfig, TargetSpec } from '../contract/config.ts';
import { fullMatches, patternValues } from '../formats/pythonPattern.ts';
import { methodOf } from '../methods/index.ts';

export const allLinear = 'all-linear';

export interface TargetRules {
  /** Left out of "all-linear". */
  readonly head?: string;
  /** Blocks, counted from 0; absent or empty means all. */
  readonly layers?: readonly number[];
  /** Modules that are trained whole get no adapter. */
  readonly modulesToSave?: readonly string[];
}

export const isAllLinear = (spec: TargetSpec): boolean =>
  typeof spec === 'string' && spec.toLowerCase() === allLinear;

/** A name is a whole module path or its dotted ending. */
export const endsInName = (path: string, name: string): boolean => path === name || path.endsWith(`.${name}`);

/** The block of a module path: the first number that stands alone behind a name ("model.layers.3.mlp" -> 3). */
export function layerOf(path: string): number | undefined {
  const match = /^.*?\.[^.]*\.(\d+)\./.exec(path);
  return match ? Number(match[1]) : undefined;
}

/**
 * The paths that get an adapter, in their order: "all-linear" is every path but the head, another string a regular expression
 * on whole paths, a list holds paths or dotted endings. Throws `pattern-invalid` or `pattern-slow`.
 */
export function matchTargets(spec: TargetSpec, paths: readonly string[], rules: TargetRules = {}): string[] {
  const { head = 'lm_head', layers = [], modulesToSave = [] } = rules;
  const wanted = new Set(layers);
  const inLayers = (path: string): boolean => {
    const layer = wanted.size === 0 ? undefined : layerOf(path);
    return wanted.size === 0 || (layer !== undefined && wanted.has(layer));
  };
  const matches = matcher(spec, paths, head, inLayers);
  return paths.filter((path, i) => matches(path, i) && !modulesToSave.some((name) => isInside(path, name)));
}

function matcher(
  spec: TargetSpec,
  paths: readonly string[],
  head: string,
  inLayers: (path: string) => boolean,
): (path: string, index: number) => boolean {
  if (typeof spec !== 'string') {
    const exact = new Set(spec);
    // PEFT asks for the block only where an ending matched: a whole path is meant as it stands
    return (path) => exact.has(path) || (spec.some((name) => path.endsWith(`.${name}`)) && inLayers(path));
  }
  if (isAllLinear(spec)) return (path) => path !== head && inLayers(path);
  const found = fullMatches(spec, paths);
  return (path, i) => found[i]! && inLayers(path);
}

/** The module itself or one inside it. */
const isInside = (path: string, name: string): boolean =>
  endsInName(path, name) || `.${path}.`.includes(`.${name}.`);

/**
 * Modules that a list of names means, a name being a whole path or its dotted ending: for `modulesToSave`.
 * The result is in the order of `modules`.
 */
export function matchModules(names: readonly string[], modules: readonly string[]): string[] {
  return modules.filter((module) => names.some((name) => endsInName(module, name)));
}

export interface TargetOptions {
  readonly path: string;
  readonly rank: number;
  readonly alpha: number;
  /** Factor on B A. */
  readonly scale: number;
}

/** Rank, alpha and scale of each path under the config's patterns. Throws like `matchTargets`. */
export function targetOptions(config: MethodConfig, paths: readonly string[]): TargetOptions[] {
  const method = methodOf(config.kind);
  const ranks = patternValues(config.rankPattern, paths, config.rank);
  // a kind without alpha writes that of scale 1
  const alphas =
    config.alpha === undefined ? ranks : patternValues(config.alphaPattern ?? {}, paths, config.alpha);
  return paths.map((path, i) => {
    const target = { rank: ranks[i]!, alpha: alphas[i]! };
    // the scale is the same whatever optimises
    const scale = method.scale(method.layerOptions(config, target, { optimizer: 'adamw' }));
    return { path, ...target, scale };
  });
}
