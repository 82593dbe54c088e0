/** @file `quickstart`: the first adapter in a minute, from nothing, and the proof that it learned something. */
import { join, resolve } from 'node:path';
import { formatNumber } from '../contract/format.ts';
import { exitCodes } from '../contract/errors.ts';
import { configStem } from '../runs/names.ts';
import { compareWithBase, prepareQuickstart } from '../pipelines/quickstart.ts';
import type { Comparison } from '../pipelines/quickstart.ts';
import type { Evaluation } from '../pipelines/evaluate.ts';
import { shownPath } from './check.ts';
import { jsonOption, setOption } from './command.ts';
import type { Arguments, Command } from './command.ts';
import { followRun } from './follow.ts';
import { renderTable } from './table.ts';
import type { Column } from './table.ts';
import type { Io } from './terminal.ts';
import { checkedJob, stopOnInterrupt } from './train.ts';

async function run(args: Arguments, io: Io): Promise<number> {
  const folder = resolve(io.cwd, args.text('into') ?? 'adapter-quickstart');
  const json = args.flag('json');
  const configFile = prepareQuickstart(folder);
  const job = checkedJob(configFile, undefined, args, io);
  const { signal, done } = stopOnInterrupt(io);
  const follower = followRun(
    { title: `${configStem(configFile)} · base`, base: job.config.base, steps: 0, json },
    io,
  );
  try {
    const { finetune } = await import('../pipelines/finetune.ts');
    const result = await finetune({ ...job, signal, onEvent: follower.event });
    follower.end();
    if (result.adapter === undefined) return result.exitCode;
    const comparison = await compare(
      job.config.base,
      result.adapter,
      join(folder, 'tickets', 'test.jsonl'),
      io,
      json,
    );
    if (json) io.out(`${JSON.stringify({ event: 'compared', ...numbersOf(comparison) })}\n`);
    else
      io.out(
        `${reportLines(comparison, shownPath(result.adapter, io.cwd), shownPath(configFile, io.cwd), io.columns).join('\n')}\n`,
      );
    return exitCodes.done;
  } finally {
    follower.end();
    done();
  }
}

async function compare(
  base: string,
  adapter: string,
  data: string,
  io: Io,
  json: boolean,
): Promise<Comparison> {
  const show = io.interactive && !json;
  const comparison = await compareWithBase(base, adapter, data, (finished, total) => {
    if (show) io.out(`\r\u001b[KAnswering the held-out rows, ${Math.round((100 * finished) / total)} %`);
  });
  if (show) io.out('\r\u001b[K');
  return comparison;
}

function numbersOf({ base, adapter }: Comparison): Record<string, unknown> {
  const numbers = ({ rows, loss, exact, json }: Evaluation): Record<string, unknown> => ({
    rows,
    loss,
    exact,
    json,
  });
  return { base: numbers(base), adapter: numbers(adapter) };
}

const percent = (share: number | undefined): string => `${Math.round(100 * (share ?? 0))} %`;

/** The table, two examples side by side, and where to go on; no line is longer than `width`. */
export function reportLines(
  { base, adapter }: Comparison,
  folder: string,
  config: string,
  width: number,
): string[] {
  const table: readonly Column[] = [
    { title: `On ${base.rows} rows it has never seen` },
    { title: 'Base', align: 'right', overflow: 'keep' },
    { title: 'Adapter', align: 'right', overflow: 'keep' },
  ];
  const rows = [
    ['Loss', formatNumber(base.loss ?? 0), formatNumber(adapter.loss ?? 0)],
    ['Valid JSON', percent(base.json), percent(adapter.json)],
    ['Exact matches', percent(base.exact), percent(adapter.exact)],
  ];
  const sides: readonly Column[] = [
    { title: 'Example', overflow: 'keep' },
    { title: 'Base', overflow: 'wrap' },
    { title: 'Adapter', overflow: 'wrap' },
  ];
  const examples = [0, 1].flatMap((i) => {
    const [before, after] = [base.answers[i], adapter.answers[i]];
    return before && after
      ? [
          [
            String(i + 1),
            before.given,
            `${after.given}${after.given === after.wanted ? '' : ` (wanted ${after.wanted})`}`,
          ],
        ]
      : [];
  });
  return [
    '',
    ...renderTable(table, rows, width),
    '',
    ...renderTable(sides, examples, width),
    '',
    `Adapter  ${folder}`,
    `Next     change ${config} and run: adapter-workbench train ${config}`,
  ];
}

export const quickstart: Command = {
  name: 'quickstart',
  summary: 'Train a first adapter on a tiny base, in about a minute, offline.',
  usage: '[--into DIR] [--set PATH=VALUE ...] [--json]',
  about:
    'Makes a folder with a tiny chat model, ticket data and a config, trains, and compares base and adapter.',
  example: 'adapter-workbench quickstart --set training.seed=1',
  options: {
    into: { type: 'text', value: 'DIR', doc: 'Folder to work in (adapter-quickstart).' },
    set: setOption('this run'),
    json: jsonOption,
  },
  positionals: [0, 0],
  run,
};
