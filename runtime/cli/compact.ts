/** @file `compact`: an adapter in the shapes of a pruned base: what `recover` makes whole again, without its zeros. */
import { exitCodes } from '../contract/errors.ts';
import { formatCount } from '../contract/format.ts';
import { compactFolder } from '../pipelines/recover.ts';
import { jsonOption } from './command.ts';
import type { Command } from './command.ts';
import { betweenBases, betweenBasesOptions } from './modelOptions.ts';

export const compact: Command = {
  name: 'compact',
  summary: "Write an adapter in the shapes of a pruned base: recover's reverse.",
  usage: '--base ORIGINAL --pruned FOLDER --adapter FOLDER --output FOLDER [--lossy] [--json]',
  about:
    "What comes out names the pruned base's manifest (peft_type LORAM) and is read with it alone. A recovered adapter comes back as it was; one that was trained on the original has numbers for pruned units, which are left out with --lossy only.",
  example:
    'adapter-workbench compact --base model --pruned pruned --adapter runs/.../adapter --output compact',
  options: {
    ...betweenBasesOptions('A plain LoRA adapter of the original.'),
    lossy: { type: 'flag', doc: 'Leave out numbers other than zero.' },
    json: jsonOption,
  },
  positionals: [0, 0],
  run: async (args, io) => {
    const options = betweenBases(args, io);
    const { linears, numbers, dropped } = await compactFolder({ ...options, lossy: args.flag('lossy') });
    const { output } = options;
    if (args.flag('json'))
      io.out(`${JSON.stringify({ event: 'compacted', output, linears, numbers, dropped })}\n`);
    else
      io.out(
        `${linears} linears, ${formatCount(numbers[0])} numbers as ${formatCount(numbers[1])} in ${output}; largest magnitude left out: ${dropped === 0 ? '0' : dropped.toPrecision(3)}\n`,
      );
    return exitCodes.done;
  },
};
