/** @file A run's columns as plots. Pure: state in, lines out. */
import * as l10n from '@vscode/l10n';
import { formatBytes, formatPercent } from '../../runtime/contract/format.ts';
import type { EvaluationEvent } from '../../runtime/contract/run.ts';
import { lowerBound } from '../common/column.ts';
import type { Line, PlotSpec } from '../common/figure.ts';
import { smooth, wantsLogScale } from '../common/runState.ts';
import type { RunState, StepColumns } from '../common/runState.ts';
import type { XUnit } from '../common/ticks.ts';

export type Scale = 'auto' | 'linear' | 'log';

/** What a person has chosen to see. */
export interface Look {
  /** 0 shows no smoothed line. */
  readonly smoothing: number;
  readonly scale: Scale;
  readonly unit: XUnit;
}

/** The shared axis's column. */
export function axisColumn(steps: StepColumns, unit: XUnit): Float64Array {
  const columns = { step: steps.step, time: steps.secondsSoFar, tokens: steps.tokensSoFar };
  return columns[unit].values;
}

/** Places of step numbers on the axis; those that no recorded step has lie at the last one before them. */
function placesOf(state: RunState, unit: XUnit, numbers: readonly number[]): Float64Array {
  if (unit === 'step') return Float64Array.from(numbers);
  const axis = axisColumn(state.steps, unit);
  return Float64Array.from(numbers, (step) => axis[lowerBound(state.steps.step.values, step + 1) - 1] ?? 0);
}

/** From the first to the last point, and to the planned end on an axis of steps. */
export function fullRange(state: RunState, unit: XUnit): readonly [number, number] {
  const axis = axisColumn(state.steps, unit);
  const first = unit === 'step' ? Math.min(axis[0] ?? 1, state.evaluations[0]?.step ?? 1) : 0;
  const last = axis.at(-1) ?? first;
  return [first, Math.max(last, first + 1, unit === 'step' ? state.plannedSteps : 0)];
}

const axisLabel = (unit: XUnit): string =>
  ({ step: l10n.t('Step'), time: l10n.t('Time in steps'), tokens: l10n.t('Tokens') })[unit];

export function lossPlot(state: RunState, { smoothing, scale, unit }: Look): PlotSpec {
  const { steps } = state;
  const x = axisColumn(steps, unit);
  const loss = steps.loss.values;
  const lines: Line[] = [{ label: l10n.t('train'), color: 'train', faint: smoothing > 0, x, y: loss }];
  // a mean over the extremes alone would be another line
  if (smoothing > 0 && state.isOverview === undefined)
    lines.push({ label: l10n.t('smoothed'), color: 'train', x, y: smooth(loss, smoothing) });
  lines.push(...validationLines(state, unit));
  const base = state.started?.baseLoss;
  if (base !== undefined)
    lines.push({
      label: l10n.t('base'),
      color: 'base',
      dash: [6, 4],
      x: Float64Array.from(fullRange(state, unit)),
      y: Float64Array.of(base, base),
    });
  return {
    title: l10n.t('Loss'),
    lines,
    axisLabel: axisLabel(unit),
    log: scale === 'log' || (scale === 'auto' && wantsLogScale(...lines.map(({ y }) => y))),
    ...marksOf(state, unit),
    ticks: placesOf(state, unit, state.checkpoints),
  };
}

const evaluated = (
  state: RunState,
  unit: XUnit,
  evaluations: readonly EvaluationEvent[],
  y: (evaluation: EvaluationEvent) => number,
): Pick<Line, 'points' | 'x' | 'y'> => ({
  points: true,
  x: placesOf(
    state,
    unit,
    evaluations.map(({ step }) => step),
  ),
  y: Float64Array.from(evaluations, y),
});

/** One line, or two where a smaller model learns in the place of the one that is judged. */
function validationLines(state: RunState, unit: XUnit): Line[] {
  const { evaluations } = state;
  if (evaluations.length === 0) return [];
  const onSmaller = evaluations.filter(({ trainedLoss }) => trainedLoss !== undefined);
  const judged = evaluated(state, unit, evaluations, ({ loss }) => loss);
  if (onSmaller.length === 0) return [{ label: l10n.t('validation'), color: 'validation', ...judged }];
  return [
    { label: l10n.t('validation, original base'), color: 'validation', ...judged },
    {
      label: l10n.t('validation, smaller base'),
      color: 'third',
      dash: [4, 3],
      ...evaluated(state, unit, onSmaller, ({ trainedLoss }) => trainedLoss!),
    },
  ];
}

/** Behind a stop's last step lines are interrupted. */
const marksOf = (state: RunState, unit: XUnit): Pick<PlotSpec, 'gaps'> => ({
  gaps: placesOf(state, unit, state.resumes),
});

export function smallPlots(state: RunState, { unit }: Look): PlotSpec[] {
  const { steps } = state;
  const x = axisColumn(steps, unit);
  const single = (
    title: string,
    color: Line['color'],
    y: Float64Array,
    format?: (value: number) => string,
  ): PlotSpec => ({
    title,
    lines: [{ label: '', color, x, y }],
    ...(format && { format }),
    ...marksOf(state, unit),
  });
  const rates: PlotSpec = {
    title: l10n.t('Tokens/s'),
    lines: [
      { label: l10n.t('all'), color: 'train', x, y: steps.tokens.values },
      { label: l10n.t('trained'), color: 'third', dash: [4, 3], x, y: steps.supervised.values },
    ],
    ...marksOf(state, unit),
  };
  return [
    single(l10n.t('Learning rate'), 'second', steps.learningRate.values),
    single(l10n.t('Gradient norm'), 'third', steps.gradNorm.values),
    rates,
    single(l10n.t('Memory'), 'fourth', steps.memory.values, formatBytes),
    ...accuracyPlot(state, unit),
  ];
}

/** Of a base that classifies; others have none. */
function accuracyPlot(state: RunState, unit: XUnit): PlotSpec[] {
  const known = state.evaluations.filter(({ accuracy }) => accuracy !== undefined);
  if (known.length === 0) return [];
  const line = evaluated(state, unit, known, ({ accuracy }) => accuracy!);
  return [
    {
      title: l10n.t('Accuracy'),
      lines: [{ label: '', color: 'validation', ...line }],
      format: formatPercent,
      ...marksOf(state, unit),
    },
  ];
}
