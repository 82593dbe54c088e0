/** @file No provider but the CPU trains unless its self-test passed on this device, driver, library and these operators. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { notOffered } from '../config/options.ts';
import { UserError } from '../contract/errors.ts';
import { cacheFolder } from '../formats/cacheFolder.ts';
import { readJsonObject } from '../formats/jsonFile.ts';
import { writeText } from '../formats/textFile.ts';
import { lower } from '../graph/lower.ts';
import type { Provider } from '../graph/lower.ts';
import { encodeModel } from '../graph/proto.ts';
import { Device } from '../ort/device.ts';
import { deviceIdentity } from '../ort/identity.ts';
import { selfTest } from '../ort/selfTest.ts';
import type { SelfTestCase, Verdict } from '../ort/selfTest.ts';
import { versions } from './versions.ts';

/** Everything that a verdict depends on. */
export interface VerdictKey {
  readonly provider: Provider;
  readonly device: string;
  readonly driver: string;
  /** Version of onnxruntime-node. */
  readonly runtime: string;
  /** Digest of the tested graphs as the provider gets them. */
  readonly operators: string;
}

/** Goes up when the self-test itself changes. */
const VERSION = 1;
/** A vocabulary of some 45 operators and a dozen parts: a longer list is not ours. */
const MOST_RESULTS = 500;

export function verdictKey(provider: Provider, cases: readonly SelfTestCase[]): VerdictKey {
  const hash = createHash('sha256').update(`self-test ${VERSION}`);
  for (const { part, graph, sizes } of cases)
    hash.update(encodeModel(lower(graph, provider), part)).update(JSON.stringify(sizes));
  const runtime = versions()['onnxruntime-node']!;
  return { provider, ...deviceIdentity(provider), runtime, operators: hash.digest('hex') };
}

export function verdictPath(folder: string, key: VerdictKey): string {
  const digest = createHash('sha256').update(keyText(key)).digest('hex');
  return join(folder, 'verdicts', `${key.provider}-${digest.slice(0, 32)}.json`);
}

const keyText = ({ provider, device, driver, runtime, operators }: VerdictKey): string =>
  JSON.stringify([provider, device, driver, runtime, operators]);

/** What an earlier self-test found, or undefined where there is none or its file is not what we wrote. */
export function readVerdict(folder: string, key: VerdictKey): readonly Verdict[] | undefined {
  let stored: Readonly<Record<string, unknown>>;
  try {
    stored = readJsonObject(verdictPath(folder, key));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
  const { results } = stored;
  if (keyText(stored as unknown as VerdictKey) !== keyText(key)) return undefined;
  if (!Array.isArray(results) || results.length === 0 || results.length > MOST_RESULTS) return undefined;
  return results.every(isVerdict) ? results : undefined;
}

function isVerdict(value: unknown): value is Verdict {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, name, ok, maxRelativeError: difference, error } = value as Record<string, unknown>;
  const measured = typeof difference === 'number' && Number.isFinite(difference) && difference >= 0;
  return (
    (kind === 'operator' || kind === 'part') &&
    typeof name === 'string' &&
    typeof ok === 'boolean' &&
    (measured || difference === undefined) &&
    (error === undefined || typeof error === 'string') &&
    // a pass is only one with its figure
    (!ok || (measured && error === undefined))
  );
}

/** Keeps what a self-test found; a cache that can't be written costs another self-test, not the run. */
export function writeVerdict(folder: string, key: VerdictKey, results: readonly Verdict[]): void {
  const path = verdictPath(folder, key);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeText(path, `${JSON.stringify({ ...key, results }, null, 2)}\n`);
  } catch (error) {
    if (!(error instanceof UserError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** Makes a provider compute one number. Throws `device-unavailable` with its own words where it can't. */
export async function startProvider(provider: Provider, threads: number): Promise<Device> {
  const reason = notOffered[provider];
  if (reason !== undefined)
    throw new UserError('device-unavailable', `${provider} is not offered: ${reason}`, {
      hint: 'Set "device" to "webgpu" or "cpu".',
    });
  const device = new Device({ provider, threads, strict: provider !== 'cpu' });
  try {
    await device.read(await device.upload(new Float32Array([1]), [1]));
    return device;
  } catch (cause) {
    const told = cause instanceof Error ? cause.message.split('\n', 1)[0]! : String(cause);
    // ONNX Runtime puts its source line, function and condition first
    const words = told.replace(/^\/\S+:\d+ .* was false\. /, '');
    throw new UserError('device-unavailable', `${provider} does not start on this machine: ${words}`, {
      hint: 'Set "device" to "cpu", or install a driver for the GPU (on Linux with the Vulkan loader, libvulkan1).',
      cause,
    });
  }
}

/** A session for each operator lives to the self-test's end: with a pool of threads each they exhaust a process's. */
const SELF_TEST_THREADS = 1;

export interface VerdictOptions {
  readonly folder?: string;
  /** Called before a self-test that takes some seconds. */
  readonly onTest?: () => void;
}

/** The stored verdict where it was a pass, else a fresh one: what failed once may have been mended in ways we can't see. */
export async function verdictOf(
  provider: Provider,
  cases: readonly SelfTestCase[],
  { folder = cacheFolder(), onTest }: VerdictOptions = {},
): Promise<readonly Verdict[]> {
  await using device = await startProvider(provider, SELF_TEST_THREADS);
  const key = verdictKey(provider, cases);
  const known = readVerdict(folder, key);
  if (known?.every(({ ok }) => ok)) return known;
  onTest?.();
  await using reference = new Device({ provider: 'cpu', threads: SELF_TEST_THREADS });
  const results = await selfTest(device, reference, cases);
  writeVerdict(folder, key, results);
  return results;
}

/** Throws `device-refused` naming the operators whose results differ from the CPU's; the CPU itself needs no verdict. */
export async function requireVerdict(
  provider: Provider,
  cases: () => readonly SelfTestCase[],
  options?: VerdictOptions,
): Promise<void> {
  if (provider === 'cpu') return;
  const refused = refusal(provider, await verdictOf(provider, cases(), options));
  if (refused) throw refused;
}

/** The error for a device that computes something else than the CPU, or undefined where it passed. */
export function refusal(provider: Provider, results: readonly Verdict[]): UserError | undefined {
  const failed = results.filter(({ ok }) => !ok);
  if (failed.length === 0) return undefined;
  const operators = failed.filter(({ kind }) => kind === 'operator');
  const told = (operators.length > 0 ? operators : failed).map(
    ({ name, maxRelativeError, error }) =>
      `${name} (${maxRelativeError === undefined ? (error ?? 'no result') : `off by ${maxRelativeError.toExponential(1)}`})`,
  );
  return new UserError(
    'device-refused',
    `${provider} computes other numbers than the CPU here, so nothing is trained on it: ${told.join(', ')}.`,
    { hint: 'Set "device" to "cpu", or try again with a newer driver.' },
  );
}
