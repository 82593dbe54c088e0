/** @file Which modules get an adapter and with which scale, against PEFT itself (scripts/references/peft_targets.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { matchModules, matchTargets, targetOptions } from '../../../runtime/config/targets.ts';

interface PeftOptions {
  readonly target_modules: string | string[];
  readonly layers_to_transform?: number[];
  readonly modules_to_save?: string[];
  readonly rank_pattern?: Record<string, number>;
  readonly alpha_pattern?: Record<string, number>;
  readonly use_rslora?: boolean;
}
interface Reference {
  readonly paths: Record<string, string[]>;
  readonly cases: { model: string; options: PeftOptions; targets: object[] }[];
}

const { paths, cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/config/peftTargets.json', import.meta.url), 'utf8'),
) as Reference;

describe('as PEFT does it', () => {
  test.each(cases.map((one) => [`${one.model} ${JSON.stringify(one.options)}`, one] as const))(
    '%s',
    (_, { model, options, targets }) => {
      const matched = matchTargets(options.target_modules, paths[model]!, {
        layers: options.layers_to_transform ?? [],
        modulesToSave: options.modules_to_save ?? [],
      });
      const method = {
        kind: 'lora',
        targets: options.target_modules,
        modulesToSave: [],
        rank: 4,
        alpha: 8,
        rankStabilized: options.use_rslora ?? false,
        rankPattern: options.rank_pattern ?? {},
        alphaPattern: options.alpha_pattern ?? {},
      };
      expect(targetOptions(method, matched)).toEqual(targets);
    },
  );
});

test('all-linear keeps to the blocks that are wanted, and leaves out a head of any name', () => {
  const all = ['model.layers.0.a', 'model.layers.0.b.q', 'model.layers.1.b.q', 'score'];
  expect(matchTargets('all-linear', all, { head: 'score' })).toEqual(all.slice(0, 3));
  expect(matchTargets('All-Linear', all, { head: 'score', layers: [1] })).toEqual(['model.layers.1.b.q']);
});

test('saved modules are found by whole path or dotted ending', () => {
  const modules = ['model.embed_tokens', 'model.norm', 'lm_head'];
  expect(matchModules(['norm', 'lm_head'], modules)).toEqual(['model.norm', 'lm_head']);
  expect(matchModules(['head'], modules)).toEqual([]);
});
