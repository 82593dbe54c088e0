/** @file `recover` on the command line: what it says, and what it leaves. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { configIn, prunedPair } from '../../support/prunedPair.ts';
import { smallLlama } from '../../support/randomModel.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
let base = '';
beforeAll(async () => {
  ({ base } = await prunedPair(scratch, smallLlama));
});

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo({ cwd: scratch });
  const code = await commandLine(['recover', '--base', base, ...words], io);
  return { code, out: io.outText(), err: io.errText() };
}
const folders = ['--pruned', 'pruned', '--adapter', 'compact'];

test('folders below the working directory, and one line of what was done', async () => {
  const { code, out } = await run(...folders, '--output', 'recovered');
  expect(code).toBe(0);
  expect(out).toMatch(
    /^22 linears, [\d,]+ numbers as [\d,]+ in .*recovered; compacted again they are the same\n$/,
  );
  expect(configIn(join(scratch, 'recovered'))['peft_type']).toBe('LORA');
});

test('the same as JSON', async () => {
  const { out } = await run(...folders, '--output', 'again', '--json');
  const event = JSON.parse(out) as { numbers: [number, number] };
  expect(event).toMatchObject({ event: 'recovered', output: join(scratch, 'again'), linears: 22 });
  expect(event.numbers[1]).toBeGreaterThan(event.numbers[0]);
});

test('what is no pruned base is refused with its name', async () => {
  const { code, err } = await run('--pruned', 'base', '--adapter', 'compact', '--output', 'refused');
  expect(code).toBe(2);
  expect(err).toContain('holds no loram_manifest.json');
  expect(existsSync(join(scratch, 'refused'))).toBe(false);
});

test('a missing option is named', async () => {
  const { code, err } = await run('--adapter', 'compact', '--output', 'refused');
  expect([code, err]).toEqual([2, expect.stringContaining('--pruned is missing')]);
});
