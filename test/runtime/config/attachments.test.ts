/** @file From a config to what is adapted: targets, layers, patterns, whole modules. */
import { describe, expect, test } from 'vitest';
import { adaptedFromConfig } from '../../../runtime/config/attachments.ts';
import type { MethodConfig } from '../../../runtime/contract/config.ts';
import { randomBase, smallLlama } from '../../support/randomModel.ts';
import { runConfig } from '../../support/runConfig.ts';

const adamw = { optimizer: 'adamw' } as const;
const base = randomBase();
const tied = randomBase({ ...smallLlama, tie_word_embeddings: true });
const methodOf = (changes: Partial<MethodConfig>): MethodConfig => ({
  ...runConfig('runs').method,
  ...changes,
});
const pathsOf = (changes: Partial<MethodConfig>): string[] => [
  ...adaptedFromConfig(methodOf(changes), adamw, base.spec).linears.keys(),
];
const q0 = 'model.layers.0.self_attn.q_proj';

describe('a config', () => {
  test('adapts all linears of the blocks, the head left out', () => {
    const paths = pathsOf({});
    expect(paths.length).toBe(3 * 7);
    expect(paths).not.toContain('lm_head');
  });

  test('names targets by suffix, pattern and layers', () => {
    expect(pathsOf({ targets: ['q_proj', 'mlp.down_proj'] }).length).toBe(6);
    expect(pathsOf({ targets: 'model[.]layers[.][12][.]self_attn[.]v_proj' })).toEqual([
      'model.layers.1.self_attn.v_proj',
      'model.layers.2.self_attn.v_proj',
    ]);
    expect(pathsOf({ targets: ['q_proj'], layers: [0, 2] })).toEqual([q0, 'model.layers.2.self_attn.q_proj']);
  });

  test('gives rank and alpha by pattern', () => {
    const rankPattern = { 'layers[.]0[.].*q_proj': 16, v_proj: 2 };
    const { linears, dropout } = adaptedFromConfig(
      methodOf({ rankPattern, alphaPattern: { q_proj: 1 }, rankStabilized: true, dropout: 0.1 }),
      adamw,
      base.spec,
    );
    const options = (path: string): unknown => linears.get(path)!.options;
    const rest = { rankStabilized: true, bias: false };
    expect(options(q0)).toEqual({ rank: 16, alpha: 1, ...rest });
    expect(options('model.layers.1.self_attn.q_proj')).toEqual({ rank: 4, alpha: 1, ...rest });
    expect(options('model.layers.1.self_attn.v_proj')).toEqual({ rank: 2, alpha: 8, ...rest });
    expect(dropout).toBe(0.1);
  });

  test('trains whole modules, a tied head among them', () => {
    const saved = (model: typeof base, ...modulesToSave: readonly string[]): string[] => [
      ...adaptedFromConfig(methodOf({ modulesToSave }), adamw, model.spec).saved,
    ];
    expect(saved(base)).toEqual([]);
    expect(saved(base, 'embed_tokens', 'lm_head')).toEqual(['model.embed_tokens.weight', 'lm_head.weight']);
    expect(saved(tied, 'lm_head')).toEqual(['lm_head.weight']);
    expect(saved(base, 'input_layernorm').length).toBe(3);
  });
});
