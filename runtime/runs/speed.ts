/** @file How fast a run was, from the ends of its files: what the next run of its base is likely to take. */
import { UserError } from '../contract/errors.ts';
import type { RunSummary } from '../contract/api/runs.ts';
import type { RunSpeed } from '../contract/run.ts';
import { machineName } from '../formats/machine.ts';
import { lastEvents, lastSamples, readResolvedConfig } from './read.ts';

/** The first steps compile, and warm caches up. */
export const fewestSteps = 5;

/**
 * Runs of another machine say nothing here; runs of a sweep may have shared this one. Modules that were trained whole can't be told
 * from the adapter in a record.
 */
export function readSpeed({ folder, record, label }: RunSummary): RunSpeed | undefined {
  const { machine, sweep, step, device, trainable, frozen = 0, id } = record;
  if (machine !== machineName() || sweep !== undefined || trainable === undefined) return undefined;
  if (step < fewestSteps) return undefined;
  let config;
  try {
    config = readResolvedConfig(folder);
  } catch (error) {
    // a damaged run has no say
    if (!(error instanceof UserError)) throw error;
    return undefined;
  }
  const { base, memory, method } = config;
  if (method.from !== undefined || (method.modulesToSave as unknown[] | undefined)?.length !== 0)
    return undefined;
  const steps = lastEvents(folder)
    .filter((event) => event.event === 'step')
    .filter(({ step: at, tokens, seconds }) => at > 1 && tokens > 0 && seconds > 0);
  const rows = lastSamples(folder).flatMap(({ tokens }) => tokens);
  if (steps.length < fewestSteps - 1 || rows.length === 0) return undefined;
  const times = steps.map(({ seconds, tokens }) => seconds / tokens).sort((a, b) => a - b);
  const tokens = sum(steps.map((event) => event.tokens));
  return {
    run: label ?? id,
    base,
    device,
    memory,
    method,
    adapter: trainable,
    frozen,
    secondsPerToken: times[times.length >> 1]!,
    tokens: tokens / steps.length,
    labelled: sum(steps.map(({ supervised }) => supervised)) / tokens,
    rowTokens: sum(rows.map((length) => length ** 2)) / Math.max(1, sum(rows)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
