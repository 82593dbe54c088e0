/** @file What it takes to try an adapter: where it is, and a question from the run's own data. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTrial } from '../../../runtime/serve/runTrial.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();

function runWith(name: string, rows: string | undefined): string {
  const folder = join(root, name);
  mkdirSync(join(folder, 'adapter'), { recursive: true });
  const config = runConfig(folder);
  writeFileSync(join(folder, 'config.resolved.json'), JSON.stringify(config));
  if (rows !== undefined) writeFileSync(config.data.train, rows);
  return folder;
}

const messages = ['system', 'user', 'assistant'].map((role) => ({ role, content: `the ${role}'s` }));

test.each([
  ['chat', `${JSON.stringify({ messages })}\n`, { system: "the system's", prompt: "the user's" }],
  ['pair', '{"prompt":"2 + 2","completion":"4"}\n', { prompt: '2 + 2' }],
  ['text', '{"text":"once"}\n', {}],
  ['junk', 'no json\n', {}],
  ['none', undefined, {}],
])('%s', async (name, rows, question) => {
  const folder = runWith(name, rows);
  expect(await readTrial(folder)).toEqual({
    base: join(folder, 'base.gguf'),
    adapter: join(folder, 'adapter'),
    ...question,
  });
});

test('a run without an adapter is refused', async () => {
  const folder = join(root, 'early');
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.resolved.json'), JSON.stringify(runConfig(folder)));
  await expect(readTrial(folder)).rejects.toMatchObject({ code: 'no-adapter' });
});
