/** @file Memory of a config: from the longest rows where they are known, else a ceiling; kept between two pauses in typing. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adaptedFromConfig } from '../../../runtime/config/attachments.ts';
import { Bases } from '../../../runtime/config/bases.ts';
import { machineMemory, memoryFinding, MemoryNeeds } from '../../../runtime/config/memory.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { root } from '../../support/sourceFiles.ts';
import { runConfig } from '../../support/runConfig.ts';

const base = new Bases().open(join(root, 'media/base/tiny-clerk'));
if (base instanceof UserError) throw base;
const config = runConfig('runs', { batch: 4 });
const adapted = adaptedFromConfig(config.method, config.training, base.spec);
const at = () => ({ offset: 0, length: 1 });

test('known rows need what they have, unknown ones what they may have', () => {
  const needs = new MemoryNeeds();
  const known = needs.of(config, base, adapted, { exact: true, lengths: [10, 9, 8, 7, 6] })!;
  const unknown = needs.of(config, base, adapted, undefined)!;
  expect([known.atMost, unknown.atMost]).toEqual([false, true]);
  expect(known.activations).toBeLessThan(unknown.activations);
  // four rows that fill the length of 64 tokens are the ceiling
  const full = needs.of(config, base, adapted, { exact: true, lengths: [64, 64, 64, 64] })!;
  expect(full).toEqual({ ...unknown, atMost: false });
});

test('what the machine lacks is an error where rows are known, else a warning', () => {
  const need = new MemoryNeeds().of(config, base, adapted, undefined)!;
  expect(memoryFinding(config, need, at, need.total)).toBeUndefined();
  expect(memoryFinding(config, need, at, need.total - 1)).toMatchObject({
    severity: 'warning',
    code: 'memory-tight',
  });
  expect(memoryFinding(config, { ...need, atMost: false }, at, 1)).toMatchObject({
    severity: 'error',
    code: 'out-of-memory',
  });
  expect(machineMemory()).toBeGreaterThan(1e8);
});

test('the first estimate of a base can wait, those after it are made at once', () => {
  const waiting: (() => void)[] = [];
  const needs = new MemoryNeeds((work) => waiting.push(work));
  expect(needs.of(config, base, adapted, undefined)).toBeUndefined();
  waiting[0]!();
  expect(needs.of(config, base, adapted, undefined)?.total).toBeGreaterThan(0);
  expect(needs.of({ ...config, memory: 'low' }, base, adapted, undefined)?.total).toBeGreaterThan(0);
  expect(waiting).toHaveLength(1);
});
