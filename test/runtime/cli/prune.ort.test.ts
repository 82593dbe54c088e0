/** @file `prune` on the command line: what it says of the two ways of counting, and which options go together. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { manifestFile, readManifest } from '../../../runtime/model/prune/manifest.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
tokenisedRows(join(scratch, 'rows.jsonl'), 4);

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo({ cwd: scratch });
  const code = await commandLine(['prune', '--base', base, ...words], io);
  return { code, out: io.outText(), err: io.errText() };
}

test('nominal and real, each with what it counts', async () => {
  const words = ['--method', 'random', '--first', '0', '--last', '0', '--quantize', 'nf4-double'];
  const { code, out } = await run('--output', 'pruned', ...words);
  expect(code).toBe(0);
  expect(out.split('\n').map((line) => line.replace(/\d[\d.,]*/g, '#'))).toEqual([
    '# parameters, # of them left',
    'nominal   # x smaller: # kB, as the literature counts (# bits a parameter, # for every one of a quantised base)',
    'real      # x smaller: # kB in memory here instead of # kB (zeros, embeddings, scales and norms included)',
    expect.stringMatching(/^on disk {3}# (kB|bytes) in .*pruned, beside the original$/),
    '',
  ]);
  const manifest = readManifest(join(scratch, 'pruned', manifestFile));
  expect(manifest).toMatchObject({ ratio: 0.5, seed: 42, start: 0, end: 3, quantization: 'nf4-double' });
});

test('the same as JSON, from rows below the working directory', async () => {
  const words = ['--method', 'unstructured', '--data', 'rows.jsonl', '--json'];
  const { out } = await run('--output', 'masked', ...words);
  const event = JSON.parse(out) as Record<string, Record<string, number>>;
  expect(event).toMatchObject({ event: 'pruned', output: join(scratch, 'masked') });
  expect(event['nominal']!['reduction']).toBeGreaterThan(1.5);
  expect(event['held']!['trained']).toBe(event['held']!['original']);
  expect(readManifest(join(scratch, 'masked', manifestFile)).ratio).toBe(0.55);
});

test.each([
  ['no method', [], '--method is missing'],
  ['another method', ['--method', 'magic'], '--method is one of random, structured, semi, unstructured'],
  ['a ratio of semi', ['--method', 'semi', '--ratio', '0.5'], '--ratio has no part in the method semi: 4 of'],
  ['layers of masks', ['--method', 'semi', '--last', '1'], '--last has no part in the method semi'],
  ['rows of random', ['--method', 'random', '--data', 'x'], '--data has no part in the method random'],
  ['codes', ['--method', 'random', '--quantize', 'fp4'], '--quantize is one of none, nf4, nf4-double'],
  ['a negative count', ['--method', 'random', '--first', '-1'], '--first'],
  ['too few layers', ['--method', 'random'], 'has 3 layers: with the first 4 and the last 2 left whole'],
  ['no rows', ['--method', 'structured', '--first', '0'], 'name a file of them'],
])('refused with code 2: %s', async (_, words, message) => {
  const { code, err } = await run('--output', 'refused', ...words);
  expect(err).toContain(message);
  expect(code).toBe(2);
  expect(existsSync(join(scratch, 'refused'))).toBe(false);
});
