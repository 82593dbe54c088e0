/** @file The list of a repository's files, honest and not. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readRepository } from '../../../runtime/hub/repository.ts';
import { commit, gitHash, sha256, startHub, treeEntry } from '../../support/hubServer.ts';
import type { HubServer } from '../../support/hubServer.ts';

const { signal } = new AbortController();
const [text, weights] = [Buffer.from('{}'), Buffer.from('weights')];

let hub: HubServer;
beforeAll(async () => {
  hub = await startHub();
});
beforeEach(() => {
  Object.assign(hub, { tree: (entries: unknown) => entries, spoil: () => false });
  hub.files = { 'config.json': text, 'model.safetensors': weights };
  hub.seen.length = 0;
});

const read = (token?: string) =>
  readRepository(
    { endpoint: hub.endpoint, ...(token !== undefined && { token }) },
    'owner/name',
    'main',
    signal,
  );

test('files with sizes and hashes, of the commit that main stands for', async () => {
  const repository = await read('a token that begins otherwise'.replaceAll(' ', '_'));
  expect(repository).toMatchObject({ id: 'owner/name', commit });
  expect([...repository.files.values()]).toEqual([
    { path: 'config.json', bytes: 2, hash: { kind: 'git', hex: gitHash(text) } },
    { path: 'model.safetensors', bytes: 7, hash: { kind: 'sha256', hex: sha256(weights) } },
  ]);
  expect(hub.seen).toHaveLength(2);
  expect(hub.seen.every(({ authorization }) => authorization?.startsWith('Bearer a_token') === true)).toBe(
    true,
  );
});

test('pages are followed, without the token where they lead away', async () => {
  hub.files[`api/more`] = Buffer.from(JSON.stringify([treeEntry('b.json', text)]));
  hub.spoil = (url, response) => {
    if (url.includes('/tree/')) response.setHeader('link', `<${hub.content}/api/more>; rel="next"`);
    return false;
  };
  expect((await read('hf_x')).files.has('b.json')).toBe(true);
  expect(hub.seen.at(-1)).toMatchObject({ host: 'content', authorization: undefined });
});

describe('refuses', () => {
  const entry = treeEntry('model.safetensors', weights);
  test.each([
    ['hub-unsafe-name', [{ ...entry, path: '../../.bashrc' }]],
    ['hub-unsafe-name', [{ ...entry, path: 'a/../../b' }]],
    ['hub-unsafe-name', [{ ...entry, path: 'a\\..\\..\\b' }]],
    ['hub-unsafe-name', [{ ...entry, path: '/etc/passwd' }]],
    ['hub-unsafe-name', [{ ...entry, path: 'C:\\Windows\\x' }]],
    ['hub-answer', [{ ...entry, path: 7 }]],
    ['hub-answer', [{ ...entry, size: -1 }]],
    ['hub-answer', [{ ...entry, size: 1e300 }]],
    ['hub-answer', [{ ...entry, size: '7' }]],
    ['hub-answer', [{ ...entry, lfs: { oid: '../../x', size: 7 } }]],
    ['hub-answer', [{ ...entry, lfs: undefined, oid: '0' }]],
    ['hub-answer', { error: 'no list' }],
    ['hub-answer', 7],
    ['hub-answer', null],
    ['hub-answer', Array.from({ length: 100_001 }, () => ({}))],
  ])('%s: %j', async (code, tree) => {
    hub.tree = () => tree;
    await expect(read()).rejects.toMatchObject({ code });
  });

  test.each(['{', '{}', '{ "sha": "../.." }', '[]', 'null'])('a revision %s', async (answer) => {
    hub.spoil = (url, response) => {
      if (!url.includes('/revision/')) return false;
      response.end(answer);
      return true;
    };
    await expect(read()).rejects.toMatchObject({ code: 'hub-answer' });
  });

  test('an answer that is cut', async () => {
    hub.spoil = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => response.destroy());
      return true;
    };
    await expect(read()).rejects.toMatchObject({ code: 'hub-unreachable' });
  });
});

test('names that some system cannot keep are left out, folders and nulls too', async () => {
  const file = treeEntry('a.json', text);
  hub.tree = () => [null, { type: 'directory', path: 'x' }, file, { ...file, path: 'at 10:30.json' }];
  expect([...(await read()).files.keys()]).toEqual(['a.json']);
});

test('a repository that is not there', async () => {
  hub.spoil = (_, response) => {
    response.writeHead(401).end('{"error":"Invalid username or password."}');
    return true;
  };
  await expect(read()).rejects.toMatchObject({ code: 'hub-denied' });
});
