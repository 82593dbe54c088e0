/** @file `check`: what it prints and how it ends, on the embedded base. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { root } from '../../support/sourceFiles.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const base = JSON.stringify(join(root, 'media/base/tiny-clerk'));
const train = JSON.stringify(join(root, 'media/data/tickets/train.jsonl'));

async function check(text: string, ...words: string[]) {
  writeFileSync(join(folder, 'x.adapter.json'), text);
  const io = fakeIo({ cwd: folder });
  const code = await commandLine(['check', 'x.adapter.json', ...words], io);
  return { code, lines: io.outText().trimEnd().split('\n'), err: io.errText() };
}

const good = `{ "base": ${base}, "data": { "train": ${train} },\n  "method": { "rank": 8, "alpha": 16 },\n  "variants": { "wide": { "method": { "rank": 64 } } } }`;

test('a good file: what each variant comes to', async () => {
  expect(await check(good)).toEqual({
    code: 0,
    err: '',
    lines: [
      'x.adapter.json: matches 42 of 43 linears · +162,816 parameters · scale 2.00',
      'x.adapter.json, variant "wide": matches 42 of 43 linears · +1,302,528 parameters · scale 0.250',
      'x.adapter.json: no errors',
    ],
  });
  expect((await check(good, '--variant', 'wide', '--set', 'method.alpha=64')).lines[0]).toContain(
    'scale 1.00',
  );
});

test('mistakes of the text and of the base in one go', async () => {
  const { code, lines } = await check(
    good.replace('"rank": 8', '"rank": 600, "targets": ["q_porj"], "dropot": 1'),
  );
  expect(code).toBe(2);
  expect(lines).toEqual([
    'x.adapter.json:2:40: error: No linear of the base ends in "q_porj". Did you mean "q_proj"? [target-missing]',
    'x.adapter.json:2:51: error: "method" has no key "dropot". Did you mean "dropout"? [unknown-key]',
    'x.adapter.json: 2 errors',
  ]);
  expect((await check(good.replace('"rank": 8', '"rank": 600'))).lines[0]).toMatch(
    /^x\.adapter\.json:2:23: error: Rank 600 is larger than the smaller side of [\w, ]+, \d+ \(\d+ layers\)\..* \[rank-too-large\]$/,
  );
});

test('a key that is wrong itself causes no second message', async () => {
  const { lines } = await check(good.replace('"rank": 8', '"rank": "600"'));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toContain('[wrong-type]');
});

test('a base that cannot be read is reported at its key', async () => {
  const { code, lines } = await check(good.replace(base, train));
  expect(code).toBe(2);
  expect(lines[0]).toMatch(
    /^x\.adapter\.json:1:11: error: The base can't be read: .*train\.jsonl: is neither a folder/,
  );
});

test('--json: one diagnostic a line, then the count', async () => {
  const { code, lines } = await check(good.replace('"alpha"', '"alhpa"'), '--json');
  expect(code).toBe(2);
  const [first, last] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({
    event: 'diagnostic',
    code: 'unknown-key',
    range: { line: 2, column: 26, length: 7 },
  });
  expect(last).toMatchObject({
    event: 'checked',
    errors: 1,
    warnings: 0,
    views: [
      { variant: null, valid: false },
      { variant: 'wide', valid: false },
    ],
  });
});

test('a file that is not there', async () => {
  const io = fakeIo({ cwd: folder });
  expect(await commandLine(['check', 'none.adapter.json'], io)).toBe(2);
  expect(io.errText()).toMatch(/none\.adapter\.json: does not exist/);
});
