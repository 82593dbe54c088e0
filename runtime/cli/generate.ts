/** @file `generate`: what a base writes, with or without an adapter. */
import { exitCodes, UserError } from '../contract/errors.ts';
import { generateText } from '../pipelines/generate.ts';
import { jsonOption } from './command.ts';
import type { Command } from './command.ts';
import { adapterOption, baseOption, count, device, deviceOption, required } from './modelOptions.ts';
import { printableLines } from './terminal.ts';

export const generate: Command = {
  name: 'generate',
  summary: 'Let a base write, with or without an adapter.',
  usage: '--base BASE [--adapter FOLDER] (--prompt TEXT | --chat FILE)',
  example:
    'adapter-workbench generate --base model.gguf --adapter runs/.../adapter --prompt "What is a LoRA?"',
  options: {
    base: baseOption,
    adapter: adapterOption,
    prompt: {
      type: 'text',
      value: 'TEXT',
      doc: 'One user turn; plain text where the base has no chat template.',
    },
    chat: { type: 'text', value: 'FILE', doc: 'Chats as JSONL; a last assistant turn is written anew.' },
    'max-tokens': { type: 'text', value: 'N', doc: 'Longest answer in tokens (128).' },
    temperature: { type: 'text', value: 'T', doc: '0 takes the likeliest token (0).' },
    'top-p': { type: 'text', value: 'P', doc: 'Smallest set of tokens that reaches this probability (1).' },
    seed: { type: 'text', value: 'S', doc: 'Decides the draws where T is above 0 (0).' },
    device: deviceOption,
    json: jsonOption,
  },
  positionals: [0, 0],
  run: async (args, io) => {
    const temperature = args.number('temperature') ?? 0;
    const topP = args.number('top-p') ?? 1;
    if (temperature < 0)
      throw new UserError('bad-argument', `--temperature is at least 0; ${temperature} isn't.`);
    if (topP <= 0 || topP > 1)
      throw new UserError('bad-argument', `--top-p is above 0 and at most 1; ${topP} isn't.`);
    const json = args.flag('json');
    const prompt = args.text('prompt');
    const chat = args.text('chat');
    const adapter = args.text('adapter');
    const answers = await generateText({
      base: required(args, 'base'),
      ...(adapter !== undefined && { adapter }),
      ...(prompt !== undefined && { prompt }),
      ...(chat !== undefined && { chat }),
      maxTokens: count(args, 'max-tokens', 128),
      sampling: { temperature, topP, seed: count(args, 'seed', 0, 0) },
      provider: device(args),
    });
    answers.forEach((text, row) => {
      io.out(json ? `${JSON.stringify({ event: 'answer', row, text })}\n` : `${printableLines(text)}\n`);
    });
    return exitCodes.done;
  },
};
