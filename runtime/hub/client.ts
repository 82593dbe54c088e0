/**
 * @file Requests to the hub: the token goes to the hub's own origin and nowhere else, redirects are followed by hand and
 * counted, answers have a size limit, and each failure says what to do.
 */
import { UserError } from '../contract/errors.ts';
import type { Environment } from './cache.ts';

/** Where the hub is, and who asks. */
export interface HubAccess {
  /** Without a slash at its end; may have a path (mirrors). */
  readonly endpoint: string;
  /** From HF_TOKEN alone; never written anywhere. */
  readonly token?: string;
}

export interface HubRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const usualEndpoint = 'https://huggingface.co';
const mostRedirects = 6;
/** An answer in JSON: a thousand files a page take about 300 kB. */
const mostJsonBytes = 64 * 1024 * 1024;
/** For one such answer. In milliseconds. */
const jsonTime = 60_000;

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

/** From HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE. Throws `hub-offline`, `hub-endpoint` or `hub-token`. */
export function hubAccess(env: Environment = process.env): HubAccess {
  if (/^(1|on|yes|true)$/i.test(env['HF_HUB_OFFLINE'] ?? ''))
    throw new UserError('hub-offline', 'HF_HUB_OFFLINE is set: nothing is downloaded.', {
      hint: 'Unset it to download.',
    });
  const written = env['HF_ENDPOINT'] || usualEndpoint;
  const url = parseUrl(written);
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  )
    throw new UserError('hub-endpoint', `HF_ENDPOINT is no address of a hub: ${JSON.stringify(written)}.`, {
      hint: `For example ${usualEndpoint}`,
    });
  const endpoint = url.href.replace(/\/+$/, '');
  const token = env['HF_TOKEN']?.trim();
  if (token === undefined || token === '') return { endpoint };
  if (!/^[\x21-\x7e]{1,1000}$/.test(token))
    throw new UserError('hub-token', 'HF_TOKEN holds characters that no token has.');
  if (url.protocol === 'http:' && !isLoopback(url))
    throw new UserError('hub-token', `HF_TOKEN would go to ${url.host} unencrypted.`, {
      hint: 'Use an https address in HF_ENDPOINT, or unset HF_TOKEN.',
    });
  return { endpoint, token };
}

function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/**
 * A GET request with redirects followed; the answer may have any status.
 * Throws `hub-unreachable` or `hub-redirect`, and what `signal` gives as its reason.
 */
export async function hubGet(
  access: HubAccess,
  address: string | URL,
  { headers = {}, signal }: HubRequest = {},
): Promise<Response> {
  const origin = new URL(access.endpoint).origin;
  let url = new URL(address);
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const own = access.token !== undefined && url.origin === origin;
    const response = await fetchOnce(url, {
      headers: { ...headers, ...(own && { authorization: `Bearer ${access.token}` }) },
      redirect: 'manual',
      signal: signal ?? null,
    });
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    url = redirectTarget(response, url);
  }
  throw new UserError('hub-redirect', `${url.host} redirects more than ${mostRedirects} times.`);
}

async function fetchOnce(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    init.signal?.throwIfAborted();
    throw networkError(error, url.host);
  }
}

/** Never from https to http: what comes over it could be changed on its way. */
function redirectTarget(response: Response, from: URL): URL {
  const location = response.headers.get('location');
  const target = location === null ? undefined : parseUrl(location, from);
  const allowed = from.protocol === 'https:' ? ['https:'] : ['https:', 'http:'];
  if (target === undefined || !allowed.includes(target.protocol) || target.username !== '')
    throw new UserError('hub-redirect', `${from.host} redirects to an address that is not followed.`);
  return target;
}

