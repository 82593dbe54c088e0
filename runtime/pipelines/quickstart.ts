/** @file The first adapter: a folder with a tiny base, ticket data and a config, and the comparison that ends the quick start. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../contract/errors.ts';
import { openDataset } from '../data/dataset.ts';
import { loadTokenizer } from '../data/loadTokenizer.ts';
import { writeError } from '../formats/byteFile.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { openBase } from '../model/base.ts';
import { Device } from '../ort/device.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import { adaptedEngine, answeredPositions, measure } from './evaluate.ts';
import type { Evaluation } from './evaluate.ts';

export const quickstartConfig = 'tickets.adapter.json';

/** The settings measured in data/tickets/README.md. */
const configText = `{
  // The base: a 2.75 M-parameter chat model that has never seen JSON.
  "base": "tiny-clerk",
  // 400 customer messages with the ticket that should be written for each; loss on the answers only.
  "data": { "train": "tickets/train.jsonl", "validation": "tickets/valid.jsonl", "length": 256 },
  "method": { "kind": "lora", "rank": 16, "alpha": 32, "targets": "all-linear" },
  "training": {
    "epochs": 4, "batch": 8, "learningRate": 3e-3, "schedule": "cosine", "warmup": 0.05, "clip": 1.0, "seed": 0,
    "evaluateEvery": 50, "checkpointEvery": 50, "samples": 4
  },
  "output": "runs",
  "variants": { "rank 4": { "method": { "rank": 4, "alpha": 8 } } }
}
`;

/** The package's media folder, from the bundle as from the sources. Throws `quickstart-incomplete`. */
function mediaFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const found = ['../media', '../../media']
    .map((path) => join(here, path))
    .find((path) => existsSync(join(path, 'base')));
  if (found === undefined)
    throw new UserError('quickstart-incomplete', 'the tiny base is missing from this installation.', {
      hint: 'Install it again.',
    });
  return found;
}

/** Fills a folder with base, data and config; what is there already stays. Returns the config's path. Throws `file-unwritable` and `disk-full`. */
export function prepareQuickstart(folder: string): string {
  const media = mediaFolder();
  const config = join(folder, quickstartConfig);
  try {
    mkdirSync(folder, { recursive: true });
    for (const [from, to] of [
      ['base/tiny-clerk', 'tiny-clerk'],
      ['data/tickets', 'tickets'],
    ] as const)
      cpSync(join(media, from), join(folder, to), { recursive: true, force: false, errorOnExist: false });
    if (!existsSync(config)) writeFileSync(config, configText);
  } catch (error) {
    throw writeError(error, folder);
  }
  return config;
}

export interface Comparison {
  readonly base: Evaluation;
  readonly adapter: Evaluation;
}

/** Base and adapter on the held-out rows: loss, valid JSON, exact matches. Weights are loaded once. */
export async function compareWithBase(
  basePath: string,
  adapter: string,
  data: string,
  onProgress: (done: number, total: number) => void,
): Promise<Comparison> {
  const base = openBase(basePath);
  const tokenizer = loadTokenizer(basePath);
  const scratch = mkdtempSync(join(tmpdir(), 'adapter-workbench-'));
  const peft = openPeftAdapter(adapter);
  try {
    const options = {
      file: data,
      tokenizer,
      vocabSize: base.spec.vocab,
      length: base.spec.maxPositions,
      trainOn: 'last' as const,
    };
    const dataset = await openDataset({ ...options, cacheFolder: scratch });
    const rows = Array.from({ length: dataset.rows }, (_, row) => dataset.read(row));
    const longest = answeredPositions(dataset.totals.longest);
    dataset.close();
    await using device = new Device({ provider: 'cpu', threads: availableParallelism() });
    const measures = ['loss', 'exact-match', 'json'] as const;
    const progress = (offset: number) => (done: number, total: number) => {
      onProgress(offset * total + done, 2 * total);
    };
    using plain = await adaptedEngine(base, undefined, device, longest);
    const before = await measure(plain, tokenizer, rows, { measures, onProgress: progress(0) });
    using adapted = await adaptedEngine(base, adapterFromPeft(peft, base), device, longest, plain.weights);
    const after = await measure(adapted, tokenizer, rows, { measures, onProgress: progress(1) });
    return { base: before, adapter: after };
  } finally {
    peft.close();
    base.tensors.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
