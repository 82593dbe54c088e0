/** @file From an edit of a config to its diagnostics: the check itself on a real base, and the pause that the editor waits first. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configHandlers } from '../../runtime/serve/configHandlers.ts';

const root = resolve(import.meta.dirname, '../..');
const large = resolve(root, '../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
const base = process.argv[2] ?? (existsSync(large) ? large : join(root, 'media/base/tiny-clerk'));
/** As src/config/checks.ts waits after the last key. */
const pauseMilliseconds = 150;
const limit = 300;

const text = (rank: number): string =>
  JSON.stringify({
    base,
    data: { train: join(root, 'media/data/tickets/train.jsonl'), validation: 0.1 },
    method: { rank, alpha: 32, targets: ['q_proj', 'v_proj'] },
    variants: {
      wide: { method: { rank: 64, targets: 'all-linear' } },
      low: { memory: 'low', method: { targets: 'all-linear' } },
    },
  });

/** The first estimates of the three views, and the rows that they share. */
let awaited = 4;
const told = Promise.withResolvers<undefined>();
const area = configHandlers(() => {
  if (--awaited === 0) told.resolve(undefined);
});
const signal = new AbortController().signal;
const path = join(root, 'bench.adapter.json');
const check = async (rank: number): Promise<number> => {
  const started = performance.now();
  await area.handlers['config/check']({ path, text: text(rank) }, signal);
  return performance.now() - started;
};

const first = await check(16);
await told.promise;
const times: number[] = [];
// each edit is another rank, so that no estimate is known yet
for (let rank = 1; rank <= 40; rank++) times.push(await check(rank));
times.sort((a, b) => a - b);
const line = (name: string, milliseconds: number): void => {
  console.log(`${name}: ${milliseconds.toFixed(1)} ms (limit ${limit} ms)`);
};
line('config, first check of a base with pause', first + pauseMilliseconds);
line('config, edit to diagnostics, median with pause', times[times.length >> 1]! + pauseMilliseconds);
line('config, edit to diagnostics, slowest of 40 with pause', times.at(-1)! + pauseMilliseconds);
area.dispose();
