/** @file `find-lr FILE`: a learning-rate range test, drawn as a small plot, with the rate that it suggests. */
import { resolve } from 'node:path';
import { exitCodes, UserError } from '../contract/errors.ts';
import { formatNumber } from '../contract/format.ts';
import type { FindRateResult } from '../pipelines/findRate.ts';
import { configStem } from '../runs/names.ts';
import { shownPath } from './check.ts';
import { jsonOption, setOption } from './command.ts';
import type { Arguments, Command } from './command.ts';
import { printable } from './terminal.ts';
import type { Io } from './terminal.ts';
import { checkedJob, stopOnInterrupt } from './train.ts';

const usual = { steps: 50, low: 1e-6, high: 1 };
/** Fewer can't show where a fall begins and ends. */
const fewestSteps = 10;

/** Heights of a plot in one line: `▁▂▅█`. */
const bars = '▁▂▃▄▅▆▇█';

/** A line of blocks, one a point; the largest finite loss is as high as the first one or twice that, so that a runaway doesn't flatten the rest. */
export function sparkline(losses: readonly number[]): string {
  const finite = losses.filter((loss) => Number.isFinite(loss));
  const low = Math.min(...finite);
  const high = Math.min(Math.max(...finite), 2 * (finite[0] ?? 1));
  return losses
    .map((loss) => {
      const share = Number.isFinite(loss) && high > low ? Math.min(1, (loss - low) / (high - low)) : 1;
      return bars[Math.round(share * (bars.length - 1))];
    })
    .join('');
}

/** What was found, in words; no line is longer than the plot's points. */
export function resultLines({ found, file }: FindRateResult, shown: (path: string) => string): string[] {
  const { suggestion, steepest, best, diverged, points } = found;
  const rate = (value: number): string => value.toExponential(1);
  return [
    sparkline(points.map(([, loss]) => loss)),
    `${rate(points[0]![0])} to ${rate(points.at(-1)![0])}, one step each`,
    '',
    suggestion === undefined
      ? 'No suggestion: the loss never fell. Try more steps, a higher --to, or look at the data.'
      : `Suggested learning rate  ${rate(suggestion)}`,
    ...(steepest === undefined ? [] : [`steepest fall  ${rate(steepest)}`]),
    ...(best === undefined ? [] : [`lowest loss    ${rate(best)}`]),
    diverged === undefined ? 'It never diverged.' : `diverged at    ${rate(diverged)}`,
    `curve          ${shown(file)}`,
  ];
}

function rangeOf(args: Arguments): { steps: number; low: number; high: number } {
  const steps = args.number('steps') ?? usual.steps;
  const [low, high] = [args.number('from') ?? usual.low, args.number('to') ?? usual.high];
  const wrong = (message: string): UserError =>
    new UserError('bad-argument', message, { hint: 'See: adapter-workbench find-lr --help' });
  if (!Number.isInteger(steps) || steps < fewestSteps)
    throw wrong(`--steps is a whole number from ${fewestSteps} on.`);
  if (!(low > 0 && low < high)) throw wrong('--from is above 0 and below --to.');
  return { steps, low, high };
}

async function run(args: Arguments, io: Io): Promise<number> {
  const range = rangeOf(args);
  const variant = args.text('variant');
  const job = checkedJob(resolve(io.cwd, args.positionals[0]!), variant, args, io);
  const json = args.flag('json');
  const title = printable(`${configStem(job.configFile)} · ${variant ?? 'base'}`);
  const { signal, done } = stopOnInterrupt(io);
  try {
    const { findRate } = await import('../pipelines/findRate.ts');
    const result = await findRate({
      ...job,
      ...range,
      signal,
      onPoint: ([rate, loss], step) => {
        if (json)
          io.out(
            `${JSON.stringify({ event: 'rate', step, steps: range.steps, learningRate: rate, loss })}\n`,
          );
        else if (io.interactive)
          io.out(
            `\r\u001b[K${title}   ${step}/${range.steps}   rate ${rate.toExponential(1)}   loss ${formatNumber(loss)}`,
          );
      },
    });
    if (json) io.out(`${JSON.stringify({ event: 'found', file: result.file, ...result.found })}\n`);
    else {
      if (io.interactive) io.out('\r\u001b[K');
      const shown = (path: string): string => printable(shownPath(path, io.cwd));
      io.out(`${resultLines(result, shown).join('\n')}\n`);
    }
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'cancelled')) throw error;
    io.err(`${error.message}\n`);
    return exitCodes.stopped;
  } finally {
    done();
  }
}

export const findLr: Command = {
  name: 'find-lr',
  summary: 'Look for a learning rate: a few dozen steps with a growing rate.',
  usage: 'FILE [--variant NAME] [--steps N] [--from RATE] [--to RATE] [--set PATH=VALUE ...] [--json]',
  about:
    'Trains a fresh adapter while the rate grows, and writes no adapter. Suggests the rate at which the loss falls fastest,\nat most a tenth of the rate with the lowest loss (Smith 2017). It sees the first steps only: take it as a start.',
  example: 'adapter-workbench find-lr tickets.adapter.json --variant "rank 4"',
  options: {
    variant: { type: 'text', value: 'NAME', doc: 'Test this variant of the file.' },
    steps: { type: 'text', value: 'N', doc: `Steps, one rate each (${usual.steps}).` },
    from: { type: 'text', value: 'RATE', doc: `First rate (${usual.low}).` },
    to: { type: 'text', value: 'RATE', doc: `Last rate (${usual.high}).` },
    set: setOption('this test'),
    json: jsonOption,
  },
  positionals: [1, 1],
  run,
};
