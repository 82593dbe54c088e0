/** @file Where the cache lies on each platform. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from '../../../runtime/formats/cacheFolder.ts';

test('lies where the platform keeps caches, or where it is told', () => {
  expect(cacheFolder({ ADAPTER_WORKBENCH_CACHE: 'here', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('here');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'adapter-workbench'));
  expect(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux')).toBe(
    join(homedir(), '.cache', 'adapter-workbench'),
  );
  expect(cacheFolder({}, 'darwin')).toBe(join(homedir(), 'Library', 'Caches', 'adapter-workbench'));
  expect(cacheFolder({ LOCALAPPDATA: 'L' }, 'win32')).toBe(join('L', 'adapter-workbench', 'Cache'));
});
