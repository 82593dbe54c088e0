/** @file The hub's cache: its place, and which downloads count as a base. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHFHubCachePath, getRepoFolderName } from '@huggingface/hub';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { HubBase } from '../../../runtime/hub/cache.ts';
import {
  cacheFolder,
  downloadedBases,
  cachedSource,
  downloadedBase,
  isInside,
  notDownloaded,
  parseHubBase,
  repositoryFolder,
} from '../../../runtime/hub/cache.ts';
import { commit } from '../../support/hubServer.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const other = commit.replaceAll('0', 'f');
const cache = temporaryFolder();
const env = { HF_HUB_CACHE: cache };

afterEach(() => {
  vi.unstubAllEnvs();
});

const names = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'];

test.each([[], ...names.map((name) => [name]), names, names.slice(1), names.slice(2)])(
  'lies where the library has it: %s',
  (...set: string[]) => {
    for (const name of names) vi.stubEnv(name, set.includes(name) ? join(cache, name) : undefined);
    expect(cacheFolder()).toBe(getHFHubCachePath());
    expect(repositoryFolder('owner/name')).toBe(
      join(getHFHubCachePath(), getRepoFolderName({ type: 'model', name: 'owner/name' })),
    );
  },
);

test('an empty variable counts as none, and ~ is the home folder', () => {
  expect(cacheFolder({ HF_HUB_CACHE: '', HF_HOME: join(cache, 'home') })).toBe(join(cache, 'home', 'hub'));
  expect(cacheFolder({ HF_HUB_CACHE: '~/x' })).not.toContain('~');
});

const written: [string, HubBase | undefined][] = [
  ['owner/name', { id: 'owner/name' }],
  ['Qwen/Qwen3-0.6B', { id: 'Qwen/Qwen3-0.6B' }],
  ['owner/name/m.gguf', { id: 'owner/name', file: 'm.gguf' }],
  ['owner/name/Q4/m.GGUF', { id: 'owner/name', file: 'Q4/m.GGUF' }],
  ...[
    'name',
    'owner/',
    '../name',
    'owner/..',
    'owner/na..me',
    'a--b/c',
    'a/b--c',
    '/a/b',
    'a/b/',
    'a b/c',
  ].map((text): [string, undefined] => [text, undefined]),
  ...['owner/name/m.bin', 'owner/name/../m.gguf', 'owner/name//m.gguf', 'owner/name/a\\m.gguf'].map(
    (text): [string, undefined] => [text, undefined],
  ),
];
test.each(written)('%s names a base of the hub: %o', (text, expected) => {
  expect(parseHubBase(text)).toEqual(expected);
});

test('a path stays inside its folder', () => {
  expect(['a', 'a/b.c', '.hidden'].every(isInside)).toBe(true);
  const outside = ['', '.', '..', '/a', 'a/', 'a//b', 'a/../b', 'C:/a', 'a\\b', 'a\0b', 'a'.repeat(501)];
  expect(outside.filter(isInside)).toEqual([]);
});

function put(id: string, revision: string, paths: readonly string[], main = revision): void {
  const folder = repositoryFolder(id, env);
  for (const path of paths) {
    const file = join(folder, 'snapshots', revision, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
  }
  mkdirSync(join(folder, 'refs'), { recursive: true });
  writeFileSync(join(folder, 'refs', 'main'), main);
}

describe('a download', () => {
  const found = (base: string): string | undefined => {
    const path = downloadedBase(parseHubBase(base)!, env);
    return path?.slice(cache.length + 1).replaceAll('\\', '/');
  };

  test('is the folder of the branch main', () => {
    put('o/whole', other, ['config.json', 'model.safetensors']);
    put('o/whole', commit, ['config.json', 'model.safetensors.index.json']);
    expect(found('o/whole')).toBe(`models--o--whole/snapshots/${commit}`);
    put('o/whole', other, []);
    expect(found('o/whole')).toBe(`models--o--whole/snapshots/${other}`);
  });

  test('is a named .gguf file, or the only one', () => {
    put('o/files', commit, ['a.gguf', 'Q4/b.gguf']);
    expect(found('o/files/Q4/b.gguf')).toBe(`models--o--files/snapshots/${commit}/Q4/b.gguf`);
    expect(found('o/files/c.gguf')).toBeUndefined();
    expect(found('o/files')).toBe(`models--o--files/snapshots/${commit}/a.gguf`);
    put('o/files', commit, ['c.gguf']);
    expect(found('o/files')).toBeUndefined();
  });

  test('is listed where it is whole', () => {
    put('listed/whole', commit, ['config.json', 'model.safetensors']);
    put('listed/part', commit, ['config.json']);
    const listed = downloadedBases(env).filter((id) => id.startsWith('listed/'));
    expect(listed).toEqual(['listed/whole']);
    expect(downloadedBases({ HF_HUB_CACHE: join(cache, 'nowhere') })).toEqual([]);
  });

  test('that another program made without weights, or never, is none', () => {
    put('o/part', commit, ['config.json', 'tokenizer.json']);
    expect([found('o/part'), found('o/none')]).toEqual([undefined, undefined]);
  });

  test('is its only revision where refs/main is missing or no commit', () => {
    put('o/refs', commit, ['config.json', 'model.safetensors'], '../../../elsewhere');
    expect(found('o/refs')).toBe(`models--o--refs/snapshots/${commit}`);
    put('o/refs', other, ['config.json', 'model.safetensors'], '');
    expect(found('o/refs')).toBeUndefined();
  });
});

test('what is not there names the command that downloads it', () => {
  const error = notDownloaded({ id: 'o/n', file: 'm.gguf' });
  expect(error.code).toBe('base-not-downloaded');
  expect(error.hint).toContain('adapter-workbench download o/n/m.gguf');
});

test('a path inside a cache tells its repository and commit, others tell nothing', () => {
  const commit = 'c'.repeat(40);
  const snapshot = `/c/models--o--n-1/snapshots/${commit}`;
  for (const path of [snapshot, `${snapshot}/Q4/x.gguf`, snapshot.replaceAll('/', '\\')])
    expect(cachedSource(path)).toEqual({ id: 'o/n-1', commit });
  for (const path of ['/c/models--o--n/snapshots/abc', `/c/o/snapshots/${commit}`, `${snapshot}0`])
    expect(cachedSource(path)).toBeUndefined();
});
