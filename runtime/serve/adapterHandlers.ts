/** @file What `serve` answers about configs and what came of them: variants, digests, and whether a run's inputs are the same. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { checkConfig } from '../config/check.ts';
import { readConfigText } from '../config/read.ts';
import type { AdapterConfig, AdaptersApi, RunLineage, VariantSummary } from '../contract/api/adapters.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { describeError, UserError } from '../contract/errors.ts';
import { downloadedBases } from '../hub/cache.ts';
import { changedInputs, ContentHashes } from '../runs/origin.ts';
import { readRecord, readResolvedConfig } from '../runs/read.ts';
import type { Answers } from './answers.ts';

/** Configs or runs read before other messages get their turn. */
const readAtOnce = 16;

/** JSON with the keys of each object in one order: the same values give the same text. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Equal for runs that differ in their seed alone; where runs lie decides nothing. */
export function configDigest({ output: _, training, ...config }: ResolvedConfig): string {
  const { seed: _seed, ...rest } = training;
  return createHash('sha256')
    .update(canonical({ ...config, training: rest }))
    .digest('hex')
    .slice(0, 16);
}

export function readAdapterConfig(file: string): AdapterConfig {
  let text: string;
  try {
    text = readConfigText(file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { file, variants: [{}], problem: describeError(error), errors: 1 };
  }
  const first = checkConfig(text, file);
  const views = [first, ...first.variants.map((variant) => checkConfig(text, file, { variant }))];
  const variants = views.map(({ config }, i): VariantSummary => {
    const name = i === 0 ? undefined : first.variants[i - 1];
    return {
      ...(name === undefined ? {} : { name }),
      ...(config === undefined ? {} : { digest: configDigest(config) }),
    };
  });
  const errors = views.flatMap(({ diagnostics }) =>
    diagnostics.filter(({ severity }) => severity === 'error'),
  );
  const different = new Set(errors.map(({ code, range, message }) => `${code} ${range?.offset} ${message}`));
  const [problem] = errors;
  const line = problem?.range === undefined ? '' : `line ${problem.range.line}: `;
  return {
    file,
    variants,
    errors: different.size,
    ...(problem === undefined ? {} : { problem: `${line}${problem.message}` }),
  };
}

async function readLineage(folder: string, hashes: ContentHashes): Promise<RunLineage> {
  const record = readRecord(folder);
  if (record === undefined) return { folder, changed: [] };
  let config: ResolvedConfig;
  try {
    config = readResolvedConfig(folder);
  } catch (error) {
    if (error instanceof UserError) return { folder, changed: [] };
    throw error;
  }
  // the base is left out: its gigabytes are read only when someone asks to reproduce the run
  const { base: _, ...data } = record.hashes;
  const changed = await changedInputs({ created: record.created, hashes: data }, config, hashes);
  return { folder, digest: configDigest(config), changed };
}

/** One after the other, with room for other messages between. */
async function inTurns<T, R>(items: readonly T[], read: (item: T) => R | Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index % readAtOnce === readAtOnce - 1) await setImmediate();
    results.push(await read(item));
  }
  return results;
}

export function adapterHandlers(): Answers<AdaptersApi> {
  const hashes = new ContentHashes();
  return {
    dispose: () => undefined,
    handlers: {
      'adapters/list': async ({ configs }) => ({ configs: await inTurns(configs, readAdapterConfig) }),
      'adapters/lineage': async ({ folders }) => ({
        runs: await inTurns(folders, (folder) => readLineage(folder, hashes)),
      }),
      'adapters/bases': () => ({ bases: downloadedBases() }),
    },
  };
}
