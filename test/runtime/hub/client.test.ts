/** @file Requests to the hub: where the token goes, redirects, failures in words. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hubAccess, hubGet, jsonFetch, statusError } from '../../../runtime/hub/client.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { startHub } from '../../support/hubServer.ts';
import type { HubServer } from '../../support/hubServer.ts';

let hub: HubServer;
beforeAll(async () => {
  hub = await startHub();
});
beforeEach(() => {
  hub.seen.length = 0;
  hub.spoil = () => false;
});

const codeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await call();
  } catch (error) {
    return error instanceof UserError ? error.code : error;
  }
  return 'none';
};

describe('who asks and whom', () => {
  test('comes from the environment', () => {
    expect(hubAccess({})).toEqual({ endpoint: 'https://huggingface.co' });
    expect(hubAccess({ HF_ENDPOINT: 'https://mirror.example/hub/', HF_TOKEN: ' hf_x\n' })).toEqual({
      endpoint: 'https://mirror.example/hub',
      token: 'hf_x',
    });
  });

  test.each([
    ['hub-offline', { HF_HUB_OFFLINE: '1' }],
    ['hub-endpoint', { HF_ENDPOINT: 'not an address' }],
    ['hub-endpoint', { HF_ENDPOINT: 'file:///etc' }],
    ['hub-endpoint', { HF_ENDPOINT: 'https://user:secret@hub.example' }],
    ['hub-endpoint', { HF_ENDPOINT: 'https://hub.example/?x=1' }],
    ['hub-token', { HF_TOKEN: 'hf_x\r\nhost: elsewhere' }],
    ['hub-token', { HF_ENDPOINT: 'http://hub.example', HF_TOKEN: 'hf_x' }],
  ])('%s: %o', async (code, env) => {
    expect(await codeOf(() => hubAccess(env))).toBe(code);
  });

  test('a token may go unencrypted to this very machine', () => {
    expect(hubAccess({ HF_ENDPOINT: 'http://127.0.0.1:9', HF_TOKEN: 'hf_x' }).token).toBe('hf_x');
  });
});

describe('redirects', () => {
  const redirect = (target: (url: string) => string): void => {
    hub.spoil = (url, response) => {
      if (!url.startsWith('/from')) return false;
      response.writeHead(302, { location: target(url) }).end();
      return true;
    };
  };
  const get = (path: string) => hubGet({ endpoint: hub.endpoint, token: 'hf_x' }, `${hub.endpoint}${path}`);

  test('the token goes to the own origin, never to another', async () => {
    hub.files = { here: Buffer.from('abc') };
    redirect(() => `${hub.content}/here`);
    expect(await (await get('/from')).text()).toBe('abc');
    expect(hub.seen.map(({ host, authorization }) => [host, authorization])).toEqual([
      ['hub', 'Bearer hf_x'],
      ['content', undefined],
    ]);
    hub.seen.length = 0;
    redirect((url) => (url === '/from' ? '/from-again' : `${hub.endpoint}/elsewhere`));
    await get('/from');
    expect(hub.seen.map(({ authorization }) => authorization)).toEqual(Array(3).fill('Bearer hf_x'));
  });

  test.each(['/from', 'file:///etc/passwd', 'http://user:x@127.0.0.1/', 'http://['])(
    'to %s end in an error',
    async (target) => {
      redirect(() => target);
      expect(await codeOf(() => get('/from'))).toBe('hub-redirect');
    },
  );
});

describe('failures', () => {
  test('nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    const endpoint = `http://127.0.0.1:${port}`;
    const error: unknown = await hubGet({ endpoint }, endpoint).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'hub-unreachable' });
    expect((error as Error).message).toContain('ECONNREFUSED');
  });

  test('a request that was called off throws the reason', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(hubGet({ endpoint: hub.endpoint }, hub.endpoint, { signal: stop.signal })).rejects.toThrow(
      'enough',
    );
  });

  const cases: [number, string, string, string][] = [
    [401, '', 'hub-denied', "doesn't exist, or is private"],
    [401, 'GatedRepo', 'hub-denied', 'may not be downloaded without a token'],
    [403, '', 'hub-denied', 'may not be downloaded'],
    [404, 'RepoNotFound', 'hub-missing', "doesn't exist on huggingface.co"],
    [404, 'RevisionNotFound', 'hub-revision', 'no such revision'],
    [404, 'EntryNotFound', 'hub-missing', 'is not in the repository'],
    [429, '', 'hub-busy', 'no more requests'],
    [503, '', 'hub-failed', 'answers 503'],
    [418, '', 'hub-answer', 'answers 418'],
  ];
  test.each(cases)('status %d %s', (status, reason, code, words) => {
    const response = new Response(null, { status, headers: { 'x-error-code': reason } });
    const access = { endpoint: 'https://huggingface.co' };
    const error = statusError(response, 'o/n', 'o/n', access);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    const withToken = statusError(response, 'o/n', 'o/n', { ...access, token: 'hf_secret' });
    expect(`${withToken.message}${withToken.hint ?? ''}`).not.toContain('hf_secret');
  });

  test('an answer without end, and pages without end', async () => {
    const { signal } = new AbortController();
    hub.spoil = (_, response) => {
      const piece = Buffer.alloc(1 << 20);
      const send = (): void => void response.write(piece, send);
      send();
      return true;
    };
    const access = { endpoint: hub.endpoint };
    expect(await codeOf(() => jsonFetch(access, 'o/n', signal, 9)(hub.endpoint))).toBe('hub-answer');
    hub.spoil = (_, response) => {
      response.end('[]');
      return true;
    };
    const few = jsonFetch(access, 'o/n', signal, 1);
    expect(await (await few(hub.endpoint)).json()).toEqual([]);
    expect(await codeOf(() => few(hub.endpoint))).toBe('hub-answer');
  });
});
