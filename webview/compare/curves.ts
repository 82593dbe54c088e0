/** @file The curves of several runs over one axis. Pure: comparison and runs' states in, plots out. */
import * as l10n from '@vscode/l10n';
import type { Comparison } from '../../runtime/contract/api/compare.ts';
import type { Line, PlotSpec } from '../common/figure.ts';
import { emptyRun, smooth, wantsLogScale } from '../common/runState.ts';
import type { RunState } from '../common/runState.ts';
import type { ColorName } from '../common/theme.ts';

const colors: readonly ColorName[] = ['train', 'validation', 'third', 'second', 'fourth', 'base', 'warning'];
/** Groups are told apart by their stroke too, not by colour alone. */
const dashes: readonly (readonly number[] | undefined)[] = [undefined, [8, 3], [2, 3], [8, 3, 2, 3], [4, 4]];

export interface Stroke {
  readonly color: ColorName;
  readonly dash?: readonly number[];
}

/** Colours repeat after seven groups, strokes after five: together after thirty-five. */
export function strokeOf(group: number): Stroke {
  const dash = dashes[group % dashes.length];
  return { color: colors[group % colors.length]!, ...(dash === undefined ? {} : { dash }) };
}

/** Runs by folder; one that has sent nothing yet is empty. */
export type RunStates = ReadonlyMap<string, RunState>;

export interface Look {
  /** 0 shows the losses as they are. */
  readonly smoothing: number;
}

/** From the first step to the last planned one of all. */
export function fullRange({ runs }: Comparison, states: RunStates): readonly [number, number] {
  const ends = runs.map(({ folder }) => {
    const state = states.get(folder) ?? emptyRun;
    return Math.max(state.plannedSteps, state.steps.step.values.at(-1) ?? 0);
  });
  return [1, Math.max(2, ...ends)];
}

function spec(title: string, lines: readonly Line[], axisLabel?: string): PlotSpec {
  return {
    title,
    lines,
    log: wantsLogScale(...lines.map(({ y }) => y)),
    ...(axisLabel === undefined ? {} : { axisLabel }),
  };
}

/** Validation where any run has it, and training; lines of a group look alike. */
export function curvePlots(comparison: Comparison, states: RunStates, { smoothing }: Look): PlotSpec[] {
  const training: Line[] = [];
  const validation: Line[] = [];
  for (const { folder, group, label } of comparison.runs) {
    const { steps, evaluations } = states.get(folder) ?? emptyRun;
    const stroke = strokeOf(group);
    const loss = steps.loss.values;
    training.push({
      ...stroke,
      label,
      x: steps.step.values,
      y: smoothing > 0 ? smooth(loss, smoothing) : loss,
    });
    validation.push({
      ...stroke,
      label,
      points: true,
      x: Float64Array.from(evaluations, ({ step }) => step),
      y: Float64Array.from(evaluations, (evaluation) => evaluation.loss),
    });
  }
  const train = spec(
    smoothing > 0 ? l10n.t('Training loss, smoothed') : l10n.t('Training loss'),
    training,
    l10n.t('Step'),
  );
  const evaluates = validation.some(({ x }) => x.length > 0);
  return evaluates ? [spec(l10n.t('Validation loss'), validation), train] : [train];
}
