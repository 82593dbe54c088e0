/** @file Bases that checks ask about: opened once, headers only, and opened again when a file of theirs changes. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { elementCount, linearsOf } from '../model/adapted.ts';
import { openBase } from '../model/base.ts';
import type { Base, DecoderSpec } from '../model/decoder.ts';
import { headTensors, specTensors, untrainable } from '../model/specTensors.ts';
import { alwaysSaved } from './attachments.ts';
import type { BaseShape } from './baseShape.ts';

export interface OpenedBase {
  readonly path: string;
  readonly spec: DecoderSpec;
  readonly freshHead?: boolean;
  readonly shape: BaseShape;
  /** Names and shapes; the file itself is closed. */
  readonly tensors: Base['tensors'];
  /** Changes when a file of the base does. */
  readonly stamp: string;
}

/** Names in a folder that are looked at; a base has a few dozen. */
const mostFiles = 1000;
/** A window edits a few configs at a time. */
const kept = 16;

/** What a decoder offers to an adapter. */
export function baseShape(spec: DecoderSpec): BaseShape {
  const head = spec.names.head.path;
  const sizes = new Map<string, number>();
  for (const { name, shape } of [...specTensors(spec), ...(spec.tied ? headTensors(spec) : [])]) {
    const module = name.slice(0, name.lastIndexOf('.'));
    if (untrainable(spec).includes(module)) continue;
    const tied = spec.tied && module === spec.names.finalNorm && sizes.has(module);
    if (!tied) sizes.set(module, (sizes.get(module) ?? 0) + elementCount(shape));
  }
  return {
    linears: linearsOf(spec),
    modules: [...sizes.keys()],
    sizes,
    head,
    alwaysSaved: alwaysSaved(spec),
    positions: spec.maxPositions,
    ...(spec.task !== undefined && { task: spec.task }),
  };
}

/** Size and time of a file, or of every file in a folder: another text when one of them was written. */
export function stampOf(path: string): string {
  const words = (file: string): string => {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats === undefined ? 'none' : `${stats.size} ${stats.mtimeMs}`;
  };
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) return words(path);
  try {
    return readdirSync(path)
      .slice(0, mostFiles)
      .map((name) => `${name} ${words(join(path, name))}`)
      .join('\n');
  } catch {
    return 'unreadable';
  }
}

export class Bases {
  readonly #known = new Map<string, { stamp: string; result: OpenedBase | UserError }>();

  /** The base at an absolute path, or why it can't be read. */
  open(path: string): OpenedBase | UserError {
    const stamp = stampOf(path);
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return known.result;
    const result = read(path, stamp);
    this.#known.delete(path);
    this.#known.set(path, { stamp, result });
    const [oldest] = this.#known.keys();
    if (this.#known.size > kept && oldest !== undefined) this.#known.delete(oldest);
    return result;
  }
}

function read(path: string, stamp: string): OpenedBase | UserError {
  try {
    const { spec, tensors, freshHead } = openBase(path);
    tensors.close();
    return { path, spec, tensors, shape: baseShape(spec), stamp, ...(freshHead && { freshHead }) };
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
