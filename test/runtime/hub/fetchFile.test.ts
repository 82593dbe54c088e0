/** @file One file from the hub: resumed, checked, and what is left on the disk when it goes wrong. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fetchFile, incompleteName } from '../../../runtime/hub/fetchFile.ts';
import type { FileRequest } from '../../../runtime/hub/fetchFile.ts';
import type { HubFile } from '../../../runtime/hub/repository.ts';
import { commit, cutAfter, gitHash, sha256, startHub } from '../../support/hubServer.ts';
import type { HubServer } from '../../support/hubServer.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i * 31) >> 3));
const path = 'model.safetensors';
const large: HubFile = { path, bytes: bytes.length, hash: { kind: 'sha256', hex: sha256(bytes) } };

let hub: HubServer;
let blob = '';
let count = 0;
beforeAll(async () => {
  hub = await startHub();
});
beforeEach(() => {
  hub.files = { [path]: bytes };
  hub.spoil = () => false;
  hub.seen.length = 0;
  blob = join(folder, `blob${count++}`);
});

const fetchIt = (changes: Partial<FileRequest> = {}) =>
  fetchFile({
    access: { endpoint: hub.endpoint, token: 'hf_x' },
    id: 'owner/name',
    commit,
    file: large,
    blob,
    signal: new AbortController().signal,
    onBytes: () => undefined,
    patience: { stall: 5000, retry: 0 },
    ...changes,
  });
const left = (): string[] => readdirSync(folder).filter((name) => join(folder, name).startsWith(blob));
const ranges = () => hub.seen.filter(({ host }) => host === 'content').map(({ range }) => range);

test('arrives whole, tells how much is here, and is not asked for again', async () => {
  const told: number[] = [];
  await fetchIt({ onBytes: (here) => told.push(here) });
  expect(readFileSync(blob).equals(bytes)).toBe(true);
  expect(told.at(-1)).toBe(bytes.length);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(existsSync(incompleteName(blob))).toBe(false);
  const requests = hub.seen.length;
  await fetchIt();
  expect(hub.seen).toHaveLength(requests);
  expect(hub.seen.find(({ host }) => host === 'content')?.authorization).toBeUndefined();
});

test('a small file is checked by its git hash, an empty one too', async () => {
  const [name, text] = ['a file #1?.json', Buffer.from('{"a": 1}')];
  hub.files[name] = text;
  await fetchIt({ file: { path: name, bytes: text.length, hash: { kind: 'git', hex: gitHash(text) } } });
  expect(readFileSync(blob).equals(text)).toBe(true);
  const none = Buffer.alloc(0);
  await fetchIt({
    blob: `${blob}empty`,
    file: { path: 'e', bytes: 0, hash: { kind: 'git', hex: gitHash(none) } },
  });
  expect(readFileSync(`${blob}empty`)).toHaveLength(0);
});

describe('a connection that is cut', () => {
  test('is taken up where it ended, at once', async () => {
    let answers = 0;
    hub.spoil = (url, response, request) => {
      if (url !== `/${path}` || answers >= 2) return false;
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      cutAfter(response, bytes, from, [30_000, 20_000][answers++]!);
      return true;
    };
    await fetchIt();
    expect(readFileSync(blob).equals(bytes)).toBe(true);
    const starts = ranges().map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(starts).toHaveLength(3);
    expect(starts[0]).toBe(0);
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts[2]).toBeGreaterThan(starts[1]!);
  });

  test('again and again ends the attempt; the next call goes on there', async () => {
    hub.spoil = (url, response, request) => {
      if (url !== `/${path}`) return false;
      cutAfter(response, bytes, Number(/\d+/.exec(request.headers.range ?? '0')?.[0]), 100);
      return true;
    };
    await expect(fetchIt()).rejects.toMatchObject({ code: 'hub-unreachable' });
    const here = readFileSync(incompleteName(blob));
    expect(here.length).toBeGreaterThan(0);
    expect(here.equals(bytes.subarray(0, here.length))).toBe(true);
    hub.spoil = () => false;
    hub.seen.length = 0;
    await fetchIt();
    expect(ranges()).toEqual([`bytes=${here.length}-`]);
    expect(readFileSync(blob).equals(bytes)).toBe(true);
  });

  test('a server without ranges sends all of it again', async () => {
    writeFileSync(incompleteName(blob), Buffer.alloc(70_000, 7));
    hub.spoil = (url, response) => {
      if (url !== `/${path}`) return false;
      response.end(bytes);
      return true;
    };
    await fetchIt();
    expect(readFileSync(blob).equals(bytes)).toBe(true);
  });

  test('a server that knows no such part is asked for all of it', async () => {
    writeFileSync(incompleteName(blob), Buffer.alloc(70_000, 7));
    hub.spoil = (url, response, request) => {
      if (url !== `/${path}` || request.headers.range === undefined) return false;
      response.writeHead(416).end();
      return true;
    };
    await fetchIt();
    expect(ranges()).toEqual(['bytes=70000-', undefined]);
    expect(readFileSync(blob).equals(bytes)).toBe(true);
  });

  test('a silent server counts as cut', async () => {
    hub.spoil = (url, response) => {
      if (url !== `/${path}`) return false;
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 10));
      return true;
    };
    await expect(fetchIt({ patience: { stall: 30, retry: 0 } })).rejects.toMatchObject({
      code: 'hub-unreachable',
    });
  });

  test('a busy server is asked again', async () => {
    let answers = 0;
    hub.spoil = (_, response) => {
      if (answers++ >= 3) return false;
      response.writeHead(503).end();
      return true;
    };
    await fetchIt();
    expect(readFileSync(blob).equals(bytes)).toBe(true);
  });
});

describe('a wrong content', () => {
  test('is removed, and said', async () => {
    hub.files[path] = Buffer.from(bytes).fill(1, 500, 501);
    await expect(fetchIt()).rejects.toMatchObject({ code: 'hub-hash' });
    expect(left()).toEqual([]);
  });

  test('from an earlier call is replaced by the right one', async () => {
    writeFileSync(incompleteName(blob), Buffer.alloc(70_000, 7));
    await fetchIt();
    expect(readFileSync(blob).equals(bytes)).toBe(true);
    expect(ranges()).toEqual(['bytes=70000-', undefined]);
  });

  test('longer than the file can be is replaced', async () => {
    writeFileSync(incompleteName(blob), Buffer.alloc(200_000, 7));
    await fetchIt();
    expect(readFileSync(blob).equals(bytes)).toBe(true);
  });
});

describe('a wrong size', () => {
  const answers: Record<string, (response: Parameters<HubServer['spoil']>[1]) => void> = {
    'in the header': (response) => response.writeHead(200, { 'content-length': 5e15 }).write('x'),
    'without a header, endless': (response) => {
      const send = (): void => void response.write(bytes, send);
      send();
    },
    'less than announced by the list': (response) => response.end(bytes.subarray(0, 50)),
    'less, without a header': (response) => {
      response.write(bytes.subarray(0, 50));
      response.end();
    },
    'of a range': (response) => {
      response.writeHead(206, { 'content-range': `bytes 0-9/10`, 'content-length': 10 });
      response.end('0123456789');
    },
    'at another place': (response) => {
      response.writeHead(206, { 'content-range': `bytes 5-9/${bytes.length}`, 'content-length': 5 });
      response.end('01234');
    },
  };
  test.each(Object.keys(answers))('%s', async (name) => {
    hub.spoil = (url, response) => {
      if (url !== `/${path}`) return false;
      answers[name]!(response);
      return true;
    };
    await expect(fetchIt()).rejects.toMatchObject({ code: 'hub-size' });
    expect(existsSync(blob)).toBe(false);
    expect(left().every((name) => readFileSync(join(folder, name)).length <= bytes.length)).toBe(true);
  });
});

test.each([
  [401, 'hub-denied'],
  [403, 'hub-denied'],
  [404, 'hub-missing'],
])('status %d ends it at once', async (status, code) => {
  hub.spoil = (_, response) => {
    response.writeHead(status).end();
    return true;
  };
  await expect(fetchIt()).rejects.toMatchObject({ code });
  expect(hub.seen).toHaveLength(1);
});

test('stopped by the person: the reason is thrown, what came stays', async () => {
  const stop = new AbortController();
  await expect(
    fetchIt({
      signal: stop.signal,
      onBytes: () => {
        stop.abort(new Error('enough'));
      },
    }),
  ).rejects.toThrow('enough');
  expect(existsSync(incompleteName(blob))).toBe(true);
});

test('a folder that is not there', async () => {
  await expect(fetchIt({ blob: join(folder, 'none', 'blob') })).rejects.toMatchObject({
    code: 'file-unwritable',
  });
});
