/** @file A whole base from a hub on this machine: plan, files, the cache's folders, and what stays after a failure. */
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scanCacheDir } from '@huggingface/hub';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { downloadedBase } from '../../../runtime/hub/cache.ts';
import { planDownload } from '../../../runtime/hub/download.ts';
import type { DownloadRequest } from '../../../runtime/hub/download.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { commit, cutAfter, gitHash, sha256, startHub } from '../../support/hubServer.ts';
import type { HubServer } from '../../support/hubServer.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const above = temporaryFolder();
const tiny = join(root, 'media/base/tiny-clerk');
const clerk = Object.fromEntries(readdirSync(tiny).map((name) => [name, readFileSync(join(tiny, name))]));
const base = { id: 'owner/name' };

let hub: HubServer;
let cache = '';
let count = 0;
beforeAll(async () => {
  hub = await startHub();
});
beforeEach(() => {
  Object.assign(hub, { tree: (entries: unknown) => entries, spoil: () => false });
  hub.files = { ...clerk };
  hub.seen.length = 0;
  cache = join(above, String(count++));
});

const env = () => ({ HF_HUB_CACHE: cache, HF_ENDPOINT: hub.endpoint, HF_TOKEN: 'hf_secret' });
const plan = (changes: Partial<DownloadRequest> = {}) =>
  planDownload({
    base,
    signal: new AbortController().signal,
    env: env(),
    patience: { stall: 5000, retry: 0 },
    ...changes,
  });
const nothing = (): void => undefined;
const repository = () => join(cache, 'models--owner--name');
const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

test('the embedded base, downloaded, is a base with the name of its repository', async () => {
  hub.files['README.md'] = Buffer.from('not needed');
  hub.files['pytorch_model.bin'] = Buffer.from('never');
  const planned = await plan();
  expect(planned).toMatchObject({ commit, host: hub.endpoint.slice('http://'.length), base });
  expect(planned.bytes).toBe(planned.files.reduce((sum, file) => sum + file.bytes, 0));
  expect(planned.here).toBe(clerk['config.json']!.length);
  expect(names(join(repository(), 'snapshots'))).toEqual([]);
  const path = await planned.run(nothing);
  expect(path).toBe(join(repository(), 'snapshots', commit));
  const wanted = planned.files.map((file) => file.path).sort();
  expect(names(path)).toEqual(wanted);
  expect(wanted).not.toContain('README.md');
  for (const name of wanted) expect(readFileSync(join(path, name)).equals(clerk[name]!)).toBe(true);
  expect(readFileSync(join(repository(), 'refs', 'main'), 'utf8')).toBe(commit);
  expect(downloadedBase(base, env())).toBe(path);
  const opened = openBase(path);
  opened.tensors.close();
  expect(opened.name).toBe('owner/name');
});

test("the cache is the hub's own: the library finds repository, revision and files, blobs are named by their hash", async () => {
  const planned = await plan();
  await planned.run(nothing);
  const { repos, warnings } = await scanCacheDir(cache);
  expect(warnings).toEqual([]);
  expect(repos).toHaveLength(1);
  expect(repos[0]).toMatchObject({ id: { name: 'owner/name', type: 'model' }, size: planned.bytes });
  expect(repos[0]!.revisions[0]).toMatchObject({ commitOid: commit, refs: ['main'] });
  const blobs = names(join(repository(), 'blobs'));
  expect(blobs).toContain(sha256(clerk['model.safetensors']!));
  expect(blobs).toContain(gitHash(clerk['config.json']!));
  if (process.platform !== 'win32')
    expect(lstatSync(join(repository(), 'snapshots', commit, 'config.json')).isSymbolicLink()).toBe(true);
});

test('the token is in no file and goes to no other host', async () => {
  await (await plan()).run(nothing);
  const content = hub.seen.filter(({ host }) => host === 'content');
  expect(content.length).toBeGreaterThan(0);
  expect(content.every(({ authorization }) => authorization === undefined)).toBe(true);
  expect(hub.seen.some(({ authorization }) => authorization === 'Bearer hf_secret')).toBe(true);
  const files = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const { parentPath, name } of files)
    expect(readFileSync(join(parentPath, name)).includes('hf_secret')).toBe(false);
});

test('a second call downloads nothing', async () => {
  await (await plan()).run(nothing);
  hub.seen.length = 0;
  const again = await plan();
  expect(again.here).toBe(again.bytes);
  await again.run(nothing);
  expect(hub.seen.some(({ url }) => url.includes('/resolve/'))).toBe(false);
});

