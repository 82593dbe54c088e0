/** @file A run's diagnosis from its events, at its places in the config that wrote it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../runtime/contract/run.ts';
import { configDiagnostics, findingsOf } from '../../../runtime/runs/diagnosed.ts';
import { makeRun } from '../../support/runFolder.ts';
import { runSummary, stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
const steps: RunEvent[] = Array.from({ length: 30 }, (_, i) => stepEvent(i + 1));
const failed: RunEvent = { event: 'failed', message: 'the loss is NaN', step: 30, code: 'loss-not-finite' };

test('a failure counts until the run goes on', () => {
  const { record } = runSummary({ status: 'failed' });
  expect(findingsOf(record, [...steps, failed]).map(({ code }) => code)).toEqual(['run-not-finite']);
  expect(findingsOf(record, [...steps, failed, { event: 'resumed', fromStep: 20 }])).toEqual([]);
});

test('a finding stands at its key, in the variant that ran, while the config is as it was', () => {
  const text = `{
  "training": { "learningRate": 1e-3 },
  "variants": { "hot": { "training": { "learningRate": 1 } } }
}`;
  const config = join(root, 'a.adapter.json');
  const { folder } = makeRun(root, 'run');
  writeFileSync(config, text);
  writeFileSync(join(folder, 'config.jsonc'), text);
  const { record } = runSummary({ config, id: 'run', status: 'failed' });
  const findings = findingsOf(record, [...steps, failed]);
  const [plain] = configDiagnostics(folder, record, findings);
  expect(plain).toMatchObject({
    severity: 'warning',
    code: 'run-not-finite',
    range: { line: 2, column: 33, length: 4 },
  });
  expect(plain!.message).toContain('Run run: ');
  const [hot] = configDiagnostics(folder, { ...record, variant: 'hot' }, findings);
  expect(hot).toMatchObject({ range: { line: 3, length: 1 } });
  writeFileSync(config, text.replace('1e-3', '1e-4'));
  expect(configDiagnostics(folder, record, findings)).toEqual([]);
});

test('a key that is not written stands at its section, on one line', () => {
  const config = join(root, 'b.adapter.json');
  const { folder } = makeRun(root, 'other');
  for (const path of [config, join(folder, 'config.jsonc')])
    writeFileSync(path, '{\n  "training": {\n  }\n}');
  const { record } = runSummary({ config, status: 'failed' });
  const [found] = configDiagnostics(folder, record, findingsOf(record, [...steps, failed]));
  expect(found!.range).toMatchObject({ line: 2, column: 15, length: 1 });
});
