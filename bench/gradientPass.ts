/**
 * @file `npm run bench:gradient-pass`: peak memory and time of LoRA-GA's gradient pass beside those of training, each in a process
 * of its own on the same rows. Options: --rank N, --rows N, --base PATH, --data FILE.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkConfig } from '../runtime/config/check.ts';
import { peakBytes } from '../runtime/pipelines/peakMemory.ts';
import { SharedParts } from '../runtime/pipelines/sharedParts.ts';
import { openTrainer } from '../runtime/pipelines/trainer.ts';
import { setUpTraining } from '../runtime/pipelines/training.ts';
import { supervisedTokens } from '../runtime/train/loop.ts';
import { prepareJob } from './job.ts';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    rank: { type: 'string', default: '16' },
    rows: { type: 'string', default: '16' },
    base: {
      type: 'string',
      default: join(root, '../shared/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf'),
    },
    data: { type: 'string', default: join(root, '../shared/data/gsm8k/train.jsonl') },
    child: { type: 'string' },
  },
});

interface Measured {
  readonly peak: number;
  readonly seconds: number;
}

/** In a process of its own: opens everything (start values and their gradient pass included), and takes `steps` steps. */
async function measure(configFile: string, steps: number): Promise<Measured> {
  const { config } = checkConfig(readFileSync(configFile, 'utf8'), configFile);
  if (!config) throw new Error(`${configFile} is refused`);
  await using parts = new SharedParts();
  using setup = await setUpTraining(config, { parts });
  const started = performance.now();
  using trainer = await openTrainer(config, setup, parts);
  for (let t = 0; t < steps; t++) {
    const rows = setup.sampler.step(t).rows[0]!.map((row) => setup.train.read(row));
    const supervised = rows.reduce((sum, row) => sum + supervisedTokens(row), 0);
    await trainer.engine.accumulate(rows, { token: 1 / supervised, auxiliary: 0 }, true);
    await trainer.updater.step(trainer.parameters, t + 1, 1e-4, 1);
  }
  return { peak: peakBytes(), seconds: (performance.now() - started) / 1000 };
}

function inChild(configFile: string, steps: number): Measured {
  const { stdout, status } = spawnSync(
    process.execPath,
    [import.meta.filename, '--child', `${steps} ${configFile}`],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status !== 0) throw new Error('the measurement ended early');
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Measured;
}

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-pass-'));
  try {
    const { base, data } = values;
    const rank = Number(values.rank);
    const options = {
      base,
      data,
      lengths: undefined,
      memory: 'balanced',
      rank,
      steps: 4,
      warmup: 0,
    } as const;
    const job = await prepareJob(options, folder);
    job.setup[Symbol.dispose]();
    const own = JSON.parse(readFileSync(job.configFile, 'utf8')) as { training: object };
    const written = (name: string, method: object): string => {
      const path = join(folder, `${name}.adapter.json`);
      // micro-batches of the pass have the training's tokens: four of these rows are about as many
      writeFileSync(path, JSON.stringify({ ...own, method, training: { ...own.training, batch: 4 } }));
      return path;
    };
    const plain = { kind: 'lora', rank, alpha: 2 * rank };
    const ga = { ...plain, init: 'lora-ga', rankStabilized: true, gradientRows: Number(values.rows) };
    const training = inChild(written('training', plain), 2);
    const pass = inChild(written('pass', ga), 0);
    const words = ({ peak, seconds }: Measured): string =>
      `${(peak / 1e9).toFixed(2)} GB, ${seconds.toFixed(1)} s`;
    console.log(`training, 2 steps: ${words(training)}`);
    console.log(`gradient pass over ${values.rows} rows and all start values: ${words(pass)}`);
    console.log(
      `peak of the pass over that of training: ${(pass.peak / training.peak).toFixed(2)} (limit 1.3)`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.child === undefined) await compare();
else {
  const [steps, ...path] = values.child.split(' ');
  console.log(JSON.stringify(await measure(path.join(' '), Number(steps))));
}
