/** @file `download`: what it prints, how it ends, and that a config finds what it brought. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import type { Io } from '../../../runtime/cli/terminal.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { commit, startHub } from '../../support/hubServer.ts';
import type { HubServer } from '../../support/hubServer.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const tiny = join(root, 'media/base/tiny-clerk');
const clerk = Object.fromEntries(readdirSync(tiny).map((name) => [name, readFileSync(join(tiny, name))]));

let hub: HubServer;
let count = 0;
beforeAll(async () => {
  hub = await startHub();
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  for (const name of ['HF_TOKEN', 'HF_HUB_OFFLINE', 'HTTPS_PROXY', 'https_proxy'])
    vi.stubEnv(name, undefined);
});
beforeEach(() => {
  hub.files = { ...clerk };
  hub.spoil = () => false;
  hub.seen.length = 0;
  vi.stubEnv('HF_HUB_CACHE', join(folder, String(count++)));
});
afterAll(() => {
  vi.unstubAllEnvs();
});

async function run(words: readonly string[], changes: Partial<Io> = {}) {
  const io = fakeIo({ cwd: folder, ...changes });
  const code = await commandLine(words, io);
  return { code, out: io.outText(), err: io.errText() };
}
const events = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a base', () => {
  test('is listed with its sizes, received, and named as a config names it', async () => {
    const { code, out, err } = await run(['download', 'owner/name']);
    expect([code, err]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe(`owner/name on ${hub.endpoint.slice(7)}, revision ${commit.slice(0, 12)}`);
    expect(out.indexOf('to download into')).toBeLessThan(out.indexOf('received'));
    expect(out).toMatch(/^model\.safetensors +[\d.]+ MB/m);
    expect(lines.at(-1)).toBe('Next   "base": "owner/name" in a config, or --base owner/name');
    expect((await run(['download', 'owner/name'])).out).toContain('Nothing to download.');
  });

  test('is found by a config, which before is told what to do', async () => {
    const data = JSON.stringify(join(root, 'media/data/tickets/train.jsonl'));
    writeFileSync(join(folder, 'x.adapter.json'), `{ "base": "owner/name", "data": { "train": ${data} } }`);
    const before = await run(['check', 'x.adapter.json']);
    expect(before.code).toBe(2);
    expect(before.out).toContain('1:11: error: owner/name is not on this machine.');
    expect(before.out).toContain('adapter-workbench download owner/name [base-not-downloaded]');
    expect(hub.seen).toEqual([]);
    await run(['download', 'owner/name']);
    hub.seen.length = 0;
    const after = await run(['check', 'x.adapter.json']);
    expect([after.code, after.err]).toEqual([0, '']);
    expect(after.out).toContain('matches 42 of 43 linears');
    expect(hub.seen).toEqual([]);
  });

  test('of another revision beside main is named by its path', async () => {
    await run(['download', 'owner/name']);
    const other = 'b'.repeat(40);
    hub.spoil = (url, response, request) => {
      if (!url.includes('/revision/v2') && !url.includes(other)) return false;
      request.url = url.replace('/revision/v2', '/revision/main').replace(other, commit);
      if (!url.includes('/revision/v2')) return false;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: 'owner/name', sha: other }));
      return true;
    };
    const { code, out } = await run(['download', 'owner/name', '--revision', 'v2', '--json']);
    expect(code).toBe(0);
    const done = events(out).at(-1)!;
    expect(done['base']).toBe(done['path']);
    expect(done['path']).toContain(other);
  });

  test('with --json: plan, progress that ends with all bytes, done', async () => {
    const all = events((await run(['download', 'owner/name', '--json'])).out);
    const [plan, done] = [all[0]!, all.at(-1)!];
    expect(plan).toMatchObject({ event: 'plan', id: 'owner/name', commit });
    expect(all.at(-2)).toMatchObject({ event: 'progress', bytes: plan['bytes'], total: plan['bytes'] });
    expect(done).toMatchObject({ event: 'done', base: 'owner/name' });
  });

  test('on a terminal: one line that rewrites itself and is gone at the end', async () => {
    const { out } = await run(['download', 'owner/name'], { interactive: true, columns: 60 });
    expect(out).toMatch(/\d+ % {3}[\d.]+ [kM]B of [\d.]+ MB/);
    expect(out.lastIndexOf('\r\u001b[K')).toBeGreaterThan(out.lastIndexOf(' % '));
  });

  test('as one .gguf file, named beside it or within', async () => {
    hub.files = { 'a.gguf': Buffer.from('GGUFa'), 'b.gguf': Buffer.from('GGUFb') };
    const several = await run(['download', 'owner/name']);
    expect([several.code, several.err]).toEqual([
      2,
      'error: owner/name has 2 .gguf files: name one. a.gguf (5 bytes), b.gguf (5 bytes).\n',
    ]);
    for (const words of [['owner/name', 'a.gguf'], ['owner/name/a.gguf']])
      expect((await run(['download', ...words])).out).toContain('"base": "owner/name/a.gguf" in a config');
  });
});

describe('ends with', () => {
  test.each([['name'], ['../owner/name'], ['owner/name/m.bin'], ['owner/name/m.gguf', 'm.gguf']])(
    '2 for %s',
    async (...words) => {
      const { code, err } = await run(['download', ...words]);
      expect([code, err.startsWith('error: ')]).toEqual([2, true]);
      expect(hub.seen).toEqual([]);
    },
  );

  test('2 for an architecture that is not supported, before its weights are downloaded', async () => {
    hub.files['config.json'] = Buffer.from('{ "model_type": "mamba" }');
    const { code, err } = await run(['download', 'owner/name']);
    expect(code).toBe(2);
    expect(err).toContain('owner/name/config.json: the architecture "mamba" is not supported.');
    expect(hub.seen.some(({ host }) => host === 'content')).toBe(false);
  });

  test('1 where the download had begun', async () => {
    hub.spoil = (url, response) => {
      if (url !== '/model.safetensors') return false;
      response.writeHead(403).end();
      return true;
    };
    const { code, out, err } = await run(['download', 'owner/name', '--json']);
    expect(code).toBe(1);
    expect(err).toContain('may not be downloaded without a token');
    expect(events(out).at(-1)).toMatchObject({ event: 'failed', code: 'hub-denied' });
  });

  test('130 for Ctrl-C, and what was received stays', async () => {
    const io = fakeIo({ cwd: folder });
    hub.spoil = (url, response) => {
      if (url !== '/model.safetensors') return false;
      response.write(clerk['model.safetensors']!.subarray(0, 1000), () => {
        io.interrupt();
      });
      return true;
    };
    expect(await commandLine(['download', 'owner/name'], io)).toBe(130);
    expect(io.outText()).toContain('the same command goes on there');
    expect(io.errText()).toBe('');
  });
});
