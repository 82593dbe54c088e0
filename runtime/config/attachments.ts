/** @file From a checked method to what the engine adapts: which linears with which options, which whole tensors. */
import type { MethodConfig, TrainingConfig } from '../contract/config.ts';
import { methodOf } from '../methods/index.ts';
import type { AdapterMethod } from '../methods/method.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapter, Attachment } from '../model/adapted.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { specTensors, untrainable } from '../model/specTensors.ts';
import { matchModules, matchTargets, targetOptions } from './targets.ts';

/** A classifier is trained whole, whatever else is: PEFT does so for SEQ_CLS. */
export const alwaysSaved = ({ task, names }: DecoderSpec): readonly string[] =>
  task === 'classification' ? [names.head.path] : [];

/** The adapter that a config describes, freshly initialised. Targets were checked before. */
export function adaptedFromConfig(
  config: MethodConfig,
  training: Pick<TrainingConfig, 'optimizer'>,
  spec: DecoderSpec,
): Adapter {
  const paths = linearsOf(spec).map(({ path }) => path);
  const modulesToSave = [...config.modulesToSave, ...alwaysSaved(spec)];
  const targets = matchTargets(config.targets, paths, {
    head: spec.names.head.path,
    modulesToSave,
    ...(config.layers && { layers: config.layers }),
  });
  const method = methodOf(config.kind);
  const linears = targetOptions(config, targets).map((target): [string, Attachment<AdapterMethod>] => [
    target.path,
    { method, options: method.layerOptions(config, target, training) },
  ]);
  const tensors = specTensors(spec).map(({ name }) => name);
  if (spec.tied) tensors.push(`${spec.names.head.path}.weight`);
  const modules = [...new Set(tensors.map((name) => name.slice(0, name.lastIndexOf('.'))))].filter(
    (module) => !untrainable(spec).includes(module),
  );
  const saved = new Set(matchModules(modulesToSave, modules));
  return {
    linears: new Map(linears),
    dropout: config.dropout ?? 0,
    saved: new Set(tensors.filter((name) => saved.has(name.slice(0, name.lastIndexOf('.'))))),
  };
}