test('cut in the middle: no revision is named until all is there, and the next call goes on', async () => {
  const weights = clerk['model.safetensors']!;
  hub.spoil = (url, response, request) => {
    if (url !== '/model.safetensors') return false;
    cutAfter(response, weights, Number(/\d+/.exec(request.headers.range ?? '0')?.[0]), 50_000);
    return true;
  };
  await expect((await plan()).run(nothing)).rejects.toMatchObject({ code: 'hub-unreachable' });
  expect([names(join(repository(), 'refs')), names(join(repository(), 'snapshots'))]).toEqual([[], []]);
  expect(downloadedBase(base, env())).toBeUndefined();
  hub.spoil = () => false;
  const planned = await plan();
  const part = planned.files.find(({ path }) => path === 'model.safetensors')!;
  expect(part.here).toBeGreaterThan(0);
  hub.seen.length = 0;
  const path = await planned.run(nothing);
  expect(hub.seen.find(({ host }) => host === 'content')?.range).toBe(`bytes=${part.here}-`);
  expect(readFileSync(join(path, 'model.safetensors')).equals(weights)).toBe(true);
});

test('shards: those that the index names', async () => {
  const shard = (text: string) => Buffer.from(text);
  hub.files = {
    'config.json': clerk['config.json']!,
    'model.safetensors.index.json': Buffer.from(
      '{ "weight_map": { "a": "m-1.safetensors", "b": "m-2.safetensors" } }',
    ),
    'm-1.safetensors': shard('one'),
    'm-2.safetensors': shard('two'),
    'm-3.safetensors': shard('of another model'),
  };
  const path = await (await plan()).run(nothing);
  expect(names(path)).toEqual([
    'config.json',
    'm-1.safetensors',
    'm-2.safetensors',
    'model.safetensors.index.json',
  ]);
});

test('one .gguf file, in a folder of the repository', async () => {
  hub.files = { 'Q4/m.gguf': Buffer.from('GGUF'), 'Q8/m.gguf': Buffer.from('GGUF8') };
  const file = { id: 'owner/name', file: 'Q4/m.gguf' };
  const path = await (await plan({ base: file })).run(nothing);
  expect(readFileSync(path, 'utf8')).toBe('GGUF');
  expect(downloadedBase(file, env())).toBe(path);
});

test('a commit has no name in refs/', async () => {
  hub.spoil = (url, response) => {
    if (!url.includes(`/revision/${commit}`)) return false;
    response.end(JSON.stringify({ sha: commit }));
    return true;
  };
  await (await plan({ revision: commit })).run(nothing);
  expect(names(join(repository(), 'refs'))).toEqual([]);
  expect(downloadedBase(base, env())).toBe(join(repository(), 'snapshots', commit));
});

describe('refused before anything is written', () => {
  test.each(['../main', '/main', 'a//b', '-x', ''])('the revision %j', async (revision) => {
    await expect(plan({ revision })).rejects.toMatchObject({ code: 'bad-argument' });
    expect(hub.seen).toEqual([]);
  });

  test('names that lead out of the folder', async () => {
    hub.tree = (entries) => [...entries, { ...entries[0], path: '../../outside.json' }];
    await expect(plan()).rejects.toMatchObject({ code: 'hub-unsafe-name' });
    expect(existsSync(cache)).toBe(false);
  });

  test('only pickles', async () => {
    hub.files = { 'config.json': clerk['config.json']!, 'pytorch_model.bin': Buffer.from('x') };
    await expect(plan()).rejects.toMatchObject({ code: 'pickle-refused' });
    expect(existsSync(cache)).toBe(false);
  });

  test('more than the disk can hold', async () => {
    hub.tree = (entries) =>
      entries.map((entry) =>
        entry['path'] === 'model.safetensors' ? { ...entry, size: Number.MAX_SAFE_INTEGER } : entry,
      );
    await expect((await plan()).run(nothing)).rejects.toMatchObject({ code: 'disk-full' });
    expect(hub.seen.some(({ host }) => host === 'content')).toBe(false);
  });

  test('a cache that is a file', async () => {
    writeFileSync(cache, '');
    await expect(plan()).rejects.toMatchObject({ code: 'file-unwritable' });
  });

  test('without the network', async () => {
    vi.stubEnv('HTTPS_PROXY', undefined);
    const request = plan({ env: { ...env(), HF_ENDPOINT: 'http://127.0.0.1:1' } });
    await expect(request).rejects.toMatchObject({ code: 'hub-unreachable' });
    vi.unstubAllEnvs();
  });
});
