/** @file A config against a base's linears: what matches nothing, is too large, or overlaps. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../../runtime/config/check.ts';
import { checkAgainstBase } from '../../../runtime/config/checkBase.ts';
import type { BaseShape, Linear } from '../../../runtime/config/baseShape.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
for (const name of ['base.gguf', 'rows.jsonl']) writeFileSync(join(folder, name), '');

/** Six blocks of q, k (192 outputs) and down, and a head. */
const linears: Linear[] = Array.from({ length: 6 }, (_, i) => [
  { path: `model.layers.${i}.self_attn.q_proj`, inputs: 576, outputs: 576 },
  { path: `model.layers.${i}.self_attn.k_proj`, inputs: 576, outputs: 192 },
  { path: `model.layers.${i}.mlp.down_proj`, inputs: 1536, outputs: 576 },
]).flat();
const base: BaseShape = {
  linears: [...linears, { path: 'lm_head', inputs: 576, outputs: 1000 }],
  modules: [...linears.map(({ path }) => path), 'lm_head', 'model.embed_tokens', 'model.norm'],
  sizes: new Map(),
  head: 'lm_head',
  positions: 2048,
};

function check(method: string, data = '') {
  const text = `{ "base": "base.gguf", "data": { "train": "rows.jsonl"${data} }, "method": ${method} }`;
  const checked = checkConfig(text, join(folder, 'x.adapter.json'));
  const { config, diagnose, diagnostics } = checked;
  if (config === undefined) throw new Error(JSON.stringify(diagnostics));
  const { findings, summary } = checkAgainstBase(config, base, checked);
  const problems = findings.map((finding) => {
    const { code, range, message, hint } = diagnose(finding);
    return `${code} ${text.slice(range!.offset, range!.offset + range!.length)}: ${message} ${hint ?? ''}`.trim();
  });
  return { problems, summary };
}

test('a fitting config has no findings and a summary', () => {
  const { problems, summary } = check('{ "rank": 8, "alpha": 16, "rankPattern": { "down_proj": 4 } }');
  expect(problems).toEqual([]);
  expect(summary).toMatchObject({
    matched: 18,
    linears: 19,
    parameters: 6 * (8 * 1152 + 8 * 768 + 4 * 2112),
  });
  expect(summary?.targets[2]).toEqual({
    ...{ path: 'model.layers.0.mlp.down_proj', rank: 4, alpha: 16, scale: 4 },
    ...{ trained: 4 * 2112, frozen: 0, stored: 4 * 2112 },
  });
});

test('numbers are those of the method', () => {
  const xs = check('{ "kind": "lora-xs", "rank": 8 }').summary;
  expect(xs).toMatchObject({ parameters: 18 * 64, frozen: 6 * 8 * (1152 + 768 + 2112) });
  expect(xs?.stored).toBe(xs?.frozen);
  const moe = check('{ "kind": "loramoe", "rank": 2, "experts": 4 }').summary;
  expect(moe).toMatchObject({ matched: 6, parameters: 6 * 4 * (2 * 2112 + 1536), frozen: 0 });
});

test('rows that are longer than the base can read are cut, and it is said', () => {
  expect(check('{}', ', "length": 2048').problems).toEqual([]);
  expect(check('{}', ', "length": 4096').problems).toEqual([
    'length-beyond-base 4096: The base knows 2048 positions: rows are cut there, not at 4096 tokens. Set it to at most 2048.',
  ]);
});

describe('findings', () => {
  const cases: [string, string[]][] = [
    [
      '{ "rank": 600, "alpha": 1 }',
      [
        "rank-too-large 600: Rank 600 is larger than the smaller side of q_proj and down_proj, 576 (12 layers). The product can't have a higher rank: choose at most 576, or leave q_proj and down_proj out.",
        "rank-too-large 600: Rank 600 is larger than k_proj's smaller side, 192 (6 layers). The product can't have a higher rank: choose at most 192, or leave k_proj out.",
      ],
    ],
    [
      '{ "rankPattern": { "layers.5.self_attn.k_proj": 193 } }',
      [
        "rank-too-large 193: Rank 193 is larger than k_proj's smaller side, 192 (1 layer). The product can't have a higher rank: choose at most 192, or leave k_proj out.",
      ],
    ],
    [
      '{ "targets": ["q_porj", "embed_tokens", "k_proj", "zzzzzzzzzz"] }',
      [
        'target-missing "q_porj": No linear of the base ends in "q_porj". Did you mean "q_proj"?',
        'target-not-linear "embed_tokens": "embed_tokens" is a module of the base, but no linear one. To train it whole, name it in "modulesToSave".',
        'target-missing "zzzzzzzzzz": No linear of the base ends in "zzzzzzzzzz". Its linears end in "q_proj", "k_proj", "down_proj", "lm_head".',
      ],
    ],
    [
      '{ "targets": "q_proj" }',
      [
        'target-missing "q_proj": No linear gets an adapter: it matches no whole module path. Module paths look like "model.layers.0.self_attn.q_proj"; their last names are "q_proj", "k_proj", "down_proj", "lm_head".',
      ],
    ],
    ['{ "layers": [0, 6] }', ['layer-missing 6: The base has no block 6: its 6 blocks are numbered 0 to 5.']],
    [
      '{ "modulesToSave": ["norm", "lm_haed"] }',
      ['module-missing "lm_haed": The base has no module "lm_haed". Did you mean "lm_head"?'],
    ],
    [
      '{ "alphaPattern": { "up_proj": 1, "down_prj": 2 } }',
      [
        'pattern-missing "up_proj": The pattern "up_proj" matches none of the 18 targets. Did you mean "k_proj" or "q_proj"?',
        'pattern-missing "down_prj": The pattern "down_prj" matches none of the 18 targets. Did you mean "down_proj"?',
      ],
    ],
    [
      '{ "rankPattern": { ".*q_proj": 2, "q_proj": 2, "layers.1.self_attn.q_proj": 3 } }',
      [
        'pattern-overlap "layers.1.self_attn.q_proj": The patterns ".*q_proj" and "layers.1.self_attn.q_proj" both match model.layers.1.self_attn.q_proj, with different values. PEFT sorts patterns when it saves, so that another one could win: make them exclude each other.',
      ],
    ],
    [
      '{ "targets": "(.*)*(.*)*(.*)*(.*)*!" }',
      [
        'pattern-slow "(.*)*(.*)*(.*)*(.*)*!": "(.*)*(.*)*(.*)*(.*)*!" takes too long on 19 module names. Nested repetitions such as (a+)+ do that: write it without them, or list the names.',
      ],
    ],
  ];
  test.each(cases)('%s', (method, expected) => {
    expect(check(method).problems).toEqual(expected);
  });
});
