/** @file One training of an experiment: by the product's own pipeline, taken up where it was stopped, measured, kept. */
import { join, resolve } from 'node:path';
import { checkConfig } from '../../runtime/config/check.ts';
import type { DeviceName, ResolvedConfig } from '../../runtime/contract/config.ts';
import { exitCodes, UserError } from '../../runtime/contract/errors.ts';
import type { RunEvent } from '../../runtime/contract/run.ts';
import { machineName } from '../../runtime/formats/machine.ts';
import { finetune } from '../../runtime/pipelines/finetune.ts';
import type { SharedParts } from '../../runtime/pipelines/sharedParts.ts';
import { versions } from '../../runtime/pipelines/versions.ts';
import { hashFile } from '../../runtime/runs/hash.ts';
import { listCheckpoints } from '../../runtime/runs/checkpoint.ts';
import { withoutSuperseded } from '../../runtime/runs/events.ts';
import { readEventLines, readRecord } from '../../runtime/runs/read.ts';
import { runFiles } from '../../runtime/runs/names.ts';
import { armNamed } from './protocol.ts';
import { rateAt } from './experiment.ts';
import type { Done, Study, Task, Trial, TrialResult } from './experiment.ts';
import { measureModel } from './measureModel.ts';
import { methodFacts } from './methodFacts.ts';
import { trialKey } from './store.ts';
import type { ResultStore } from './store.ts';

/** What the trainings of a study share. */
export interface Laboratory {
  readonly store: ResultStore;
  readonly parts: SharedParts;
  readonly threads: number;
  /** State of the code, see `codeDigest`. */
  readonly code: string;
  /** Takes results of another state of the code too. */
  readonly anyCode: boolean;
  readonly signal: AbortSignal;
  readonly device: DeviceName;
  /** The device as the report names it. */
  readonly called?: string | undefined;
}

/** The config's values of a trial, as a person would write them. */
export function configValues(
  study: Study,
  { arm: name, k, seed }: Trial,
  output: string,
  device: DeviceName,
): object {
  const { task, training } = study;
  const arm = armNamed(study, name);
  return {
    base: task.base,
    data: task.data,
    method: arm.method,
    training: {
      // equal steps are compared: the last adapter counts, not the best
      keepBest: false,
      checkpointEvery: 0,
      ...training,
      ...arm.training,
      learningRate: rateAt(arm.rates, k),
      seed,
    },
    device: arm.device ?? device,
    output,
  };
}

/** A trial's config, checked as the command line does. Throws with the first mistake. */
export function resolveTrial(
  study: Study,
  trial: Trial,
  output: string,
  device: DeviceName,
): { config: ResolvedConfig; configText: string; configFile: string } {
  const configText = `${JSON.stringify(configValues(study, trial, output, device), null, 2)}\n`;
  const configFile = resolve(output, `${study.name}.adapter.json`);
  const { config, diagnostics } = checkConfig(configText, configFile);
  if (!config) {
    const first = diagnostics.find(({ severity }) => severity === 'error');
    throw new Error(`${study.name}, ${trial.arm}: ${first?.message ?? 'the config is refused'}`);
  }
  return { config, configText, configFile };
}

/** `taken`: another process is at it. */
export type Outcome = (Omit<Done, 'trial'> & { readonly isNew: boolean }) | 'taken' | undefined;

/**
 * The result of a trial: from the store, or by training where `trains`. Undefined where there is none: a training that was
 * stopped goes on at the next call.
 */
export async function runTrial(
  study: Study,
  trial: Trial,
  laboratory: Laboratory,
  trains: boolean,
): Promise<Outcome> {
  const { store, code, anyCode } = laboratory;
  const job = resolveTrial(study, trial, join(store.folder, 'runs'), laboratory.device);
  const key = await keyOf(study.task, job.config, laboratory);
  const known = (): TrialResult | undefined => {
    const found = store.read(key);
    return found && (anyCode || found.code === code) ? found : undefined;
  };
  const before = known();
  if (before) return { key, result: before, isNew: false };
  if (!trains) return undefined;
  const release = store.claim(key);
  if (!release) return 'taken';
  try {
    // another process may have finished it since
    const result = known() ?? (await trained(study.task, job, key, laboratory));
    return result && { key, result, isNew: true };
  } finally {
    release();
  }
}

async function trained(
  task: Task,
  job: Job,
  key: string,
  laboratory: Laboratory,
): Promise<TrialResult | undefined> {
  const began = performance.now();
  const folder = await train(job, key, laboratory);
  if (folder === undefined) return undefined;
  const result = await resultOf(folder, task, job.config, laboratory);
  // of a run that was taken up, what is known: its steps and evaluations
  const total = Math.max((performance.now() - began) / 1000, result.seconds.total);
  const kept = { ...result, seconds: { ...result.seconds, total } };
  laboratory.store.write(key, kept);
  return kept;
}

