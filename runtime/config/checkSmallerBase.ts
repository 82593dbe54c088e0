/** @file Whether LoRAM's smaller base can be made of the base, or was: what training would say, said while it is typed. */
import { join } from 'node:path';
import type { ResolvedConfig } from '../contract/config.ts';
import { describePlace, UserError } from '../contract/errors.ts';
import { methodOf } from '../methods/index.ts';
import { wholeLayers } from '../methods/parts/smallerBaseKeys.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { manifestFile, readManifest, requireSizes } from '../model/prune/manifest.ts';
import { requirePrunable } from '../model/prune/prunable.ts';
import type { OpenedBase } from './bases.ts';
import type { Finding } from './finding.ts';
import type { Origin } from './located.ts';

/** Only for a config whose keys are right. */
export function checkSmallerBase(
  { base: path, method }: ResolvedConfig,
  { spec }: Pick<OpenedBase, 'spec'>,
  at: (path: readonly string[]) => Origin,
): Finding[] {
  const smaller = methodOf(method.kind).smallerBase?.(method);
  if (!smaller) return [];
  const { prune, ratio, pruned } = smaller;
  if (pruned !== undefined)
    return told(at(['method', 'pruned']), () => {
      requireSizes(readManifest(join(pruned, manifestFile)), spec, path);
    });
  const layers = spec.layers.length;
  const { first, last } = wholeLayers(smaller, layers);
  return told(
    at(['method', 'prune']),
    () => {
      requirePrunable(spec, prune, { ratio, start: first, end: layers - last });
    },
    replacements(spec),
  );
}

/** Kinds that do what another can't. */
const replacements = (spec: DecoderSpec): Readonly<Record<string, readonly string[]>> => ({
  'prune-unsupported': spec.task === undefined ? ['semi', 'unstructured'] : [],
  'prune-pattern': ['unstructured'],
});

function told(
  at: Origin,
  require: () => void,
  instead: Readonly<Record<string, readonly string[]>> = {},
): Finding[] {
  try {
    require();
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, hint } = error;
    // checkBase.ts finds it too, with what mends it
    if (code === 'prune-layers') return [];
    const where = describePlace(error.place);
    const message = `The base can't be made smaller: ${where === '' ? '' : `${where} `}${error.message}`;
    return [{ severity: 'error', code, message, hint, at, replacements: instead[code] ?? [] }];
  }
}
