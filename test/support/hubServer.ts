/** @file A hub on 127.0.0.1: the answers that the hub's client and its content servers give, and ways to spoil them. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export const commit = '0123456789abcdef0123456789abcdef01234567';

export interface Seen {
  readonly host: 'hub' | 'content';
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers a request itself and returns true, or leaves it to the server. */
type Spoil = (url: string, response: ServerResponse, request: IncomingMessage) => boolean;

export interface HubServer {
  /** For HF_ENDPOINT. */
  readonly endpoint: string;
  /** Another origin, which large files are redirected to. */
  readonly content: string;
  readonly seen: Seen[];
  /** The repository `owner/name`: path -> content. */
  files: Record<string, Uint8Array>;
  /** Changes the entries of the tree before they are sent. */
  tree: (entries: Record<string, unknown>[]) => unknown;
  spoil: Spoil;
}

export const gitHash = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** As the hub does it, weights go to large file storage. */
export const isLarge = (path: string): boolean => /\.(safetensors|gguf|bin)$/.test(path);

export const treeEntry = (path: string, bytes: Uint8Array): Record<string, unknown> => ({
  type: 'file',
  path,
  size: bytes.length,
  oid: gitHash(bytes),
  ...(isLarge(path) && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } }),
});

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** Sends bytes, or the range that is asked for. */
export function sendBytes(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (request.headers.range === undefined) response.writeHead(200, { 'content-length': bytes.length });
  else
    response.writeHead(206, {
      'content-length': bytes.length - from,
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    });
  response.end(bytes.subarray(from));
}

/** Sends the head of an answer and `count` bytes from `from` on, then cuts the connection. */
export function cutAfter(response: ServerResponse, bytes: Uint8Array, from: number, count: number): void {
  const status = from > 0 ? 206 : 200;
  const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(status, { 'content-length': bytes.length - from, ...(from > 0 && range) });
  response.write(bytes.subarray(from, from + count), () => response.destroy());
}

/** Starts both servers; they end with the test file. */
export async function startHub(): Promise<HubServer> {
  const seen: Seen[] = [];
  const handle =
    (host: Seen['host']) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      const url = decodeURIComponent(request.url!);
      const { range, authorization } = request.headers;
      seen.push({ host, url, range, authorization });
      if (hub.spoil(url, response, request)) return;
      if (host === 'content') sendBytes(request, response, hub.files[url.slice(1)]!);
      else answer(hub, request, response);
    };
  const [endpoint, content] = await Promise.all([
    listen(createServer(handle('hub'))),
    listen(createServer(handle('content'))),
  ]);
  const hub: HubServer = {
    endpoint,
    content,
    seen,
    files: {},
    tree: (entries) => entries,
    spoil: () => false,
  };
  return hub;
}

function answer(hub: HubServer, request: IncomingMessage, response: ServerResponse): void {
  const path = decodeURIComponent(request.url!.split('?')[0]!);
  const json = (value: unknown): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  };
  const entries = Object.entries(hub.files).map(([name, bytes]) => treeEntry(name, bytes));
  const file = new RegExp(`^/owner/name/resolve/${commit}/(.+)$`).exec(path)?.[1];
  if (path === '/api/models/owner/name/revision/main') json({ id: 'owner/name', sha: commit });
  else if (path === `/api/models/owner/name/tree/${commit}`) json(hub.tree(entries));
  else if (file === undefined || hub.files[file] === undefined) response.writeHead(404).end();
  else if (isLarge(file)) response.writeHead(302, { location: `${hub.content}/${file}` }).end();
  else sendBytes(request, response, hub.files[file]);
}
