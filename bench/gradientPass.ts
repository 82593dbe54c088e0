/**
 * @file `npm run bench:gradient-pass`: peak memory and time of LoRA-GA's gradient pass beside those of training, and what a base costs
 * that LoRAM makes smaller; each in a process of its own on the same rows. Options: --rank N, --rows N, --base PATH, --data FILE.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareJob } from './job.ts';
import { measureInChild } from './measured.ts';
import type { MeasuredTraining } from './measured.ts';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    rank: { type: 'string', default: '16' },
    rows: { type: 'string', default: '16' },
    only: { type: 'string', default: 'pass,smaller' },
    base: {
      type: 'string',
      default: join(root, '../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf'),
    },
    data: { type: 'string', default: join(root, '../shared/data/gsm8k/train.jsonl') },
  },
});

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

function words({ peak, held, processor, wall, opening }: MeasuredTraining): string {
  const steps =
    wall.length === 0
      ? ''
      : `, a step ${median(wall).toFixed(1)} s (${median(processor).toFixed(1)} s of processors)`;
  return `peak ${gigabytes(peak)}, weights held ${(held / 1e6).toFixed(1)} MB, opening ${opening.toFixed(1)} s${steps}`;
}

const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-pass-'));
try {
  const { base, data } = values;
  const rank = Number(values.rank);
  const job = await prepareJob(
    { base, data, lengths: undefined, memory: 'balanced', rank, steps: 4, warmup: 0 },
    folder,
  );
  job.setup[Symbol.dispose]();
  const own = JSON.parse(readFileSync(job.configFile, 'utf8')) as { training: object };
  const written = (name: string, method: object): string => {
    const path = join(folder, `${name}.adapter.json`);
    // micro-batches before step 0 have the training's tokens: four of these rows are about as many
    writeFileSync(path, JSON.stringify({ ...own, method, training: { ...own.training, batch: 4 } }));
    return path;
  };
  const plain = { kind: 'lora', rank, alpha: 2 * rank };
  const training = measureInChild(written('training', plain), 3);
  console.log(`LoRA: ${words(training)}`);
  if (values.only.includes('pass')) {
    const ga = { ...plain, init: 'lora-ga', rankStabilized: true, gradientRows: Number(values.rows) };
    const pass = measureInChild(written('pass', ga), 0);
    console.log(`LoRA-GA's gradient pass over ${values.rows} rows and all start values: ${words(pass)}`);
    console.log(
      `peak of the pass over that of training: ${(pass.peak / training.peak).toFixed(2)} (limit 1.3)`,
    );
  }
  if (values.only.includes('smaller'))
    for (const kind of ['loram', 'qloram']) {
      const method = { ...plain, kind, prune: 'structured', ratio: 0.5, scoreRows: Number(values.rows) };
      console.log(`${kind}, structured 0.5: ${words(measureInChild(written(kind, method), 3))}`);
    }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
