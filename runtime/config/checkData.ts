/** @file Advice and refusals that the rows themselves give: pure, from facts that were read before. */
import type { ResolvedConfig } from '../contract/config.ts';
import { describePlace } from '../contract/errors.ts';
import { formatCount, formatPercent } from '../contract/format.ts';
import { taskTypeField } from '../data/taskType.ts';
import type { DataFacts, DataProblem } from './dataFacts.ts';
import { fix } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Origin } from './located.ts';

type Place = (path: readonly (string | number)[]) => Origin;

/** Above this many times the longest row a length only looks like a choice. */
const farAbove = 4;
/** More passes than this teach the rows by heart: published LoRA recipes end at 30 (arXiv:2106.09685, table 9). */
const manyEpochs = 50;

/** Optimiser steps of the whole run; undefined while the rows are not known. */
export function stepsOf(
  { training, data }: ResolvedConfig,
  facts: DataFacts | undefined,
): number | undefined {
  if (training.steps !== undefined) return training.steps;
  const rows = trainedRows(data.validation, facts?.rows);
  if (rows === undefined) return undefined;
  const micro =
    training.tokens === undefined
      ? rows / training.batch
      : (rows * (facts?.meanLength ?? 1)) / training.tokens;
  return Math.ceil(training.epochs * Math.ceil(Math.ceil(micro) / training.accumulate));
}

/** Rows that remain when a share is held out. */
function trainedRows(validation: string | number, rows: number | undefined): number | undefined {
  if (rows === undefined || typeof validation === 'string' || validation === 0 || rows < 2) return rows;
  return rows - Math.min(Math.max(1, Math.round(rows * validation)), rows - 1);
}

/** The key that is to be changed: what `data.columns` and `data.template` say of the rows is told at these. */
function placeOf({ error, of }: DataProblem, { data }: ResolvedConfig): string[] {
  if (of === 'base') return ['base'];
  if (error.code === 'data-columns' || error.code === 'column-missing') return ['data', 'columns'];
  if (data.template !== undefined && /^(?:template-|spans-unclear)/.test(error.code))
    return ['data', 'template'];
  return ['data', of];
}

export function checkData(config: ResolvedConfig, facts: DataFacts, positions: number, at: Place): Finding[] {
  const { problem } = facts;
  if (problem !== undefined) {
    const { error } = problem;
    const where = describePlace(error.place);
    const message = `${where === '' ? '' : `${where}: `}${error.message}`;
    return [
      { severity: 'error', code: error.code, message, hint: error.hint, at: at(placeOf(problem, config)) },
    ];
  }
  return [
    ...lengthAdvice(config, facts, positions, at),
    ...overlapAdvice(facts, at),
    ...amountAdvice(config, facts, at),
    ...typeAdvice(config, facts, at),
  ];
}

/** What the run will say in a note: the loss by which experts part is off where rows don't say their kind. */
function typeAdvice({ method }: ResolvedConfig, { typed = 1 }: DataFacts, at: Place): Finding[] {
  const { balance } = method;
  if (typed === 1 || typeof balance !== 'number' || balance === 0) return [];
  const lacking = typed === 0 ? 'No row says' : `Only ${formatPercent(typed)} of the rows say`;
  const place = at(['method', 'balance']);
  return [
    {
      severity: 'warning',
      code: 'task-type-missing',
      message: `${lacking} in the column ${taskTypeField} what kind it is: the balancing loss will be off.`,
      at: place,
      hint: 'Write 1 for knowledge and 0 for other tasks into every row.',
      fixes: [
        fix('Leave the balancing loss out', {
          kind: 'put',
          at: place,
          path: ['method', 'balance'],
          value: 0,
        }),
      ],
    },
  ];
}

function lengthAdvice(
  { data }: ResolvedConfig,
  { percentile95, longest, exact }: DataFacts,
  positions: number,
  at: Place,
): Finding[] {
  if (percentile95 === undefined || longest === undefined) return [];
  const read = exact ? 'rows' : 'of the first rows';
  const place = at(['data', 'length']);
  const wanted = Math.min(longest, positions);
  if (data.length < percentile95 && data.length < positions)
    return [
      {
        severity: 'warning',
        code: 'length-short',
        message: `More than 5 of 100 ${read} are cut at ${formatCount(data.length)} tokens: 95 of 100 have at most ${formatCount(percentile95)}, the longest has ${formatCount(longest)}.`,
        at: place,
        hint: 'What is cut off is not learned; an answer that begins beyond the cut is left out.',
        fixes: [
          fix(`Change to ${wanted}, the longest row`, {
            kind: 'put',
            at: place,
            path: ['data', 'length'],
            value: wanted,
          }),
        ],
      },
    ];
  if (data.length <= farAbove * longest || !exact) return [];
  return [
    {
      severity: 'hint',
      code: 'length-long',
      message: `The longest row has ${formatCount(longest)} tokens: every length from there on means the same, and ${formatCount(data.length)} costs nothing.`,
      at: place,
      fixes: [
        fix(`Change to ${wanted}, the longest row`, {
          kind: 'put',
          at: place,
          path: ['data', 'length'],
          value: wanted,
        }),
      ],
    },
  ];
}

function overlapAdvice({ overlap, exact }: DataFacts, at: Place): Finding[] {
  if (overlap === undefined || overlap.count === 0) return [];
  const { count, of } = overlap;
  return [
    {
      severity: 'warning',
      code: 'validation-overlap',
      message: `${formatCount(count)} of ${exact ? 'the' : 'the first'} ${formatCount(of)} rows to evaluate on are training rows too: the loss there says little about other rows.`,
      at: at(['data', 'validation']),
      hint: 'Take them out of one of the files, or hold out a share of the training rows.',
      fixes: [
        fix('Hold out 5 % of the training rows', {
          kind: 'set',
          at: at(['data', 'validation']),
          value: 0.05,
        }),
      ],
    },
  ];
}

function amountAdvice(config: ResolvedConfig, facts: DataFacts, at: Place): Finding[] {
  const { data, training } = config;
  const { rows } = facts;
  if (rows === undefined) return [];
  const found: Finding[] = [];
  const held = typeof data.validation === 'number' ? Math.round(rows * data.validation) : undefined;
  if (typeof data.validation === 'number' && data.validation > 0 && facts.exact && held! < 1)
    found.push({
      severity: 'information',
      code: 'validation-few',
      message: `${data.validation} of ${formatCount(rows)} rows is less than one row${rows < 2 ? ': nothing is held out' : ': one is held out'}.`,
      at: at(['data', 'validation']),
      fixes: [fix('Hold out 10 %', { kind: 'set', at: at(['data', 'validation']), value: 0.1 })],
    });
  const perStep = training.batch * training.accumulate;
  const epochs =
    training.steps === undefined ? training.epochs : (training.steps * perStep) / Math.max(1, rows);
  if (epochs > manyEpochs && training.tokens === undefined) {
    const key = training.steps === undefined ? 'epochs' : 'steps';
    const place = at(['training', key]);
    const value = key === 'epochs' ? 3 : Math.max(1, Math.ceil((3 * rows) / perStep));
    found.push({
      severity: 'warning',
      code: 'many-epochs',
      message: `Each of the ${formatCount(rows)} rows is seen about ${formatCount(Math.round(epochs))} times: they are learned by heart.`,
      at: place,
      fixes: [fix(`Change to ${value}: three passes`, { kind: 'set', at: place, value })],
    });
  }
  return found;
}
