/** @file `probe`: logits, losses and gradients for given ids, to compare with other frameworks. */
import { availableParallelism } from 'node:os';
import { exitCodes } from '../contract/errors.ts';
import { probe as runProbe } from '../pipelines/probe.ts';
import type { Command } from './command.ts';
import { adapterOption, baseOption, device, deviceOption, memory, required } from './modelOptions.ts';

export const probe: Command = {
  name: 'probe',
  summary: 'Compute logits, losses and gradients for given token ids.',
  usage: '--base BASE --input X.safetensors --output Y.safetensors',
  about:
    'The input holds input_ids [B, T], optionally attention_mask (ones, then zeros) and labels (-100 = not trained). The output holds logits [B, T, V]; with labels loss [1] and token_loss [B, T - 1]; with --gradients grad.<adapter tensor>, of the mean loss.',
  example:
    'adapter-workbench probe --base model --adapter adapter --input ids.safetensors --output out.safetensors --gradients',
  options: {
    base: baseOption,
    adapter: adapterOption,
    input: { type: 'text', value: 'FILE', doc: 'Token ids as safetensors.' },
    output: { type: 'text', value: 'FILE', doc: 'Where the results go.' },
    gradients: { type: 'flag', doc: "Also the gradient by each of the adapter's tensors." },
    device: deviceOption,
    memory: { type: 'text', value: 'POLICY', doc: 'fast, balanced or low (balanced).' },
  },
  positionals: [0, 0],
  run: async (args, io) => {
    const adapter = args.text('adapter');
    const output = required(args, 'output');
    await runProbe({
      base: required(args, 'base'),
      ...(adapter !== undefined && { adapter }),
      input: required(args, 'input'),
      output,
      gradients: args.flag('gradients'),
      provider: device(args),
      threads: availableParallelism(),
      memory: memory(args),
    });
    io.out(`${output}\n`);
    return exitCodes.done;
  },
};
