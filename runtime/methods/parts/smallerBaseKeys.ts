/** @file What LoRAM and QLoRAM share: the keys that say how the base is made smaller, and their checks. */
import type { MethodConfig } from '../../contract/config.ts';
import type { Keys } from '../../contract/optionSpec.ts';
import type { Conflict, SmallerBase } from '../method.ts';

export const smallerBaseKeys = {
  prune: {
    type: 'string',
    default: 'structured',
    oneOf: ['structured', 'random', 'semi', 'unstructured'],
    doc: "What is left out of the base while it trains: units by the loss's gradient or at random, 4 of every 8 weights, or a share of them.",
  },
  ratio: {
    type: 'number',
    default: 0.5,
    minimum: 0,
    below: 1,
    doc: 'Share of each pruned layer that is left out: neurons and key-value heads, or weights.',
  },
  firstLayers: {
    type: 'integer',
    minimum: 0,
    doc: 'Layers at the beginning that stay whole; absent: a sixth of them, at most 4 as in the paper.',
  },
  lastLayers: {
    type: 'integer',
    minimum: 0,
    doc: 'Layers at the end that stay whole; absent: a sixth of them, at most 2 as in the paper.',
  },
  scoreRows: {
    type: 'integer',
    default: 16,
    minimum: 1,
    maximum: 100_000,
    doc: 'Training rows, the first of the file, that scores or calibration are taken over.',
  },
  alignSteps: {
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 1e9,
    doc: 'Steps in which the pruned base itself goes on training, so that it resembles the original again; 0 leaves it out.',
  },
  alignRate: {
    type: 'number',
    default: 5e-5,
    above: 0,
    maximum: 1,
    doc: 'Learning rate of these steps.',
  },
  alignData: {
    type: 'path',
    leadsTo: 'file',
    doc: 'Rows that it goes on training with, best a general text, as in the paper; absent: the training rows.',
  },
  pruned: {
    type: 'path',
    leadsTo: 'folder',
    doc: 'Folder of a base that was pruned before, in the place of pruning it here.',
  },
} as const satisfies Keys;

/** The request for a smaller base, as data. */
export function smallerBaseRequest(
  config: MethodConfig,
  quantization?: SmallerBase['quantization'],
): SmallerBase {
  const { pruned, alignData } = config;
  return {
    prune: config['prune'] as SmallerBase['prune'],
    ratio: config['ratio'] as number,
    scoreRows: config['scoreRows'] as number,
    alignSteps: config['alignSteps'] as number,
    alignRate: config['alignRate'] as number,
    ...layersOf(config),
    ...(typeof alignData === 'string' && { alignData }),
    ...(typeof pruned === 'string' && { pruned }),
    ...(quantization && { quantization }),
  };
}

function layersOf({
  firstLayers,
  lastLayers,
}: MethodConfig): Pick<SmallerBase, 'firstLayers' | 'lastLayers'> {
  return {
    ...(typeof firstLayers === 'number' && { firstLayers }),
    ...(typeof lastLayers === 'number' && { lastLayers }),
  };
}

/** How many of a base's layers stay whole at each end: 4 and 2 in the paper, whose bases have 40 and 80. */
export function wholeLayers(
  { firstLayers, lastLayers }: Pick<SmallerBase, 'firstLayers' | 'lastLayers'>,
  layers: number,
): { first: number; last: number } {
  const sixth = Math.floor(layers / 6);
  return { first: firstLayers ?? Math.min(4, sixth), last: lastLayers ?? Math.min(2, sixth) };
}

/** Keys that have no effect beside others. */
export function smallerBaseConflicts(config: MethodConfig): Conflict[] {
  const found: Conflict[] = [];
  if (config['prune'] === 'semi' && config['ratio'] !== 0.5)
    found.push({
      section: 'method',
      key: 'ratio',
      message: '"semi" always leaves out 4 of every 8 weights: its ratio is 0.5.',
      instead: 0.5,
    });
  if (config['ratio'] === 0)
    found.push({
      section: 'method',
      key: 'ratio',
      message: 'A ratio of 0 prunes nothing: the base stays as it is.',
      severity: 'warning',
      instead: 0.5,
    });
  if (config['alignData'] !== undefined && config['alignSteps'] === 0)
    found.push({
      section: 'method',
      key: 'alignData',
      message: 'Nothing is aligned: "alignSteps" is 0, and these rows are not read.',
      severity: 'warning',
    });
  if (config.modulesToSave.length > 0)
    found.push({
      section: 'method',
      key: 'modulesToSave',
      message: 'Modules trained whole on a pruned base have no counterpart in the original.',
    });
  return found;
}
