/** @file `merge` on the command line: what it says, and what it leaves. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { reference } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const words = ['merge', '--base', reference('lm/llama/base')!, '--adapter', reference('adapters/regex')!];

async function run(...more: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = fakeIo({ cwd: scratch });
  const code = await commandLine([...words, ...more], io);
  return { code, out: io.outText(), err: io.errText() };
}

test('a folder below the working directory, and one line of what was done', async () => {
  const { code, out } = await run('--output', 'merged');
  expect(code).toBe(0);
  expect(out).toMatch(/^\d+ tensors changed, [\d.]+ [kM]B in .*merged; logits agree within \d[.]\de-\d+\n$/);
  expect(existsSync(join(scratch, 'merged/model.safetensors'))).toBe(true);
});

test('the same as JSON', async () => {
  const { out } = await run('--output', 'again', '--json');
  const event = JSON.parse(out) as Record<string, unknown>;
  expect(event).toMatchObject({ event: 'merged', output: join(scratch, 'again') });
  expect(event['difference']).toBeLessThan(1e-5);
});

test('a folder that is there is refused with its name', async () => {
  const { code, err } = await run('--output', '.');
  expect(code).toBe(2);
  expect(err).toContain('exists already');
});
