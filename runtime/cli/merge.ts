/** @file `merge`: base and adapter as one model in a folder. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { exitCodes } from '../contract/errors.ts';
import { formatBytes } from '../contract/format.ts';
import { mergeAdapter } from '../pipelines/merge.ts';
import { jsonOption } from './command.ts';
import type { Command } from './command.ts';
import { adapterOption, baseOption, required } from './modelOptions.ts';

export const merge: Command = {
  name: 'merge',
  summary: 'Write base and adapter as one model.',
  usage: '--base BASE --adapter FOLDER --output FOLDER [--json]',
  about:
    "The folder holds config.json, model.safetensors in float32 and the base's tokenizer files. It is opened again and its logits are compared with those of base and adapter; nothing is left where they differ.",
  example: 'adapter-workbench merge --base model --adapter runs/.../adapter --output merged',
  options: {
    base: baseOption,
    adapter: adapterOption,
    output: { type: 'text', value: 'FOLDER', doc: 'A folder that does not exist yet.' },
    json: jsonOption,
  },
  positionals: [0, 0],
  run: async (args, io) => {
    const output = resolve(io.cwd, required(args, 'output'));
    const { changed, bytes, difference } = await mergeAdapter({
      base: required(args, 'base'),
      adapter: required(args, 'adapter'),
      output,
      threads: availableParallelism(),
    });
    if (args.flag('json'))
      io.out(`${JSON.stringify({ event: 'merged', output, changed, bytes, difference })}\n`);
    else
      io.out(
        `${changed} tensors changed, ${formatBytes(bytes)} in ${output}; logits agree within ${difference.toExponential(1)}\n`,
      );
    return exitCodes.done;
  },
};