/** The name of a result in the store: all that decides it. */
export async function keyOf(
  task: Task,
  config: ResolvedConfig,
  { parts }: Pick<Laboratory, 'parts'>,
): Promise<string> {
  const { train, validation } = config.data;
  const files = [
    train,
    ...(typeof validation === 'string' ? [validation] : []),
    ...task.measures.map(({ file }) => file),
    // of LoRAM's alignment
    ...(typeof config.method['alignData'] === 'string' ? [config.method['alignData']] : []),
  ];
  const hashes = { base: await parts.baseHash(parts.base(config.base)), data: [] as string[] };
  for (const file of files) hashes.data.push(await hashFile(file));
  return trialKey(config, {
    hashes: { base: hashes.base, data: hashes.data.join(' ') },
    measures: task.measures.map(({ name, kind }) => `${name}: ${kind}`),
    versions: versions(),
  });
}

type Job = ReturnType<typeof resolveTrial>;

/** Trains to the end and returns the run's folder, undefined where it was stopped. */
async function train(
  job: Job,
  key: string,
  { store, parts, threads, signal }: Laboratory,
): Promise<string | undefined> {
  const found = store.begun(key);
  if (found !== undefined && readRecord(found)?.status === 'done') return found;
  // killed before its first checkpoint: there is nothing to go on with, its start values neither
  const begun = found !== undefined && listCheckpoints(found).whole.length > 0 ? found : undefined;
  if (begun === undefined) store.forget(key);
  let folder = begun;
  const go = (resume?: string): ReturnType<typeof finetune> =>
    finetune({
      ...job,
      parts,
      threads,
      signal,
      ...(resume !== undefined && { resume }),
      onFolder: (path) => {
        folder = path;
        store.begin(key, path);
      },
      onEvent: () => undefined,
    });
  let exitCode: number;
  try {
    ({ exitCode } = await go(begun));
  } catch (error) {
    // what was begun can't be gone on with (it failed, or data changed under it): it is done anew
    if (begun === undefined || !(error instanceof UserError)) throw error;
    store.forget(key);
    ({ exitCode } = await go());
  }
  return exitCode === exitCodes.stopped ? undefined : folder;
}

async function resultOf(
  folder: string,
  task: Task,
  config: ResolvedConfig,
  laboratory: Laboratory,
): Promise<TrialResult> {
  const record = readRecord(folder);
  const events = withoutSuperseded(readEventLines(join(folder, runFiles.metrics)));
  const facts = eventFacts(events);
  // reports are for other machines too: no place of this one
  const why = (record?.message ?? 'ended early').replaceAll(`${folder}/`, '');
  const failed = record?.status === 'done' ? undefined : why;
  const measured =
    failed === undefined ? await measureModel(record!.adapter!, task.measures, config, laboratory) : {};
  return {
    ...facts,
    ...(failed !== undefined && { failed }),
    measured: { ...methodFacts(events), ...smallerLoss(events), ...measured },
    code: laboratory.code,
    machine: machineOf(config, laboratory),
  };
}

/** What it was computed on, as the report names it. */
export const machineOf = ({ device }: ResolvedConfig, { called }: Pick<Laboratory, 'called'>): string =>
  device === 'cpu' ? machineName() : (called ?? device);

/** The last loss of the smaller model that is trained in the place of the one that is evaluated (LoRAM). */
function smallerLoss(events: readonly RunEvent[]): Record<string, number> {
  const last = events.findLast((event) => event.event === 'evaluation');
  return last?.trainedLoss === undefined ? {} : { 'loss on the smaller base': last.trainedLoss };
}

/** Losses and times of a run's events. */
export function eventFacts(
  events: readonly RunEvent[],
): Pick<TrialResult, 'trainable' | 'losses' | 'evaluations' | 'seconds'> {
  const steps = events.filter((event) => event.event === 'step');
  const evaluations = events.filter((event) => event.event === 'evaluation');
  const sorted = steps.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const sum = (list: readonly { readonly seconds: number }[]): number =>
    list.reduce((total, { seconds }) => total + seconds, 0);
  return {
    trainable: events.find((event) => event.event === 'started')?.trainable ?? 0,
    losses: steps.map(({ loss }) => loss),
    evaluations: evaluations.map(({ step, loss }) => ({ step, loss })),
    seconds: { step: sorted[sorted.length >> 1] ?? 0, total: sum(steps) + sum(evaluations) },
  };
}
