/** @file `import`: what it writes and says; an existing file stays as it is. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
cpSync(join(root, 'test/fixtures/import/axolotl-lora.yml'), join(folder, 'lora.yml'));

async function run(...words: string[]) {
  const io = fakeIo({ cwd: folder });
  return { code: await commandLine(['import', ...words], io), out: io.outText(), err: io.errText() };
}

test('writes beside the file, and lists what mapped and what did not', async () => {
  const { code, out } = await run('lora.yml');
  expect(code).toBe(0);
  expect(out).toMatch(/^A config of axolotl\.\n/);
  expect(out).toContain('method.rank');
  expect(out).toContain('Without a counterpart:');
  expect(out).toMatch(/Wrote lora\.adapter\.json\. Next: adapter-workbench check lora\.adapter\.json\n$/);
  expect(out.split('\n').every((line) => line.length <= 80)).toBe(true);
  expect(readFileSync(join(folder, 'lora.adapter.json'), 'utf8')).toContain('"rank": 24');
});

test('never replaces a file', async () => {
  writeFileSync(join(folder, 'kept.adapter.json'), 'mine');
  const { code, err } = await run('lora.yml', '--out', 'kept.adapter.json');
  expect(code).toBe(2);
  expect(err).toContain('exists already');
  expect(readFileSync(join(folder, 'kept.adapter.json'), 'utf8')).toBe('mine');
});

test('--json says the same for programs', async () => {
  const { code, out } = await run('lora.yml', '--out', 'other.adapter.json', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ event: 'imported', tool: 'axolotl' });
});

test('a file of no known tool is refused, and nothing is written', async () => {
  writeFileSync(join(folder, 'notes.yml'), 'a: 1\n');
  const { code, err } = await run('notes.yml');
  expect(code).toBe(2);
  expect(err).toContain('Known are Unsloth Studio, PEFT, axolotl, LLaMA-Factory, TRL.');
  expect(existsSync(join(folder, 'notes.adapter.json'))).toBe(false);
});
