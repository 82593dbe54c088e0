/** @file An experiment's results as a Markdown page, a JSON beside it, and plots. Pure: the numbers decide every sentence. */
import { quantityOf, rateAt } from './experiment.ts';
import type { Alone, Arm, Done, Experiment, Quantity, Study, StudyResult, Table } from './experiment.ts';
import { numbers } from './numbers.ts';
import type { Circumstances } from './numbers.ts';
import { lossPlot } from './plot.ts';
import { duration } from './plan.ts';
import { atEdge, finalRuns, nextTrials, settled, tuned } from './protocol.ts';
import { curve, summary } from './statistics.ts';
import { digits, intervalText, quantityText, rules, verdictsOf } from './verdict.ts';

/** Files by name, all to be written into one folder. */
export function report(
  experiment: Experiment,
  results: readonly StudyResult[],
  circumstances: Circumstances,
  tables: readonly Table[] = [],
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const result of results) {
    const plot = studyPlot(result);
    if (plot !== undefined) files.set(plotName(experiment, result.study), plot);
  }
  files.set(`${experiment.name}.md`, page(experiment, results, circumstances, { files, tables }));
  files.set(
    `${experiment.name}.json`,
    `${JSON.stringify(numbers(experiment, results, circumstances), null, 1)}\n`,
  );
  return files;
}

const plotName = ({ name }: Experiment, study: Study): string => `${name}-${study.name}.svg`;

