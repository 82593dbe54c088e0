/** @file Values of this base and this folder: modules, files, adapters, bases; nothing where the schema knows it all. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bases } from '../../../runtime/config/bases.ts';
import { completeAt } from '../../../runtime/config/completions.ts';
import type { KnownMethod } from '../../../runtime/config/options.ts';
import { fullCheck } from '../../../runtime/config/fullCheck.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const file = join(folder, 'x.adapter.json');
cpSync(join(root, 'media/base/tiny-clerk'), join(folder, 'models/base'), { recursive: true });
for (const name of ['runs/a/adapter', 'node_modules', '.git', 'data'])
  mkdirSync(join(folder, name), { recursive: true });
for (const name of [
  'models/small.gguf',
  'data/train.jsonl',
  'data/chat.jinja',
  'package.json',
  'y.adapter.json',
  'node_modules/x.jsonl',
  '.git/y.jsonl',
  'runs/a/adapter/adapter_config.json',
])
  writeFileSync(join(folder, name), '{}');
const base = new Bases().open(join(folder, 'models/base'));
if (base instanceof UserError) throw base;
const opened = base;

/** Values offered where «» stands. */
function values(marked: string): readonly string[] | undefined {
  const offset = marked.indexOf('«»');
  const text = marked.replace('«»', '');
  const found = completeAt(
    text,
    offset,
    file,
    () => fullCheck(text, file),
    () => opened,
  );
  return found?.items.map(({ value }) => value);
}

test('files of the folder, without those of projects, models and other folders', () => {
  expect(values('{ "data": { "train": "«»" } }')).toEqual(['data/train.jsonl']);
  expect(values('{ "variants": { "a": { "data": { "validation": "«»" } } } }')).toEqual(['data/train.jsonl']);
  expect(values('{ "data": { "template": "«»" } }')).toEqual([
    'data/chat.jinja',
    'models/base/chat_template.jinja',
  ]);
});

test('bases: folders with weights and GGUF files; adapters: folders that hold one', () => {
  expect(values('{ "base": "«»" }')?.slice(0, 2)).toEqual(['models/base', 'models/small.gguf']);
  expect(values('{ "method": { "from": "«»" } }')).toEqual(['runs/a/adapter']);
});

test('modules of the base: last names first, then whole paths; keys of patterns too', () => {
  const targets = values('{ "method": { "targets": ["«»"] } }')!;
  expect(targets.slice(0, 3)).toEqual(['q_proj', 'k_proj', 'v_proj']);
  expect(targets).toContain('model.layers.5.mlp.down_proj');
  expect(values('{ "method": { "modulesToSave": ["«»"] } }')).toContain('embed_tokens');
  expect(values('{ "method": { "rankPattern": { "«»" } } }')).toContain('o_proj');
});

/** What would be written where «» stands, and what is said of it. */
function written(marked: string, list?: readonly KnownMethod[]): readonly string[] {
  const offset = marked.indexOf('«»');
  const text = marked.replace('«»', '');
  const none = (): undefined => undefined;
  const items = completeAt(text, offset, file, none, none, list)?.items ?? [];
  return items.map(({ value, follows = '' }) => JSON.stringify(value) + follows);
}

test('own keys of the kind at hand that are not there yet, with their usual values', () => {
  expect(written('{ "method": { "kind": "allora", "«»" } }')).toEqual([
    '"eta": 2',
    '"adamRate": "eta-scaled"',
  ]);
  expect(written('{ "method": { "kind": "allora", "eta": 1, "«»" } }')).toEqual(['"adamRate": "eta-scaled"']);
  // without a kind it is LoRA; a value that is there stays, an entry behind needs a comma
  expect(written('{ "method": { "«»" } }')).toContain('"rankStabilized": false');
  expect(written('{ "method": { "«»": 3 } }')).toContain('"alpha"');
  expect(written('{ "method": { "«»" "rank": 3 } }')).toContain('"alpha": 32,');
  expect(written('{ "method": { "kind": "lora-sb", "«»" } }')).toContain('"firstStepRate": 1');
  // what all kinds have is the schema's, also where a kind says it in other words
  expect(written('{ "method": { "kind": "loramoe", "«»" } }').join()).not.toMatch(/"(rank|targets)"/);
});

test('in a variant it is its own kind, else that of the file', () => {
  const base = (own: string): string =>
    `{ "method": { "kind": "loramoe" }, "variants": { "a": { "method": { ${own}"«»" } } } }`;
  expect(written(base(''))).toContain('"experts": 6');
  expect(written(base('"kind": "lora-xs", '))).toEqual(['"dropout": 0']);
});

test('an item says whose key it is and what it does', () => {
  const text = '{ "method": { "kind": "allora", "" } }';
  const none = (): undefined => undefined;
  const [item] = completeAt(text, text.indexOf('""') + 1, file, none, none)!.items;
  expect(item).toMatchObject({ detail: 'ALLoRA', kind: 'key' });
  expect(item?.doc).toMatch(/^Largest factor /);
});

test('what the schema completes is left to it', () => {
  expect(values('{ "memory": "«»" }')).toBeUndefined();
  expect(values('{ "method": { "kind": "«»" } }')).toBeUndefined();
  expect(values('{ "method": { "kind": "unknown", "«»" } }')).toBeUndefined();
  expect(values('{ "data": { "«»" } }')).toBeUndefined();
});
