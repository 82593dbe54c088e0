/** @file Names inside a run's folder, for its writer and its readers. */
import { join } from 'node:path';

export const runFiles = {
  record: 'run.json',
  lock: 'run.lock',
  metrics: 'metrics.jsonl',
  samples: 'samples.jsonl',
  tokenLosses: 'token-losses.f32',
  stepIndex: 'steps.index',
  answers: 'answers.jsonl',
  configText: 'config.jsonc',
  resolvedConfig: 'config.resolved.json',
  trainerState: 'trainer_state.json',
  log: 'log.txt',
  patch: 'git.patch',
  /** Made by whoever wants the run to stop after its step; any content. */
  stop: 'stop',
  adapter: 'adapter',
  /** The name that a person gave the run: a file of its own, so that renaming never meets the run's writer. */
  label: 'name.txt',
} as const;

/** `tickets` of `path/tickets.adapter.json`. */
export function configStem(file: string): string {
  const name = file.split(/[/\\]/).at(-1) ?? file;
  return name.replace(/(\.adapter)?\.jsonc?$/i, '') || 'run';
}

/** Letters, digits, dot, dash and underscore, so that the id is a file name everywhere and needs no quotes. */
const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 40);

/** Where the learning-rate finder leaves its curve: `<output>/.find-lr/<config stem>[-<variant>].json`. */
export function rateFile(output: string, configFile: string, variant?: string): string {
  const named = variant === undefined ? '' : `-${slug(variant)}`;
  return join(output, '.find-lr', `${configStem(configFile)}${named}.json`);
}

/** Each sweep has a folder of its id in it. */
export const sweepsFolder = (output: string): string => join(output, '.sweeps');

/** `<UTC time>-<config stem>[-<variant>]-<6 hex>`: ids sort by time. `suffix` makes two runs of one second differ. */
export function runId(created: Date, file: string, variant: string | undefined, suffix: string): string {
  const time = created.toISOString().replace(/[-:]|\.\d+/g, '');
  const words = [slug(configStem(file)), variant === undefined ? '' : slug(variant)].filter(
    (word) => word !== '',
  );
  return [time, ...words, suffix].join('-');
}
