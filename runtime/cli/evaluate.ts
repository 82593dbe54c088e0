/** @file `evaluate`: loss, exact matches or valid JSON on held-out rows. */
import { exitCodes } from '../contract/errors.ts';
import { evaluateModel } from '../pipelines/evaluate.ts';
import type { Measure } from '../pipelines/evaluate.ts';
import { jsonOption } from './command.ts';
import type { Command } from './command.ts';
import { adapterOption, baseOption, choice, count, device, deviceOption, required } from './modelOptions.ts';

const measures: readonly Measure[] = ['loss', 'exact-match', 'json'];

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Judge a base, with or without an adapter, on held-out rows.',
  usage: '--base BASE [--adapter FOLDER] --data FILE [--by loss|exact-match|json]',
  example:
    'adapter-workbench evaluate --base model --adapter runs/.../adapter --data test.jsonl --by exact-match',
  options: {
    base: baseOption,
    adapter: adapterOption,
    data: { type: 'text', value: 'FILE', doc: 'Rows in any dataset format.' },
    by: { type: 'text', value: 'MEASURE', doc: 'loss, exact-match or json (loss).' },
    length: { type: 'text', value: 'N', doc: 'Rows are cut at this many tokens (1024).' },
    device: deviceOption,
    json: jsonOption,
  },
  positionals: [0, 0],
  run: async (args, io) => {
    const adapter = args.text('adapter');
    const by = choice(args, 'by', measures, 'loss');
    const { rows, loss, exact, json } = await evaluateModel({
      base: required(args, 'base'),
      ...(adapter !== undefined && { adapter }),
      data: required(args, 'data'),
      measures: [by],
      length: count(args, 'length', 1024, 2),
      provider: device(args),
    });
    const found = {
      rows,
      ...(loss !== undefined && { loss }),
      ...(exact !== undefined && { exact }),
      ...(json !== undefined && { json }),
    };
    if (args.flag('json')) io.out(`${JSON.stringify({ event: 'evaluated', ...found })}\n`);
    else if (loss !== undefined) io.out(`loss ${loss.toPrecision(4)} over ${rows} rows\n`);
    else
      io.out(
        `${by === 'json' ? 'valid JSON' : 'exact matches'} ${(100 * (exact ?? json ?? 0)).toFixed(1)} % of ${rows} rows\n`,
      );
    return exitCodes.done;
  },
};
