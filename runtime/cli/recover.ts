/** @file `recover`: a pruned base's adapter as plain LoRA for the original. */
import { exitCodes } from '../contract/errors.ts';
import { formatCount } from '../contract/format.ts';
import { recoverFolder } from '../pipelines/recover.ts';
import { jsonOption } from './command.ts';
import type { Command } from './command.ts';
import { betweenBases, betweenBasesOptions } from './modelOptions.ts';

export const recover: Command = {
  name: 'recover',
  summary: "Write a pruned base's adapter in the shapes of the original.",
  usage: '--base ORIGINAL --pruned FOLDER --adapter COMPACT --output FOLDER [--json]',
  about:
    "What comes out is plain LoRA that loads wherever LoRA does. B's rows and A's columns of pruned units are zero, so that the original keeps its own weights there. The folder is opened again: compacting it must give the same numbers, or nothing is left.",
  example: 'adapter-workbench recover --base model --pruned pruned --adapter compact --output runs/recovered',
  options: {
    ...betweenBasesOptions('A compact adapter: peft_type LORAM.'),
    json: jsonOption,
  },
  positionals: [0, 0],
  run: async (args, io) => {
    const options = betweenBases(args, io);
    const { linears, numbers } = await recoverFolder(options);
    const { output } = options;
    if (args.flag('json')) io.out(`${JSON.stringify({ event: 'recovered', output, linears, numbers })}\n`);
    else
      io.out(
        `${linears} linears, ${formatCount(numbers[0])} numbers as ${formatCount(numbers[1])} in ${output}; compacted again they are the same\n`,
      );
    return exitCodes.done;
  },
};
