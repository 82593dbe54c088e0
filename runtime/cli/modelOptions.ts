/** @file Options that several commands share: which base, which adapter, on what device. */
import { resolve } from 'node:path';
import { UserError } from '../contract/errors.ts';
import type { DeviceName, MemoryPolicy } from '../contract/config.ts';
import { providerOf } from '../config/options.ts';
import type { RecoverOptions } from '../pipelines/recover.ts';
import type { Arguments, CliOption } from './command.ts';
import type { Io } from './terminal.ts';

export const baseOption: CliOption = {
  type: 'text',
  value: 'BASE',
  doc: 'Folder with safetensors, a .gguf file, or a downloaded hub id.',
};
export const adapterOption: CliOption = {
  type: 'text',
  value: 'FOLDER',
  doc: 'PEFT adapter on top of the base.',
};
export const deviceOption: CliOption = {
  type: 'text',
  value: 'DEVICE',
  doc: 'auto, cpu, webgpu, cuda, dml or coreml (auto).',
};

const devices: readonly DeviceName[] = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'];
const policies: readonly MemoryPolicy[] = ['fast', 'balanced', 'low'];

export function required(args: Arguments, name: string): string {
  const value = args.text(name);
  if (value === undefined) throw new UserError('bad-argument', `--${name} is missing.`);
  return value;
}

/** One of a few words. Throws `bad-argument` naming them. */
export function choice<T extends string>(args: Arguments, name: string, allowed: readonly T[], usual: T): T {
  const given = args.text(name);
  if (given === undefined) return usual;
  const found = allowed.find((word) => word === given);
  if (found === undefined)
    throw new UserError(
      'bad-argument',
      `--${name} is one of ${allowed.join(', ')}; ${JSON.stringify(given)} is none.`,
    );
  return found;
}

/** A whole number of at least `least`. Throws `bad-argument`. */
export function count(args: Arguments, name: string, usual: number, least = 1): number {
  const value = args.number(name) ?? usual;
  if (!Number.isSafeInteger(value) || value < least)
    throw new UserError(
      'bad-argument',
      `--${name} is a whole number of at least ${least}; ${value} is none.`,
    );
  return value;
}

export const device = (args: Arguments): ReturnType<typeof providerOf> =>
  providerOf(choice(args, 'device', devices, 'auto'));
export const memory = (args: Arguments): MemoryPolicy => choice(args, 'memory', policies, 'balanced');

/** Options of the commands that carry an adapter between a pruned base and its original. */
export const betweenBasesOptions = (adapter: string): Readonly<Record<string, CliOption>> => ({
  base: { ...baseOption, doc: 'The original base: folder, .gguf file or downloaded hub id.' },
  pruned: { type: 'text', value: 'FOLDER', doc: 'The pruned base, with its loram_manifest.json.' },
  adapter: { ...adapterOption, doc: adapter },
  output: { type: 'text', value: 'FOLDER', doc: 'A folder that does not exist yet.' },
});

/** What these say. Throws `bad-argument`. */
export const betweenBases = (args: Arguments, { cwd }: Pick<Io, 'cwd'>): RecoverOptions => ({
  base: required(args, 'base'),
  pruned: resolve(cwd, required(args, 'pruned')),
  adapter: resolve(cwd, required(args, 'adapter')),
  output: resolve(cwd, required(args, 'output')),
});
