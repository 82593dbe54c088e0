/** @file `compact` on the command line: nothing is left out without being asked for, and what is is said. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { writePeftAdapter } from '../../../runtime/formats/peftWrite.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { adapterOf, configIn, prunedPair } from '../../support/prunedPair.ts';
import { smallLlama } from '../../support/randomModel.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
let [base, manifest] = ['', ''];
beforeAll(async () => {
  const pair = await prunedPair(scratch, smallLlama);
  ({ base, manifest } = pair);
  mkdirSync(join(scratch, 'whole'));
  writePeftAdapter(join(scratch, 'whole'), adapterOf(pair.spec));
});

async function run(command: string, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo({ cwd: scratch });
  const code = await commandLine([command, '--base', base, '--pruned', 'pruned', ...words], io);
  return { code, out: io.outText(), err: io.errText() };
}

test('a recovered adapter loses nothing', async () => {
  await run('recover', '--adapter', 'compact', '--output', 'recovered');
  const { code, out } = await run('compact', '--adapter', 'recovered', '--output', 'again');
  expect(code).toBe(0);
  expect(out).toMatch(/^22 linears, [\d,]+ numbers as [\d,]+ in .*again; largest magnitude left out: 0\n$/);
  expect(configIn(join(scratch, 'again'))).toMatchObject({
    peft_type: 'LORAM',
    loram_manifest_sha256: manifest,
  });
});

test('any other is refused with what it would lose, unless asked for', async () => {
  const { code, err } = await run('compact', '--adapter', 'whole', '--output', 'lossy');
  expect(code).toBe(2);
  expect(err).toMatch(/would lose numbers of up to \d[.]\d+[.].*--lossy/);
  expect(existsSync(join(scratch, 'lossy'))).toBe(false);
  const { out } = await run('compact', '--adapter', 'whole', '--output', 'lossy', '--lossy', '--json');
  const event = JSON.parse(out) as { dropped: number };
  expect(event).toMatchObject({ event: 'compacted', output: join(scratch, 'lossy') });
  expect(event.dropped).toBeGreaterThan(0.9);
});
