/** @file Which files look like datasets. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recogniseFile } from '../../../runtime/data/recognise.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

test.each([
  ['chat.jsonl', '{"messages": [{"role": "user", "content": "q"}]}\n', 'chat'],
  ['table.csv', 'prompt,completion\na,b\n', 'prompt-completion'],
  ['numbers.csv', 'x,y\n1,2\n', null],
  ['package.json', '{"name": "one"}', null],
  ['list.json', '\n [\n {"text": "one"},\n {"text": "two"}]', 'text'],
  ['numbers.json', '[1, 2]', null],
  ['one.json', '{"text": "settings of something"}', null],
  ['large.json', `[{"text": "${'x'.repeat(5e6)}"}]`, null],
  ['metrics.jsonl', '{"event": "step", "step": 1}\n', null],
  ['broken.jsonl', 'not JSON\n', null],
  ['empty.jsonl', '', null],
  ['pairs.jsonl', '{"chosen": "a", "rejected": "b"}\n', 'preference'],
])('%s', async (name, text, format) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  expect(await recogniseFile(path)).toBe(format);
});

test('a file that is not there is none', async () => {
  expect(await recogniseFile(join(folder, 'absent.jsonl'))).toBeNull();
});
