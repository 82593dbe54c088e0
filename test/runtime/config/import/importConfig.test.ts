/** @file Twelve configs as people have them, three a tool: what maps, what is left, and a result that passes the check. */
import { cpSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import { fullCheckAll } from '../../../../runtime/config/fullCheck.ts';
import { importConfig, tools } from '../../../../runtime/config/import/importConfig.ts';
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

  test('there are three of each tool', () => {
    const names = Object.values(expected).map(({ tool }) => tool);
    expect(names).toHaveLength(12);
    expect(new Set(names)).toEqual(new Set(tools.map(({ name }) => name)));
  });
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
