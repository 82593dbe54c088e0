/**
 * @file `npm run experiments -- NAME`: measures what a paper claims, and writes docs/experiments/NAME.md with its numbers and plots.
 * Options: --plan (print what it takes), --quick (small, to see that all parts work), --study NAME, --hours H, --cache FOLDER,
 * --out FOLDER (of the report; an unfinished one goes into the cache's), --resume (take for known what docs/experiments/NAME.json
 * has), --threads N, --device NAME, --called NAME (the device as the report names it), --any-code (take results of an earlier
 * state of the code). What was computed is kept and never computed twice; several processes may work on one cache.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { DeviceName } from '../runtime/contract/config.ts';
import { describeError } from '../runtime/contract/errors.ts';
import { machineName } from '../runtime/formats/machine.ts';
import { writeText } from '../runtime/formats/textFile.ts';
import { versions } from '../runtime/pipelines/versions.ts';
import { conducted, surveyed } from './experiments/conduct.ts';
import { experimentNames, experimentNamed } from './experiments/definitions/index.ts';
import type { Experiment, Table } from './experiments/experiment.ts';
import { memoryTable } from './experiments/memory.ts';
import { runsIn } from './experiments/numbers.ts';
import { quickStudy } from './experiments/plan.ts';
import { nextTrials } from './experiments/protocol.ts';
import { report } from './experiments/report.ts';
import { codeDigest, ResultStore } from './experiments/store.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1';
const root = resolve(import.meta.dirname, '..');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    plan: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    study: { type: 'string' },
    hours: { type: 'string', default: 'Infinity' },
    cache: { type: 'string', default: process.env['EXPERIMENTS_CACHE'] ?? join(root, '.experiments') },
    out: { type: 'string' },
    resume: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    device: { type: 'string', default: 'cpu' },
    called: { type: 'string' },
    'any-code': { type: 'boolean', default: false },
  },
});

async function main(name: string): Promise<void> {
  const store = new ResultStore(values.cache);
  const whole = experimentNamed(name, join(store.folder, 'data'));
  const chosen = whole.studies.filter((study) => values.study === undefined || study.name === values.study);
  if (chosen.length === 0)
    throw new Error(`${name} has the studies ${whole.studies.map((s) => s.name).join(', ')}`);
  const experiment = values.quick
    ? { ...whole, title: `${whole.title} (quick: the numbers say nothing)`, studies: chosen.map(quickStudy) }
    : { ...whole, studies: chosen };
  const began = performance.now();
  const limit = Number(values.hours) * 3600;
  const stop = new AbortController();
  // once: a second Ctrl-C ends the process
  process.once('SIGINT', () => {
    console.log('stopping after this step; the same command goes on');
    stop.abort();
  });
  const conduct = {
    store,
    threads: Number(values.threads),
    // an unknown one is refused with the first config
    device: values.device as DeviceName,
    called: values.called,
    code: codeDigest(root),
    anyCode: values['any-code'],
    signal: stop.signal,
    say: (line: string) => {
      console.log(line);
    },
    broke: (line: string) => {
      console.error(line);
      process.exitCode = 1;
    },
    secondsLeft: () => limit - (performance.now() - began) / 1000,
  };
  if (values.resume) {
    const taken = store.adopt(runsIn(readFileSync(join(root, 'docs/experiments', `${name}.json`), 'utf8')));
    console.log(`${taken} trainings taken from docs/experiments/${name}.json`);
  }
  await surveyed(experiment, conduct);
  if (values.plan) return;
  const results = await conducted(experiment, conduct);
  // docs hold what is complete
  const open = results.reduce((sum, { study, done }) => sum + nextTrials(study, done).length, 0);
  const complete = !values.quick && values.study === undefined && open === 0;
  const folder = values.out ?? (complete ? join(root, 'docs/experiments') : join(store.folder, 'reports'));
  mkdirSync(folder, { recursive: true });
  const { threads, code } = conduct;
  const circumstances = { machine: machineName(), threads, versions: versions(), code };
  const measured = complete ? memoryOf(experiment, store) : [];
  const files = report(experiment, results, circumstances, [...(experiment.tables?.() ?? []), ...measured]);
  for (const [file, text] of files) writeText(join(folder, file), text);
  console.log(`written: ${join(folder, `${name}.md`)}`);
}

function memoryOf({ studies, memory }: Experiment, store: ResultStore): Table[] {
  const study = studies.find(({ name }) => name === memory?.study);
  return study && memory ? [memoryTable(study, memory.arms, join(store.folder, 'memory'))] : [];
}

const [name] = positionals;
if (name === undefined || positionals.length > 1 || !experimentNames.includes(name)) {
  console.error(`usage: npm run experiments -- NAME; there are ${experimentNames.join(', ')}`);
  process.exitCode = 2;
} else
  try {
    await main(name);
  } catch (error) {
    console.error(describeError(error));
    process.exitCode = 1;
  }
