/** @file Targets that add nothing, the head, the scale: what is advised and what is not. */
import { expect, test } from 'vitest';
import type { BaseShape } from '../../../runtime/config/baseShape.ts';
import { targetAdvice } from '../../../runtime/config/targetAdvice.ts';
import { targetOptions, matchTargets } from '../../../runtime/config/targets.ts';
import type { MethodConfig } from '../../../runtime/contract/config.ts';
import { runConfig } from '../../support/runConfig.ts';

const paths = ['model.layers.0.self_attn.q_proj', 'model.layers.0.mlp.up_proj', 'lm_head'];
const base: BaseShape = {
  linears: paths.map((path) => ({ path, inputs: 64, outputs: 64 })),
  modules: paths,
  sizes: new Map(),
  head: 'lm_head',
  positions: 64,
};

function codes(changes: Partial<MethodConfig>): string[] {
  const method = { ...runConfig('runs').method, ...changes };
  const found: string[] = [];
  const at = () => ({ offset: 0, length: 0 });
  const targets = targetOptions(method, matchTargets(method.targets, paths)).map((target) => {
    const numbers = 128 * target.rank;
    return { ...target, trained: numbers, frozen: 0, stored: numbers };
  });
  targetAdvice({ method, base, at, keyAt: at, report: ({ code }) => found.push(code) }, targets);
  return found;
}

test('usual methods have no advice', () => {
  expect(codes({})).toEqual([]);
  expect(codes({ targets: ['q_proj', 'up_proj', 'lm_head'] })).toEqual([]);
  expect(codes({ rank: 1, alpha: 16 })).toEqual([]);
  expect(codes({ rank: 16, alpha: 1 })).toEqual([]);
});

test('of two names for the same linears the later one adds nothing', () => {
  expect(codes({ targets: ['q_proj', 'self_attn.q_proj', 'up_proj'] })).toEqual(['target-contained']);
});

test('the head in an expression, scales beyond the span, patterns without effect', () => {
  expect(codes({ targets: '.*' })).toEqual(['target-head']);
  expect(codes({ rank: 1, alpha: 17 })).toEqual(['scale-unusual']);
  expect(codes({ rankPattern: { q_proj: 4 }, alphaPattern: { q_proj: 8 } })).toEqual([
    'pattern-idle',
    'pattern-idle',
  ]);
});
