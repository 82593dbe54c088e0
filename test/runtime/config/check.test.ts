/** @file What a config's text gets: diagnostics at their places, all of them, and the resolved config. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkConfig } from '../../../runtime/config/check.ts';
import { configFolder } from '../../support/configFolder.ts';

const { folder, file, minimal, problems, hints } = configFolder();

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a good config', () => {
  test('has every default explicit and every path absolute', () => {
    const { config, diagnostics } = checkConfig(`{ ${minimal} }`, file);
    expect(diagnostics).toEqual([]);
    expect(config).toEqual({
      base: join(folder, 'base.gguf'),
      data: {
        train: join(folder, 'rows.jsonl'),
        validation: 0,
        length: 512,
        packing: true,
        shuffle: true,
        trainOn: 'assistant',
      },
      method: {
        kind: 'lora',
        rank: 16,
        alpha: 32,
        dropout: 0,
        rankStabilized: false,
        loraPlus: 1,
        frozenA: false,
        init: 'default',
        direction: 'ArB2r',
        initScale: 'stable',
        gamma: 16,
        normClip: false,
        initVariant: 'paper',
        gradientRows: 32,
        mutateBase: false,
        targets: 'all-linear',
        rankPattern: {},
        alphaPattern: {},
        modulesToSave: [],
      },
      training: {
        epochs: 3,
        batch: 4,
        accumulate: 1,
        optimizer: 'adamw',
        learningRate: 2e-4,
        betas: [0.9, 0.999],
        eps: 1e-8,
        momentum: 0,
        weightDecay: 0,
        decayAll: false,
        schedule: 'cosine',
        warmup: 0.03,
        clip: 1,
        seed: 0,
        evaluateEvery: 50,
        checkpointEvery: 50,
        patience: 0,
        keepBest: true,
        samples: 0,
      },
      device: 'auto',
      memory: 'balanced',
      output: join(folder, 'runs'),
    });
  });

  test('may hold comments, trailing commas, a byte order mark, nulls for defaults and $schema', () => {
    const text = `\uFEFF{ // first\n "$schema": "x", ${minimal}, /* more */ "method": null, "training": { "steps": null, "batch": null, }, }`;
    const { config, diagnostics } = checkConfig(text, file);
    expect(diagnostics).toEqual([]);
    expect(config?.training.batch).toBe(4);
    expect(config?.training).not.toHaveProperty('steps');
    expect(problems(text)).toEqual([]);
  });

  test('reads a template, a file for validation and columns as what they are', () => {
    const at = (data: string) =>
      checkConfig(`{ "base": "base.gguf", "data": { "train": "rows.jsonl", ${data} } }`, file);
    expect(at('"template": "none"').config?.data.template).toBe('none');
    expect(at('"template": "chat.jinja"').config?.data.template).toBe(join(folder, 'chat.jinja'));
    expect(at('"validation": "valid.jsonl"').config?.data.validation).toBe(join(folder, 'valid.jsonl'));
    expect(at('"validation": 0.25').config?.data.validation).toBe(0.25);
    expect(at('"columns": { "prompt": "question", "text": null }').config?.data.columns).toEqual({
      prompt: 'question',
    });
  });

  test('takes a hub id for its local copy where no such folder lies beside it', () => {
    const text = '{ "base": "owner/some-model", "data": { "train": "rows.jsonl" } }';
    vi.stubEnv('HF_HUB_CACHE', join(folder, 'cache'));
    expect(problems(text)).toEqual(['error base-not-downloaded "owner/some-model"']);
    const snapshot = join(folder, 'cache', 'models--owner--some-model', 'snapshots', 'a'.repeat(40));
    mkdirSync(snapshot, { recursive: true });
    for (const name of ['config.json', 'model.safetensors']) writeFileSync(join(snapshot, name), '');
    expect(problems(text)).toEqual([]);
    expect(checkConfig(text, file).config?.base).toBe(snapshot);
  });
});

describe('mistakes are all found at their places', () => {
  const cases: [string, string[]][] = [
    [
      `{ ${minimal}, "trainig": {}, "memory": "lo", "method": { "rnak": 8, "alpha": "16", "dropout": 1 } }`,
      [
        'error unknown-key "trainig"',
        'error unknown-value "lo"',
        'error unknown-key "rnak"',
        'error wrong-type "16"',
        'error out-of-bounds 1',
      ],
    ],
    ['{}', ['error missing-key {}', 'error missing-key {}']],
    ['{ "base": "base.gguf", "data": { "length": 10 } }', ['error missing-key "data"']],
    [`{ ${minimal}, "learningRate": 1e-3 }`, ['error unknown-key "learningRate"']],
    [`{ ${minimal}, "method": { "kind": "lroa" } }`, ['error unknown-value "lroa"']],
    [
      `{ ${minimal}, "method": { "rank": 1.5, "targets": [1] } }`,
      ['error out-of-bounds 1.5', 'error wrong-type 1'],
    ],
    [
      `{ ${minimal}, "training": { "betas": [0.9], "clip": -1, "eps": 1e999 } }`,
      ['error out-of-bounds [0.9]', 'error out-of-bounds -1', 'error out-of-bounds 1e999'],
    ],
    [`{ ${minimal}, "training": [] }`, ['error wrong-type []']],
    [
      `{ ${minimal}, "__proto__": { "rank": 1 }, "data": 1 }`,
      ['error wrong-type 1', 'error duplicate-key "data"', 'error unknown-key "__proto__"'],
    ],
    [`{ ${minimal}, "output": "" }`, ['error out-of-bounds ""']],
    [`{ ${minimal} "method": {} }`, ['error not-json "method"']],
    [`{ ${minimal}, "method": { "targets": "all-linear" `, ['error not-json ']],
    ['[1]', ['error not-json [']],
    ['', ['error not-json ']],
  ];
  test.each(cases)('%s', (text, expected) => {
    expect(
      problems(text)
        .map((line) => line.trimEnd())
        .sort(),
    ).toEqual(expected.map((line) => line.trimEnd()).sort());
  });

  test('line and column count from 1', () => {
    const text = `{\n  ${minimal},\n  "memroy": "low"\n}`;
    const [diagnostic] = checkConfig(text, file).diagnostics;
    expect(diagnostic).toMatchObject({
      code: 'unknown-key',
      range: { line: 3, column: 3, length: 8 },
      hint: 'Did you mean "memory"?',
    });
    const [edit] = diagnostic!.fixes![0]!.edits;
    expect(text.slice(0, edit!.offset) + edit!.text + text.slice(edit!.offset + edit!.length)).toBe(
      text.replace('memroy', 'memory'),
    );
  });

  test('a key in the wrong section is sent to the right one; a quoted number is named', () => {
    expect(hints(`{ ${minimal}, "method": { "learningRate": 1 } }`)).toEqual(['It belongs into "training".']);
    expect(hints(`{ ${minimal}, "rank": 1 }`)).toEqual(['It belongs into "method".']);
    expect(hints(`{ ${minimal}, "training": { "output": "x" } }`)).toEqual([
      'It belongs at the top level of the file.',
    ]);
    expect(hints(`{ ${minimal}, "training": { "batch": "4", "keepBest": "true" } }`)).toEqual([
      'Write 4 without quotes.',
      'Write true without quotes.',
    ]);
  });

  test('deep nesting and large texts are refused before they are parsed', () => {
    expect(problems(`{ "base": ${'['.repeat(200_000)}`)).toEqual(['error nesting [']);
    expect(problems(`{ "base": "${'x'.repeat(1 << 20)}" }`)).toEqual(['error config-too-large {']);
  });
});

describe('variants and --set', () => {
  const text = `{ ${minimal}, "method": { "rank": 8, "targets": ["q_proj"], "rankPattern": { "q_proj": 4 } },
    "variants": { "wide": { "method": { "rank": 64, "targets": ["v_proj", "o_proj"], "rankPattern": null } },
                  "bad": { "training": { "stepz": 1 } }, "none": null } }`;

  test('a variant merges key by key: lists replace, null returns to the default', () => {
    const { config, variants } = checkConfig(text, file, { variant: 'wide' });
    expect(variants).toEqual(['wide', 'bad']);
    expect(config?.method).toMatchObject({ rank: 64, targets: ['v_proj', 'o_proj'], rankPattern: {} });
    expect(checkConfig(text, file).config?.method).toMatchObject({ rank: 8, rankPattern: { q_proj: 4 } });
  });

  test('a mistake in a variant is found by checking the file, and does not stop the others', () => {
    expect(problems(text)).toEqual(['error unknown-key "stepz"']);
    expect(problems(text, { variant: 'wide' })).toEqual([]);
    expect(problems(text, { variant: 'bad' })).toEqual(['error unknown-key "stepz"']);
    expect(problems(text, { variant: 'wdie' })).toEqual(['error unknown-variant "variants"']);
  });

  test('odd variants are refused', () => {
    expect(problems(`{ ${minimal}, "variants": [] }`)).toEqual(['error wrong-type []']);
    expect(
      problems(`{ ${minimal}, "variants": { " a": {}, "": {}, "b": 1, "c": { "variants": {} } } }`),
    ).toEqual([
      'error wrong-type " a"',
      'error wrong-type ""',
      'error wrong-type 1',
      'error unknown-key "variants"',
    ]);
  });

  test('--set has the last word, reads JSON or a plain string, and splits map keys once', () => {
    const sets = [
      'training.learningRate=1e-4',
      'data.train=valid.jsonl',
      'method.rankPattern.layers.1.self_attn.q_proj=2',
      'method.targets=["a"]',
      'training.steps=7',
      'training.steps=null',
    ];
    const { config } = checkConfig(text, file, { variant: 'wide', sets });
    expect(config?.training).toMatchObject({ learningRate: 1e-4 });
    expect(config?.training).not.toHaveProperty('steps');
    expect(config?.data.train).toBe(join(folder, 'valid.jsonl'));
    expect(config?.method).toMatchObject({
      rank: 64,
      targets: ['a'],
      rankPattern: { 'layers.1.self_attn.q_proj': 2 },
    });
  });

  test('a wrong --set is named by its own words', () => {
    const wrong = (set: string) => problems(`{ ${minimal} }`, { sets: [set] });
    expect(wrong('training.learningRte=1')).toEqual(['error unknown-key --set training.learningRte=1']);
    expect(wrong('training.batch=many')).toEqual(['error wrong-type --set training.batch=many']);
    expect(wrong('data.train=none.jsonl')).toEqual(['error file-missing --set data.train=none.jsonl']);
    expect(wrong('training.batch')).toEqual(['error bad-set --set training.batch']);
    expect(wrong('variants.a.b=1')).toEqual(['error bad-set --set variants.a.b=1']);
    expect(wrong('__proto__.x=1')).toEqual(['error unknown-key --set __proto__.x=1']);
  });
});
