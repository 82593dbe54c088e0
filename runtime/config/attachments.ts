/** @file From a checked method to what the engine adapts: which linears with which options, which whole tensors. */
import type { MethodConfig } from '../contract/config.ts';
import { methods } from '../methods/index.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapted, Attachment } from '../model/adapted.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { specTensors } from '../model/specTensors.ts';
import { matchModules, matchTargets, targetOptions } from './targets.ts';

/** A classifier is trained whole, whatever else is: PEFT does so for SEQ_CLS. */
export const alwaysSaved = ({ task, names }: DecoderSpec): readonly string[] =>
  task === 'classification' ? [names.head.path] : [];

/** The adapter that a config describes, freshly initialised. Targets were checked before. */
export function adaptedFromConfig(method: MethodConfig, spec: DecoderSpec): Adapted {
  const paths = linearsOf(spec).map(({ path }) => path);
  const modulesToSave = [...method.modulesToSave, ...alwaysSaved(spec)];
  const targets = matchTargets(method.targets, paths, {
    head: spec.names.head.path,
    modulesToSave,
    ...(method.layers && { layers: method.layers }),
  });
  const linears = targetOptions(method, targets).map(({ path, rank, alpha }): [string, Attachment] => [
    path,
    {
      method: methods[method.kind],
      options: { rank, alpha, rankStabilized: method.rankStabilized, bias: false },
    },
  ]);
  const tensors = specTensors(spec).map(({ name }) => name);
  if (spec.tied) tensors.push(`${spec.names.head.path}.weight`);
  const modules = [...new Set(tensors.map((name) => name.slice(0, name.lastIndexOf('.'))))];
  const saved = new Set(matchModules(modulesToSave, modules));
  return {
    linears: new Map(linears),
    dropout: method.dropout,
    saved: new Set(tensors.filter((name) => saved.has(name.slice(0, name.lastIndexOf('.'))))),
  };
}
