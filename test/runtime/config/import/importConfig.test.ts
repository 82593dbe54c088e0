/** @file Twelve configs as people have them, three a tool: what maps, what is left, and a result that passes the check. */
import { cpSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import { fullCheckAll } from '../../../../runtime/config/fullCheck.ts';
import { importConfig, tools } from '../../../../runtime/config/import/importConfig.ts';
import { readForeign } from '../../../../runtime/config/import/readForeign.ts';
import { hasErrors } from '../../../../runtime/contract/diagnostic.ts';
import { root } from '../../../support/sourceFiles.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { expected } from './expected.ts';

const fixtures = join(root, 'test/fixtures/import');
const read = (name: string) => importConfig(join(fixtures, name), readFileSync(join(fixtures, name), 'utf8'));

const folder = temporaryFolder();
beforeAll(() => {
  cpSync(join(root, 'media/base/tiny-clerk'), join(folder, 'base'), { recursive: true });
  mkdirSync(join(folder, 'data'));
});

/** The result with base and rows that lie on this machine, as its comments ask for. */
function local(text: string): string {
  const rows = JSON.stringify(join(root, 'media/data/tickets/train.jsonl'));
  const held = JSON.stringify(join(root, 'media/data/tickets/valid.jsonl'));
  return text
    .replace(/"base": "[^"]*"/, '"base": "base"')
    .replace(/"train": "[^"]*"/, `"train": ${rows}`)
    .replace(/"validation": "[^"]*"/, `"validation": ${held}`)
    .replace(/\n *"format": "[^"]*",?/, '')
    .replace(/\n *"columns": [^\n]*/, '');
}

describe('a config of another tool', () => {
  test.each(readdirSync(fixtures))('%s', (name) => {
    const { tool, text, mapped, unmapped } = read(name);
    const wanted = expected[name]!;
    expect(tool).toBe(wanted.tool);
    expect(parse(text)).toEqual(wanted.config);
    expect(unmapped.map(({ key }) => key)).toEqual(wanted.unmapped);
    for (const { reason } of unmapped) expect(reason).toMatch(/[.]$/);
    // each key of the file is accounted for
    expect(mapped.length + unmapped.length).toBeGreaterThanOrEqual(wanted.unmapped.length + 5);
    const { diagnostics } = fullCheckAll(local(text), join(folder, 'x.adapter.json'));
    expect(hasErrors(diagnostics), JSON.stringify(diagnostics)).toBe(false);
  });

  test.each(readdirSync(fixtures))('%s, its keys in another order', (name) => {
    const values = readForeign(name, readFileSync(join(fixtures, name), 'utf8'));
    const turned = JSON.stringify(Object.fromEntries(Object.entries(values).toReversed()));
    const { text } = importConfig(join(fixtures, 'turned.json'), turned);
    expect(parse(text)).toEqual(expected[name]!.config);
  });

  test('there are three of each tool', () => {
    const names = Object.values(expected).map(({ tool }) => tool);
    expect(names).toHaveLength(12);
    expect(new Set(names)).toEqual(new Set(tools.map(({ name }) => name)));
  });
});

/** Values that a tool's file sets, beside what makes it one of the tool. */
const imported = (signs: object, values: object) => {
  const orders = [Object.entries(values), Object.entries(values).toReversed()];
  const [one, other] = orders.map(
    (order) => importConfig('/a/c.json', JSON.stringify({ ...signs, ...Object.fromEntries(order) })).text,
  );
  expect(parse(one!)).toEqual(parse(other!));
  const { diagnostics } = fullCheckAll(local(one!), join(folder, 'x.adapter.json'));
  expect(hasErrors(diagnostics), JSON.stringify(diagnostics)).toBe(false);
  return parse(one!) as Record<'data' | 'training', Record<string, unknown>>;
};
const axolotlSigns = { base_model: 'b/c', adapter: 'lora', datasets: [{ path: 'a.jsonl', type: 'alpaca' }] };
const llamaSigns = { model_name_or_path: 'b/c', finetuning_type: 'lora', lora_target: 'all' };
const trlSigns = { model_name_or_path: 'b/c', use_peft: true, dataset_name: 'd/e' };

describe('keys that contradict each other, in both orders', () => {
  test.each([
    ['axolotl', { ...axolotlSigns, val_set_size: 0.1 }],
    ['LLaMA-Factory', { ...llamaSigns, val_size: 0.1 }],
    ['TRL', trlSigns],
  ])('%s: steps count only under the strategy "steps"', (_, signs) => {
    for (const strategy of ['eval_strategy', 'evaluation_strategy']) {
      expect(imported(signs, { [strategy]: 'no', eval_steps: 100 }).training['evaluateEvery']).toBe(0);
      expect(imported(signs, { [strategy]: 'epoch', eval_steps: 100 }).training).not.toHaveProperty(
        'evaluateEvery',
      );
      expect(imported(signs, { [strategy]: 'steps', eval_steps: 100 }).training['evaluateEvery']).toBe(100);
    }
    expect(imported(signs, { save_strategy: 'no', save_steps: 100 }).training['checkpointEvery']).toBe(0);
    expect(imported(signs, { save_strategy: 'epoch', save_steps: 100 }).training).not.toHaveProperty(
      'checkpointEvery',
    );
  });

  test('an interval of evaluations is listed where a config says that no rows are held out', () => {
    const file = { ...llamaSigns, val_size: 0, eval_strategy: 'steps', eval_steps: 20 };
    const found = importConfig('there.json', JSON.stringify(file));
    expect(parse(found.text)).not.toHaveProperty('training.evaluateEvery');
    expect(found.unmapped).toContainEqual({
      key: 'eval_steps',
      reason: 'it says when to evaluate, and no rows to evaluate on are named.',
    });
  });

  test('patience is dropped where evaluations are off, as the check would refuse it', () => {
    const values = { eval_strategy: 'no', early_stopping_patience: 3 };
    expect(imported({ ...llamaSigns, val_size: 0.1 }, values).training).not.toHaveProperty('patience');
  });

  test('LLaMA-Factory: the file to evaluate on is kept beside a share of 0', () => {
    const { data } = imported(llamaSigns, { eval_dataset: 'held', val_size: 0 });
    expect(data['validation']).toBe('data/held.json');
  });

  test('Unsloth Studio: steps of warm-up win where they are above 0', () => {
    const warmup = (warmup_steps: number, lr_scheduler_type = 'linear') => {
      const keys = { warmup_steps, warmup_ratio: 0.1, lr_scheduler_type };
      const orders = [keys, Object.fromEntries(Object.entries(keys).toReversed())];
      return orders.map((training) => imported({ model: 'b' }, { training, lora: {} }).training['warmup']);
    };
    expect(warmup(10)).toEqual([10, 10]);
    expect(warmup(0)).toEqual([0.1, 0.1]);
    expect(warmup(10, 'constant')).toEqual([0, 0]);
  });

  test.each([
    ['axolotl', axolotlSigns, 'lr_scheduler'],
    ['LLaMA-Factory', llamaSigns, 'lr_scheduler_type'],
    ['TRL', trlSigns, 'lr_scheduler_type'],
  ])('%s: the schedule "constant" has no warm-up', (_, signs, key) => {
    const warmup = (values: object) => imported(signs, values).training['warmup'];
    expect(warmup({ [key]: 'constant' })).toBe(0);
    expect(warmup({ [key]: 'constant', warmup_steps: 10 })).toBe(0);
    expect(warmup({ [key]: 'constant', warmup_ratio: 0.1 })).toBe(0);
    expect(warmup({ [key]: 'constant_with_warmup', warmup_ratio: 0.1 })).toBe(0.1);
  });
});

test.each([
  ['axolotl', { ...axolotlSigns, val_set_size: 0.1 }],
  ['LLaMA-Factory', { ...llamaSigns, val_size: 0.1 }],
  ['TRL', trlSigns],
])('%s keeps the last adapter where its file does not ask for the best', (_, signs) => {
  expect(imported(signs, {}).training['keepBest']).toBe(false);
  const steps = { eval_steps: 10, save_steps: 10 };
  expect(imported(signs, { load_best_model_at_end: true, ...steps }).training['keepBest']).toBe(true);
});

test('what the check says of a data set that has to be exported first names the file', () => {
  const { text } = read('trl-sft.yaml');
  const { diagnostics } = fullCheckAll(text, join(folder, 'x.adapter.json'));
  expect(diagnostics.map(({ code }) => code)).toContain('file-missing');
  expect(text).toContain('export its rows to data/trl-lib-Capybara.jsonl');
});

test('paths are written as seen from where the config will lie', () => {
  const text = 'base_model: ./base\nadapter: lora\ndatasets:\n  - path: rows/a.jsonl\noutput_dir: out\n';
  const { text: written } = importConfig('/a/b/c.yml', text, '/a/d');
  expect(parse(written)).toMatchObject({
    base: '../b/base',
    data: { train: '../b/rows/a.jsonl' },
    output: '../b/out',
  });
});

test('a comment holds whatever a file says on one line', () => {
  const text =
    'base_model: b/c\nadapter: lora\ndatasets:\n  - path: "x\\n}\\u2028, evil: 1"\n"evil\\n}": 1\n';
  const { text: written } = importConfig('/a/c.yml', text);
  const errors: never[] = [];
  expect(parse(written, errors, { allowTrailingComma: false })).toMatchObject({ base: 'b/c' });
  expect(errors).toEqual([]);
  expect(
    written
      .split('\n')
      .filter((line) => line.includes('evil'))
      .every((line) => /^\s*(\/\/|"train")/.test(line)),
  ).toBe(true);
});

test('a file that no tool wrote is refused with those that are known', () => {
  expect(() => importConfig('/a/c.yml', 'a: 1\nb: 2\n')).toThrow('is no config of a tool that is known here');
});