function studyPlot({ study, done }: StudyResult): string | undefined {
  const lines = study.arms.map((arm) => ({ name: arm.name, points: curve(finalRuns(study, arm, done)) }));
  return lossPlot(`${study.name}: validation loss, mean and 95 % band over seeds`, lines);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function page(
  { name, title, claim, leftOut }: Experiment,
  results: readonly StudyResult[],
  circumstances: Circumstances,
  { files, tables }: { files: ReadonlyMap<string, string>; tables: readonly Table[] },
): string {
  const open = results.reduce((sum, { study, done }) => sum + nextTrials(study, done).length, 0);
  return (
    [
      `# ${title}`,
      `**The claim.** ${claim.text} (${claim.source})`,
      ...(open > 0
        ? [`**Unfinished:** at least ${open} trainings are still to be done; what lacks them says so.`]
        : []),
      inShort(results),
      ...results.map((result) => studySection(name, result, files)),
      ...tables.map((one) => `## ${one.title}\n\n${table(one.head, one.rows)}`),
      `## How a verdict is found\n\n${rules.map((rule) => `- ${rule}`).join('\n')}`,
      ...(leftOut.length > 0
        ? [`## What was left out\n\n${leftOut.map((one) => `- ${one}`).join('\n')}`]
        : []),
      again(name, results, circumstances),
    ].join('\n\n') + '\n'
  );
}

/** How many questions got which answer, and each of them. */
function inShort(results: readonly StudyResult[]): string {
  const lines = results.map((result) => {
    const verdicts = verdictsOf(result);
    const counts = new Map<string, number>();
    for (const { answer } of verdicts) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const words = [...counts].map(([answer, count]) => `${count} × ${answer}`).join(', ');
    return `- **${result.study.name}:** of ${verdicts.length} questions ${words}.`;
  });
  return `## In short\n\n${lines.join('\n')}`;
}

function protocolText({ task, training, seeds, tuningSeeds, arms }: Study): string {
  const { steps, evaluateEvery, ...rest } = training;
  const others = Object.entries(rest).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  const own = arms.flatMap((arm) =>
    arm.training?.steps === undefined ? [] : [`${arm.name} ${arm.training.steps}`],
  );
  const grown = arms.some(({ rates }) => rates.extend > 0);
  return [
    `Task: ${task.title}. ${steps} steps each${own.length > 0 ? ` (${own.join(', ')})` : ''}, evaluated every ${evaluateEvery} steps${others.length > 0 ? `; ${others.join(', ')}` : ''}.`,
    `Each method tries every learning rate of its grid with ${tuningSeeds === 1 ? `seed ${seeds[0]!}` : `the seeds ${seeds.slice(0, tuningSeeds).join(', ')}`}; the rate of the least mean validation loss is then run with the seeds ${seeds.join(', ')}, and these runs are what is compared.`,
    ...(grown ? ['Where the best rate lies at an edge, the grid grows beyond it.'] : []),
    'A seed decides start values and the order of rows, the same for all methods. The adapter of the last step counts.',
  ].join(' ');
}

function studySection(name: string, result: StudyResult, files: ReadonlyMap<string, string>): string {
  const { study } = result;
  const plot = `${name}-${study.name}.svg`;
  return [
    `## ${study.name}`,
    protocolText(study),
    resultTable(result),
    ...(study.questions.length > 0 ? [verdictTable(result)] : []),
    ...(files.has(plot) ? [`![validation loss by step](${plot})`] : []),
    `<details><summary>Learning rates that were tried</summary>\n\n${rateTable(result)}\n\n</details>`,
  ].join('\n\n');
}

function resultTable({ study, done, alone }: StudyResult): string {
  const quantities: readonly Quantity[] = ['validation', ...study.shown];
  const rows = study.arms.map((arm) => {
    const runs = finalRuns(study, arm, done);
    const failed = runs.filter((run) => run.result.failed !== undefined).length;
    const step = runs.map((run) => run.result.seconds.step).sort((a, b) => a - b)[runs.length >> 1];
    return [
      arm.name,
      runs[0] ? runs[0].result.trainable.toLocaleString('en') : '',
      rateText(study, arm, done),
      ...quantities.map((quantity) => {
        const interval = summary(runs, quantity);
        return interval
          ? intervalText(interval)
          : failed > 0
            ? `${failed} of ${runs.length} runs failed`
            : '';
      }),
      String(runs.length),
      step === undefined ? '' : digits(step, 3),
    ];
  });
  return table(
    ['method', 'trained numbers', 'best rate', ...quantities.map(quantityText), 'seeds', 's / step'],
    [...(alone ? [aloneRow(alone, quantities)] : []), ...rows],
  );
}

function aloneRow({ result }: Alone, quantities: readonly Quantity[]): string[] {
  const values = quantities.map((quantity) => quantityOf(result, quantity));
  return ['no adapter', '', '', ...values.map((value) => (value === undefined ? '' : digits(value))), '', ''];
}

function rateText(study: Study, arm: Arm, done: readonly Done[]): string {
  const k = settled(study, arm, done);
  if (k === undefined) return '';
  const from = arm.rateOf === undefined ? '' : ` (that of ${arm.rateOf})`;
  return `${rateAt(arm.rates, k)}${from}${atEdge(study, arm, done) ? ', at the edge of the grid' : ''}`;
}

function verdictTable(result: StudyResult): string {
  return table(
    ['question', 'answer', 'because'],
    verdictsOf(result).map(({ question, answer, because }) => [question, `**${answer}**`, because]),
  );
}

function rateTable({ study, done }: StudyResult): string {
  const rows = study.arms
    .filter(({ rateOf }) => rateOf === undefined)
    .map((arm) => [
      arm.name,
      tuned(study, arm, done)
        .map(
          ({ k, mean }) =>
            `${rateAt(arm.rates, k)}: ${mean === undefined ? 'open' : Number.isFinite(mean) ? digits(mean) : 'failed'}`,
        )
        .join('; '),
    ]);
  return table(['method', 'rate: mean validation loss'], rows);
}

/** Processes of one thread each share the work of a machine. */
const took = (seconds: number, threads: number): string =>
  threads === 1
    ? `${duration(seconds)} of one core in all, ${duration(seconds / 2)} with two processes on two`
    : `${duration(seconds)} with ${threads} threads in all`;

function again(
  name: string,
  results: readonly StudyResult[],
  { machine, threads, versions, code }: Circumstances,
): string {
  const done = results.flatMap((result) => result.done);
  const seconds = done.reduce((sum, { result }) => sum + result.seconds.total, 0);
  const elsewhere = new Map<string, number>();
  for (const { result } of done)
    if (result.machine !== undefined && result.machine !== machine)
      elsewhere.set(result.machine, (elsewhere.get(result.machine) ?? 0) + 1);
  const older = done.filter(({ result }) => result.code !== code).length;
  const named = Object.entries(versions).map(([what, version]) => `${what} ${version}`);
  return [
    '## Again',
    `\`npm run experiments -- ${name}\` computes what its cache lacks and writes this page anew. ${done.length} trainings took ${took(seconds, threads)}, on ${machine} (${named.join(', ')}).`,
    ...[...elsewhere].map(([other, count]) => `${count} of them were trained on ${other}.`),
    ...(older > 0 ? [`${older} of them were computed by an earlier state of the code (--any-code).`] : []),
  ].join('\n\n');
}
