/** @file `estimate FILE`: what a config costs before it runs. */
import { resolve } from 'node:path';
import { formatBytes, formatDuration } from '../contract/format.ts';
import { exitCodes } from '../contract/errors.ts';
import type { CostEstimate } from '../pipelines/estimate.ts';
import { jsonOption, setOption } from './command.ts';
import type { Command } from './command.ts';
import { renderFacts } from './table.ts';
import { checkedJob } from './train.ts';

const whole = (n: number): string => Math.round(n).toLocaleString('en-US');

function timeFacts({ stepTime, seconds }: CostEstimate): [string, string][] {
  if (stepTime === undefined || seconds === undefined) return [];
  const { from } = stepTime;
  const by =
    'run' in from
      ? `as in run ${from.run}`
      : `by this device's ${whole(from.gigaflops)} GFLOP/s, measured now`;
  return [
    ['A step', `about ${formatDuration(stepTime.seconds)} for ${whole(stepTime.tokens)} tokens, ${by}`],
    ['Time', `about ${formatDuration(seconds)}`],
  ];
}

export const estimate: Command = {
  name: 'estimate',
  summary: 'Say what a config costs: parameters, bytes, memory by part, time.',
  usage: 'FILE [--variant NAME] [--set PATH=VALUE ...]',
  example: 'adapter-workbench estimate tickets.adapter.json --set memory=low',
  options: {
    variant: { type: 'text', value: 'NAME', doc: 'Estimate this variant of the file.' },
    set: setOption('this estimate'),
    json: jsonOption,
  },
  positionals: [1, 1],
  run: async (args, io) => {
    const file = resolve(io.cwd, args.positionals[0]!);
    const { config } = checkedJob(file, args.text('variant'), args, io);
    const { estimateCost } = await import('../pipelines/estimate.ts');
    const cost = await estimateCost(config);
    if (args.flag('json')) {
      io.out(`${JSON.stringify({ event: 'estimated', ...cost })}\n`);
      return exitCodes.done;
    }
    const { memory } = cost;
    const facts: [string, string][] = [
      [
        'Steps',
        `${whole(cost.steps)} over ${whole(cost.rows)} rows, ${whole(cost.tokens)} tokens (${whole(cost.supervised)} trained)`,
      ],
      ['Trained numbers', whole(cost.trainable)],
      ['Adapter file', formatBytes(cost.adapterBytes)],
      [
        'Memory',
        `${formatBytes(memory.total)}: weights ${formatBytes(memory.weights)}, activations ${formatBytes(memory.activations)}, working ${formatBytes(memory.working)}, adapter ${formatBytes(memory.adapter)}, process ${formatBytes(memory.process)}`,
      ],
      ...timeFacts(cost),
    ];
    io.out(`${renderFacts(facts, io.columns).join('\n')}\n`);
    return exitCodes.done;
  },
};
