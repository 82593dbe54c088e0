/** @file `export`: a LoRAMoE adapter as one plain adapter an expert, or as one with constant gates. */
import { resolve } from 'node:path';
import { exitCodes } from '../contract/errors.ts';
import { exportExperts } from '../pipelines/exportExperts.ts';
import type { ExpertForm } from '../pipelines/exportExperts.ts';
import { jsonOption } from './command.ts';
import type { Command } from './command.ts';
import { adapterOption, baseOption, choice, count, required } from './modelOptions.ts';

const forms: readonly ExpertForm[] = ['experts', 'mixed'];

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write a LoRAMoE adapter for tools that know plain LoRA only.',
  usage: '--base BASE --adapter FOLDER --output FOLDER [--form experts|mixed] [--data FILE]',
  about:
    'Its router decides anew for each token, which no plain adapter can. "experts" writes each expert as an adapter of its own, for tools that mix adapters; "mixed" joins all of them by the mean of their gates over rows of a file, which loses what the router knew, and says how much the gates varied. Every other method is written as plain LoRA by the run itself.',
  example:
    'adapter-workbench export --base model --adapter runs/.../adapter --output plain --form mixed --data rows.jsonl',
  options: {
    base: baseOption,
    adapter: { ...adapterOption, doc: 'The LoRAMoE adapter.' },
    output: { type: 'text', value: 'FOLDER', doc: 'A folder that does not exist yet.' },
    form: { type: 'text', value: 'FORM', doc: 'experts or mixed (experts).' },
    data: { type: 'text', value: 'FILE', doc: 'Rows whose mean gates "mixed" takes.' },
    rows: { type: 'text', value: 'N', doc: 'The first rows of the file are enough (64).' },
    length: { type: 'text', value: 'N', doc: 'Rows are cut at this many tokens (512).' },
    json: jsonOption,
  },
  positionals: [0, 0],
  run: async (args, io) => {
    const data = args.text('data');
    const { folders, spread } = await exportExperts({
      base: required(args, 'base'),
      adapter: required(args, 'adapter'),
      output: resolve(io.cwd, required(args, 'output')),
      form: choice(args, 'form', forms, 'experts'),
      ...(data !== undefined && { data: resolve(io.cwd, data) }),
      rows: count(args, 'rows', 64),
      length: count(args, 'length', 512, 2),
    });
    if (args.flag('json'))
      io.out(`${JSON.stringify({ event: 'exported', folders, ...(spread !== undefined && { spread }) })}\n`);
    else {
      for (const folder of folders) io.out(`${folder}\n`);
      if (spread !== undefined)
        io.out(
          `lossy: gates differ from their means by up to ${spread.toPrecision(2)} (standard deviation over rows)\n`,
        );
    }
    return exitCodes.done;
  },
};
