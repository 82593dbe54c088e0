/** @file `prune`: a smaller base to train on, whose adapters `recover` makes fit the original. */
import { resolve } from 'node:path';
import { exitCodes, UserError } from '../contract/errors.ts';
import { formatBytes, formatCount } from '../contract/format.ts';
import type { WeightCodes } from '../model/decoder.ts';
import { pruneMethods, readsRows, wholeShapes } from '../model/prune/manifest.ts';
import type { PruneMethod } from '../model/prune/manifest.ts';
import { pruneToFolder } from '../pipelines/prune.ts';
import type { PrunedOnDisk } from '../pipelines/prune.ts';
import type { PruneRequest } from '../pipelines/pruneBase.ts';
import { jsonOption } from './command.ts';
import type { Arguments, Command } from './command.ts';
import { baseOption, choice, count, required } from './modelOptions.ts';

const codes: readonly (WeightCodes | 'none')[] = ['none', 'nf4', 'nf4-double'];

export const prune: Command = {
  name: 'prune',
  summary: 'Prune a base to train on, as LoRAM does.',
  usage: '--base BASE --output FOLDER --method random|structured|semi|unstructured [--ratio X] [--data FILE]',
  about:
    'random and structured leave out neurons and key-value heads of each layer, structured by the gradient of the loss on rows; semi and unstructured set 4 of every 8 weights, or a share of them, to zero by SparseGPT. The folder holds a manifest, masked weights where there are any, and nothing of the original, which it needs beside it. What is said twice is said of two things: nominal as the literature counts, real as bytes in memory here.',
  example:
    'adapter-workbench prune --base model --output pruned --method structured --ratio 0.5 --data rows.jsonl',
  options: {
    base: baseOption,
    output: { type: 'text', value: 'FOLDER', doc: 'A folder that does not exist yet.' },
    method: { type: 'text', value: 'METHOD', doc: 'random, structured, semi or unstructured.' },
    ratio: {
      type: 'text',
      value: 'X',
      doc: 'Share that goes, from 0 to below 1 (0.5; unstructured 0.55; semi has none).',
    },
    first: { type: 'text', value: 'N', doc: 'Layers at the beginning that stay whole (4).' },
    last: { type: 'text', value: 'N', doc: 'Layers at the end that stay whole (2).' },
    data: { type: 'text', value: 'FILE', doc: 'Rows that all methods but random go by.' },
    rows: { type: 'text', value: 'N', doc: 'The first rows of the file (16).' },
    length: { type: 'text', value: 'N', doc: 'Rows are cut at this many tokens (512).' },
    seed: { type: 'text', value: 'N', doc: 'Of the random choice (42).' },
    quantize: {
      type: 'text',
      value: 'CODES',
      doc: 'Training then keeps the linears in 4 bits: nf4, or nf4-double, whose scales are codes too (none).',
    },
    json: jsonOption,
  },
  positionals: [0, 0],
  run: async (args, io) => {
    const output = resolve(io.cwd, required(args, 'output'));
    const base = required(args, 'base');
    const request = requestOf(args);
    refuseIdle(args, request.method);
    const data = args.text('data');
    const pruned = await pruneToFolder({
      ...{ base, output, request },
      ...(data !== undefined && { data: resolve(io.cwd, data) }),
      rows: count(args, 'rows', 16),
      length: count(args, 'length', 512, 2),
    });
    io.out(args.flag('json') ? jsonLine(output, pruned) : `${lines(output, pruned).join('\n')}\n`);
    return exitCodes.done;
  },
};

function requestOf(args: Arguments): PruneRequest {
  required(args, 'method');
  const method = choice(args, 'method', pruneMethods, 'random');
  const quantization = choice(args, 'quantize', codes, 'none');
  return {
    method,
    ratio: args.number('ratio') ?? (method === 'unstructured' ? 0.55 : 0.5),
    first: count(args, 'first', 4, 0),
    last: count(args, 'last', 2, 0),
    seed: count(args, 'seed', 42, 0),
    ...(quantization !== 'none' && { quantization }),
  };
}

/** Options that a method doesn't read are a misunderstanding of it. Throws `bad-argument`. */
function refuseIdle(args: Arguments, method: PruneMethod): void {
  const idle: readonly (readonly [readonly string[], boolean, string])[] = [
    [['ratio'], method === 'semi', '4 of every 8 weights go'],
    [['first', 'last'], wholeShapes(method), 'every layer is masked'],
    [['data', 'rows', 'length'], !readsRows(method), 'units are drawn, not scored'],
  ];
  for (const [names, applies, why] of idle)
    for (const name of names)
      if (applies && args.text(name) !== undefined)
        throw new UserError('bad-argument', `--${name} has no part in the method ${method}: ${why}.`);
}

function jsonLine(output: string, { report, diskBytes }: PrunedOnDisk): string {
  return `${JSON.stringify({ event: 'pruned', output, ...report, diskBytes })}\n`;
}

/** Nominal and real side by side, each with what it counts. */
function lines(output: string, { report, diskBytes }: PrunedOnDisk): string[] {
  const { parameters, nominal, held } = report;
  return [
    `${formatCount(parameters.original)} parameters, ${formatCount(parameters.trained)} of them left`,
    `nominal   ${nominal.reduction.toFixed(2)} x smaller: ${formatBytes(nominal.bytes)}, as the literature counts (16 bits a parameter, 4 for every one of a quantised base)`,
    `real      ${(held.original / held.trained).toFixed(2)} x smaller: ${formatBytes(held.trained)} in memory here instead of ${formatBytes(held.original)} (zeros, embeddings, scales and norms included)`,
    `on disk   ${formatBytes(diskBytes)} in ${output}, beside the original`,
  ];
}
