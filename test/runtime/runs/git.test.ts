/** @file The commit, branch and patch of a repository made for the test. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitState } from '../../../runtime/runs/git.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
const git = (...args: string[]): string =>
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', ...args],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    },
  );

test('a repository before its first commit, clean, changed, detached, with helpers of its own', () => {
  git('init', '-q', '-b', 'topic/one');
  expect(gitState(root)).toBeUndefined();
  writeFileSync(join(root, 'a.txt'), 'one\n');
  git('add', '.');
  git('commit', '-q', '-m', 'x');
  const commit = git('rev-parse', 'HEAD').trim();
  mkdirSync(join(root, 'deep'));
  expect(gitState(join(root, 'deep'))).toEqual({ commit, branch: 'topic/one', dirty: false });
  writeFileSync(join(root, 'untracked.txt'), '');
  expect(gitState(root)?.dirty).toBe(false);
  writeFileSync(join(root, 'a.txt'), 'two\n');
  git('config', 'diff.external', 'false');
  git('config', 'core.fsmonitor', 'false-program');
  const changed = gitState(root);
  expect(changed).toMatchObject({ commit, dirty: true });
  expect(changed?.patch).toContain('-one\n+two\n');
  git('checkout', '-q', '--detach');
  expect(gitState(root)?.branch).toBe('');
});

test('no repository', () => {
  expect(gitState(join(root, '..'))).toBeUndefined();
});
