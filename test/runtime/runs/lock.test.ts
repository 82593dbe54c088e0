/** @file The lock of a run: held while its process lives, taken over when it is gone. */
import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquireLock, isHeld, lockHolder, releaseLock } from '../../../runtime/runs/lock.ts';
import type { Lock } from '../../../runtime/runs/lock.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
let counter = 0;
const fresh = (lock?: string): string => {
  const folder = join(root, String(counter++));
  mkdirSync(folder);
  if (lock !== undefined) writeFileSync(join(folder, 'run.lock'), lock);
  return folder;
};
const ours = (): Lock => {
  const folder = fresh();
  acquireLock(folder);
  return JSON.parse(readFileSync(join(folder, 'run.lock'), 'utf8')) as Lock;
};

test('one process holds it, once, and gives it back', () => {
  const folder = fresh();
  const release = acquireLock(folder);
  expect(lockHolder(folder)).toBe(process.pid);
  expect(() => acquireLock(folder)).toThrow(/written by process/);
  release();
  expect(lockHolder(folder)).toBeUndefined();
  acquireLock(folder);
  releaseLock(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock of a dead process, an earlier boot or a reused pid is taken over', () => {
  const own = ours();
  expect(isHeld(own)).toBe(true);
  const gone: Partial<Lock>[] = [
    { ...own, pid: 2 ** 30 },
    { ...own, boot: 'another boot' },
    { pid: 2 ** 30 },
  ];
  if (process.platform === 'linux') gone.push({ ...own, started: '1' });
  for (const lock of gone) {
    const folder = fresh(JSON.stringify(lock));
    expect(lockHolder(folder)).toBeUndefined();
    acquireLock(folder);
    expect(lockHolder(folder)).toBe(process.pid);
    expect(readdirSync(folder)).toEqual(['run.lock']);
  }
});

test('boot times that differ by a set clock are the same boot', () => {
  const lock = { ...ours(), started: '' };
  expect(isHeld({ ...lock, boot: '' })).toBe(true);
  expect(isHeld({ ...lock, boot: 'time:1' })).toBe(false);
});

test('a lock that cannot be read is held for the moment in which it may be written', () => {
  const folder = fresh('{"pid":');
  expect(() => acquireLock(folder)).toThrow(/written by another process/);
  utimesSync(join(folder, 'run.lock'), 1, 1);
  acquireLock(folder);
  expect(lockHolder(folder)).toBe(process.pid);
});

test("another process's lock is not given back", () => {
  const folder = fresh(JSON.stringify({ pid: 1, started: '', boot: '' }));
  releaseLock(folder);
  expect(existsSync(join(folder, 'run.lock'))).toBe(true);
});
