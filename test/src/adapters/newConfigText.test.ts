/** @file A new config passes the check, whatever its files are called. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkAllVariants } from '../../../runtime/config/check.ts';
import { hasErrors } from '../../../runtime/contract/diagnostic.ts';
import { newConfigText } from '../../../src/adapters/newConfigText.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

test.each([
  ['base', 'rows.jsonl'],
  ['ba"se\\', 'a", "device": "webgpu.jsonl'],
])('%s, %s', (base, train) => {
  mkdirSync(join(folder, base), { recursive: true });
  writeFileSync(join(folder, train), '{"text":"a"}\n');
  const { diagnostics, config, variants } = checkAllVariants(
    newConfigText({ base, train }),
    join(folder, 'my.adapter.json'),
  );
  expect(hasErrors(diagnostics)).toBe(false);
  expect(config).toMatchObject({ data: { train: join(folder, train) }, device: 'auto' });
  expect(variants).toEqual(['rank 4']);
});
