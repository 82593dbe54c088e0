/** @file 2,000 mutated adapter_config.json, half of them changed in structure: each is read or refused by name. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { moduleOptions, parsePeftConfig, readPeftConfig } from '../../../runtime/formats/peftConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const path = temporaryFolder();

/** The code of a refusal, "none" where there is none. */
function refusal(open: () => unknown): { code: string } {
  try {
    open();
  } catch (error) {
    if (error instanceof UserError) return { code: error.code };
    throw error;
  }
  return { code: 'none' };
}

/** A config with every field that is read; half of the mutations change its structure, half its text. */
const full = {
  peft_type: 'LORA',
  r: 4,
  lora_alpha: 8,
  lora_dropout: 0.1,
  target_modules: ['q_proj', 'v_proj'],
  exclude_modules: null,
  rank_pattern: { 'layers.1.q_proj': 2 },
  alpha_pattern: { v_proj: 3 },
  layers_to_transform: [0, 1],
  layers_pattern: 'layers',
  modules_to_save: ['lm_head'],
  bias: 'none',
  use_rslora: false,
  use_dora: false,
  init_lora_weights: true,
  base_model_name_or_path: 'x',
  task_type: 'CAUSAL_LM',
};

describe('2,000 mutated configs are read or refused', () => {
  const paths = ['model.layers.1.q_proj', 'model.layers.0.v_proj'];
  const use = (raw: unknown): void => {
    const { code } = refusal(() => {
      const config = parsePeftConfig(raw as Record<string, unknown>, 'adapter_config.json');
      for (const { rank, scale } of moduleOptions(config, paths))
        expect(Number.isInteger(rank) && !Number.isNaN(scale)).toBe(true);
    });
    expect(code).toMatch(/^(none|adapter-config|adapter-unsupported|pattern-invalid|pattern-slow)$/);
  };

  test('fields of other types and names', () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        true,
        -1,
        0,
        2 ** 53,
        1e308,
        '',
        '(',
        'all',
        [],
        {},
        [[1]],
        [null],
        { '(': 1 },
        { '': 1 },
        { a: -1 },
      ),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const names = fc.constantFrom(
      ...Object.keys(full),
      '__proto__',
      'arrow_config',
      'layer_replication',
      'use_qalora',
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(names, { minLength: 1, maxLength: 3 }),
        fc.array(value, { minLength: 3, maxLength: 3 }),
        (keys, values) => {
          use(
            JSON.parse(
              JSON.stringify(
                Object.fromEntries([
                  ...Object.entries(full),
                  ...keys.map((key, i) => [key, values[i]] as const),
                ]),
              ),
            ),
          );
        },
      ),
      { seed: 8, numRuns: 1000 },
    );
  });

  test('bytes', () => {
    const text = JSON.stringify(full, null, 2);
    const edit = fc.record({
      at: fc.nat(text.length - 1),
      drop: fc.nat(12),
      insert: fc.string({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let mutated = text;
        for (const { at, drop, insert } of edits)
          mutated = mutated.slice(0, at) + insert + mutated.slice(at + drop);
        writeFileSync(join(path, 'adapter_config.json'), mutated);
        expect(refusal(() => readPeftConfig(path)).code).toMatch(
          /^(none|not-json|adapter-config|adapter-unsupported)$/,
        );
      }),
      { seed: 9, numRuns: 1000 },
    );
  });
});
