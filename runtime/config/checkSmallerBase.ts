/** @file Whether LoRAM's smaller base can be made of the base, or was: what training would say, said while it is typed. */
import { join } from 'node:path';
import type { ResolvedConfig } from '../contract/config.ts';
import { describePlace, UserError } from '../contract/errors.ts';
import { smallerBaseOf } from '../methods/index.ts';
import { wholeLayers } from '../methods/parts/smallerBaseKeys.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { manifestFile, readManifest, requireSizes } from '../model/prune/manifest.ts';
import { requirePrunable } from '../model/prune/prunable.ts';
import type { OpenedBase } from './bases.ts';
import type { CheckedConfig } from './check.ts';
import type { ProposedFix } from './edits.ts';
import { fix } from './finding.ts';
import type { Finding } from './finding.ts';

type Places = Pick<CheckedConfig, 'at' | 'keyAt'>;

/** Nothing for methods that train on the base as it is. */
export function checkSmallerBase(
  { base: path, method }: ResolvedConfig,
  { spec }: Pick<OpenedBase, 'spec'>,
  places: Places,
): Finding[] {
  const smaller = smallerBaseOf(method);
  if (!smaller) return [];
  const { prune, ratio, pruned } = smaller;
  const layers = spec.layers.length;
  const { first, last } = wholeLayers(smaller, layers);
  const error = thrown(() => {
    if (pruned !== undefined) requireSizes(readManifest(join(pruned, manifestFile)), spec, path);
    else requirePrunable(spec, prune, { ratio, start: first, end: layers - last });
  });
  if (!error) return [];
  const { code, hint } = error;
  if (code === 'prune-layers') return [noLayers({ first, last, layers }, places)];
  const where = describePlace(error.place);
  const message = `The base can't be made smaller: ${where === '' ? '' : `${where} `}${error.message}`;
  const at = places.at(['method', pruned === undefined ? 'prune' : 'pruned']);
  return [{ severity: 'error', code, message, hint, at, replacements: otherKinds(code, spec) }];
}

/** Kinds of pruning that do what another can't. */
function otherKinds(code: string, spec: DecoderSpec): readonly string[] {
  if (code === 'prune-pattern') return ['unstructured'];
  return code === 'prune-unsupported' && spec.task === undefined ? ['semi', 'unstructured'] : [];
}

/** A base that is to be pruned needs layers between those that stay whole. */
function noLayers(
  { first, last, layers }: { readonly first: number; readonly last: number; readonly layers: number },
  { at, keyAt }: Places,
): Finding {
  const place = keyAt(['method', 'firstLayers']);
  const one = (key: string) => ({ kind: 'put', at: place, path: ['method', key], value: 1 }) as const;
  const fixes: ProposedFix[] =
    layers > 2 ? [fix('Leave one layer whole at each end', one('firstLayers'), one('lastLayers'))] : [];
  return {
    severity: 'error',
    code: 'prune-layers',
    message: `Nothing would be pruned: ${first} layers at the beginning and ${last} at the end stay whole, and the base has ${layers}.`,
    at: at(['method', 'firstLayers']),
    hint: 'Set "firstLayers" and "lastLayers" so that some layers lie between.',
    fixes,
  };
}

function thrown(require: () => void): UserError | undefined {
  try {
    require();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