/** Node tells why a request failed only in its cause. */
export function networkError(error: unknown, host: string): UserError {
  let reason: unknown = error;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  const code = (reason as NodeJS.ErrnoException | undefined)?.code;
  const words = typeof code === 'string' ? code : reason instanceof Error ? reason.message : String(reason);
  const proxy = process.env['HTTPS_PROXY'] ?? process.env['https_proxy'];
  return new UserError('hub-unreachable', `${host} can't be reached (${words.slice(0, 200)}).`, {
    hint:
      proxy === undefined || process.env['NODE_USE_ENV_PROXY'] !== undefined
        ? 'Is this machine online? What has been downloaded stays: the same command goes on there.'
        : 'To go through HTTPS_PROXY, use Node 24 and set NODE_USE_ENV_PROXY=1.',
    cause: error,
  });
}

/** A status that is no success, for people. `what` is the repository or file that was asked for. */
export function statusError(response: Response, id: string, what: string, access: HubAccess): UserError {
  const { status } = response;
  const reason = response.headers.get('x-error-code') ?? '';
  const page = `${access.endpoint}/${id}`;
  const say = (code: string, message: string, hint?: string): UserError =>
    new UserError(code, message, hint === undefined ? {} : { hint });
  const withToken = access.token !== undefined;
  if (reason === 'GatedRepo' || status === 403)
    return say(
      'hub-denied',
      `${id} may not be downloaded ${withToken ? 'with this HF_TOKEN' : 'without a token'}.`,
      `Accept its terms on ${page}${withToken ? ', and give the token read access.' : ' and set HF_TOKEN to a token of your account.'}`,
    );
  if (reason === 'RevisionNotFound') return say('hub-revision', `${id} has no such revision.`);
  if (reason === 'EntryNotFound') return say('hub-missing', `${what} is not in the repository.`);
  // the hub answers 401 for what doesn't exist too, so that private names stay private
  if (status === 401)
    return say(
      'hub-denied',
      `${id} doesn't exist, or is private.`,
      withToken
        ? 'Check the name, and that HF_TOKEN is valid and may read it.'
        : 'Check the name; for a private model set HF_TOKEN to a token of your account.',
    );
  if (status === 404) return say('hub-missing', `${what} doesn't exist on ${new URL(access.endpoint).host}.`);
  if (status === 429)
    return say(
      'hub-busy',
      'The hub takes no more requests for now (429).',
      withToken
        ? 'Wait a few minutes.'
        : 'Wait a few minutes, or set HF_TOKEN: with a token more are allowed.',
    );
  const message = `The hub answers ${status} for ${what}.`;
  // what the hub refuses now it refuses at once again
  if (status < 500) return say('hub-answer', message);
  return say('hub-failed', message, 'Try again later: what has been downloaded stays.');
}

/**
 * A `fetch` for the library's listing calls: guarded as above, errors as `UserError`, the body at most 64 MiB.
 * `mostRequests` bounds a listing whose pages never end.
 */
export function jsonFetch(
  access: HubAccess,
  id: string,
  signal: AbortSignal,
  mostRequests: number,
): typeof fetch {
  let left = mostRequests;
  return async (input) => {
    if (left-- <= 0)
      throw new UserError('hub-answer', `The list of ${id}'s files has more than ${mostRequests} pages.`);
    const address = input instanceof Request ? input.url : input;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(jsonTime)]);
    const response = await hubGet(access, address, {
      headers: { accept: 'application/json' },
      signal: limit,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw statusError(response, id, id, access);
    }
    return new Response(await limitedBody(response, id), {
      headers: { link: response.headers.get('link') ?? '' },
    });
  };
}

async function limitedBody(response: Response, id: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of bodyOf(response)) {
    size += part.length;
    if (size > mostJsonBytes)
      throw new UserError(
        'hub-answer',
        `The hub's answer about ${id} is larger than ${mostJsonBytes} bytes.`,
      );
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The bytes of an answer as they come; leaving the loop ends the request. */
export const bodyOf = (response: Response): AsyncIterable<Uint8Array> =>
  (response.body ?? []) as unknown as AsyncIterable<Uint8Array>;
