/** @file Trains in the real process, kills it again and again, and holds what is left to a run that nobody disturbed. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { RunEvent } from '../../runtime/contract/run.ts';
import { intendedName, temporaryFolders } from '../../runtime/formats/atomicFolder.ts';
import { listCheckpoints } from '../../runtime/runs/checkpoint.ts';
import { listRuns, readEvents, readRecord, readSamples } from '../../runtime/runs/read.ts';
import { hashKey, uniform } from '../../runtime/train/random.ts';
import { tokenisedRows, writeRandomBase } from '../support/randomFolder.ts';

const root = resolve(import.meta.dirname, '../..');
const STEPS = 40;

/** Where a kill is aimed: anywhere from the process's start on, between steps, or into a checkpoint's writing. */
type Aim = 'start' | 'steps' | 'checkpoint';

export interface CrashReport {
  /** Kills that hit a living process, by what they were aimed at. */
  readonly kills: Record<Aim, number>;
  /** Kills that left a half-written checkpoint behind. */
  readonly torn: number;
  /** Runs brought to their end and compared byte for byte. */
  readonly runs: number;
}

/** The command line as one file, from the sources as they are. Returns its path. */
export async function bundleProgram(): Promise<string> {
  const outfile = join(root, 'out/crash/main.mjs');
  await build({
    entryPoints: [join(root, 'runtime/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['onnxruntime-node'],
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return outfile;
}

interface Attempt {
  readonly program: string;
  readonly words: readonly string[];
  /** The run's folder where it is known before the start. */
  readonly folder: string | undefined;
  readonly output: string;
  /** Absent lets the process end by itself. */
  readonly kill?: { readonly aim: Aim; readonly random: () => number };
}

const isCheckpoint = (name: string | null): boolean =>
  intendedName(name ?? '')?.startsWith('checkpoint-') === true;

/** Runs the program, and kills it where that is asked. True when it was killed; throws what it said when it failed by itself. */
function attempt({ program, words, folder, output, kill }: Attempt): Promise<boolean> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [program, 'train', ...words, '--json'], {
      cwd: root,
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = (): void => void child.kill('SIGKILL');
    const closers: (() => void)[] = [];
    const after = (milliseconds: number): void => {
      const timer = setTimeout(end, milliseconds);
      closers.push(() => {
        clearTimeout(timer);
      });
    };
    const watchFolder = (path: string): void => {
      // not the first moment only: writing goes on for some milliseconds
      const watcher = watch(path, (_, name) => {
        if (isCheckpoint(name)) after(Math.floor(4 * kill!.random()));
      });
      closers.push(() => {
        watcher.close();
      });
    };
    if (kill?.aim === 'start') after(1500 * kill.random());
    if (kill?.aim === 'checkpoint' && folder !== undefined) watchFolder(folder);
    let left = kill?.aim === 'steps' ? 1 + Math.floor(8 * kill.random()) : Number.POSITIVE_INFINITY;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as RunEvent;
      if (event.event === 'started' && kill?.aim === 'checkpoint' && folder === undefined)
        watchFolder(join(output, event.run));
      if (event.event === 'step' && --left === 0) after(40 * kill!.random());
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', failed);
    child.on('close', (code, signal) => {
      for (const close of closers) close();
      if (signal === 'SIGKILL' || code === 0) done(signal === 'SIGKILL');
      else failed(new Error(`train ${words.join(' ')} ended with ${String(code ?? signal)}:\n${said}`));
    });
  });
}

/** Folders of checkpoints whose writing a kill cut off; older ones under such names were being removed. */
function cutOff(run: string | undefined): string[] {
  if (run === undefined) return [];
  const newest = listCheckpoints(run).whole[0]?.step ?? 0;
  return temporaryFolders(run)
    .filter(({ intended }) => Number(/^checkpoint-(\d+)$/.exec(intended)?.[1] ?? 0) > newest)
    .map(({ path }) => path);
}

/** Everything of a run that must not depend on kills. */
interface Truth {
  readonly measured: readonly unknown[];
  readonly samples: readonly unknown[];
  readonly files: ReadonlyMap<string, string>;
}

const finalFiles = [
  'adapter/adapter_model.safetensors',
  'adapter/adapter_config.json',
  'best/adapter_model.safetensors',
  `checkpoint-${STEPS}/adapter_model.safetensors`,
  `checkpoint-${STEPS}/optimizer.safetensors`,
  `checkpoint-${STEPS}/state.json`,
];

/** Steps and evaluations without their times. */
const measuredIn = (folder: string): unknown[] =>
  readEvents(folder)
    .filter(({ event }) => event === 'step' || event === 'evaluation')
    .map((event) => ({ ...event, seconds: 0, memory: 0 }));

const stepsIn = (measured: readonly unknown[]): number =>
  measured.filter((event) => (event as RunEvent).event === 'step').length;

function truthOf(folder: string): Truth {
  const measured = measuredIn(folder);
  return {
    measured,
    samples: Array.from({ length: stepsIn(measured) }, (_, i) => readSamples(folder, i + 1)),
    files: new Map(finalFiles.map((name) => [name, readFileSync(join(folder, name)).toString('base64')])),
  };
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} differs from the undisturbed run:\n${a}\n${b}`);
}

/** What a kill left has to read as a part of the truth, with each checkpoint that was announced. Returns whether the run is done. */
function checkReadable(folder: string, output: string, truth: Truth): boolean {
  const summary = listRuns(output).find((run) => run.folder === folder)!;
  const { status, step } = summary.record;
  if (summary.pid !== undefined || (status !== 'interrupted' && status !== 'done'))
    throw new Error(`a killed run reads as ${status}, held by process ${summary.pid ?? 'none'}`);
  const measured = measuredIn(folder);
  same(measured, truth.measured.slice(0, measured.length), 'metrics.jsonl');
  const steps = stepsIn(measured);
  if (step > steps) throw new Error(`run.json is at step ${step}, metrics.jsonl at ${steps}`);
  for (let i = 1; i <= steps; i++) same(readSamples(folder, i), truth.samples[i - 1], `samples of step ${i}`);
  const announced = readEvents(folder).filter((event) => event.event === 'checkpoint');
  const last = announced.at(-1)?.step ?? 0;
  const newest = listCheckpoints(folder).whole[0]?.step ?? 0;
  if (newest < last) throw new Error(`checkpoint ${last} was announced, the newest whole one is ${newest}`);
  return status === 'done';
}

function checkDone(folder: string, truth: Truth): void {
  const { measured, files } = truthOf(folder);
  same(measured, truth.measured, 'metrics.jsonl');
  same(readRecord(folder)?.steps, STEPS, 'the number of steps in run.json');
  for (const [name, bytes] of truth.files)
    if (files.get(name) !== bytes) throw new Error(`${name} differs from the undisturbed run's (${folder})`);
}

/** Writes base, rows and config into `folder`; runs go to `output`. Returns the config's path. */
function writeProject(folder: string, output: string): string {
  mkdirSync(folder, { recursive: true });
  const config = {
    base: writeRandomBase(join(folder, 'base')),
    data: { train: tokenisedRows(join(folder, 'rows.jsonl'), 23), format: 'tokenised', validation: 0.2 },
    method: { kind: 'lora', rank: 4, alpha: 8 },
    training: {
      steps: STEPS,
      batch: 2,
      accumulate: 2,
      learningRate: 0.02,
      seed: 5,
      checkpointEvery: 3,
      evaluateEvery: 4,
      keepBest: true,
    },
    output,
  };
  const path = join(folder, 'crash.adapter.json');
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** One kill in ten at the start, one in ten (rounded up) into a checkpoint's writing, the others while steps go on. */
function nextAim(kills: CrashReport['kills'], wanted: number, torn: number, random: () => number): Aim {
  if (torn < Math.ceil(wanted / 10) && random() < 0.25) return 'checkpoint';
  const done = kills.start + kills.steps + kills.checkpoint;
  // those that missed the writing are made up for at the end
  if (torn < Math.ceil(wanted / 10) && wanted - done <= Math.ceil(wanted / 10) - torn) return 'checkpoint';
  return random() < 0.1 ? 'start' : 'steps';
}

/**
 * Kills `wanted` times at moments that `seed` decides (as far as processes keep time), resuming each time; each run that comes to its end
 * must have the bytes of the undisturbed one. Throws at the first difference. `note` gets a line now and then.
 */
export async function crashRuns(
  folder: string,
  wanted: number,
  seed: number,
  note: (line: string) => void = () => undefined,
): Promise<CrashReport> {
  const program = await bundleProgram();
  const quiet = join(folder, 'undisturbed');
  await attempt({ program, words: [writeProject(folder, quiet)], folder: undefined, output: quiet });
  const truth = truthOf(listRuns(quiet)[0]!.folder);
  const random = uniform(hashKey('crash', seed));
  const kills = { start: 0, steps: 0, checkpoint: 0 };
  let [torn, runs, total] = [0, 0, 0];
  for (;;) {
    const output = join(folder, `runs-${runs}`);
    const config = writeProject(folder, output);
    for (let done = false; !done;) {
      const known = listRuns(output)[0]?.folder;
      const words = known === undefined ? [config] : ['--resume', known];
      const before = cutOff(known);
      const aim = nextAim(kills, wanted, torn, random);
      const kill = total < wanted ? { kill: { aim, random } } : {};
      const killed = await attempt({ program, words, folder: known, output, ...kill });
      const run = listRuns(output)[0]?.folder;
      if (killed) {
        kills[aim]++;
        total++;
        if (cutOff(run).some((path) => !before.includes(path))) torn++;
        if (total % 10 === 0)
          note(`${total} kills, ${torn} inside checkpoint writing, ${runs} runs to their end`);
      }
      done = run !== undefined && (killed ? checkReadable(run, output, truth) : true);
      if (done) checkDone(run!, truth);
    }
    runs++;
    if (total >= wanted) return { kills, torn, runs };
  }
}
