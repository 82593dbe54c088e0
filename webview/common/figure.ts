/** @file What a plot shows, as data. */
import type { Range } from './axisRange.ts';
import type { Curve } from './decimate.ts';
import type { ColorName } from './theme.ts';
import type { AxisUnit } from './ticks.ts';

export interface Line {
  /** Empty where the plot's title says it. */
  readonly label: string;
  readonly color: ColorName;
  /** Ascending. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** A raw line behind its smoothed one. */
  readonly faint?: boolean;
  /** Lengths of strokes and gaps in pixels; colours repeat with another dash. */
  readonly dash?: readonly number[];
  readonly points?: boolean;
  /** How its values are written, where it isn't as the plot's. */
  readonly format?: (value: number) => string;
}

export interface PlotSpec {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly log?: boolean;
  /** Says what the axis counts; left away where another plot of the page says it. */
  readonly axisLabel?: string;
  /** Short ticks at the lower axis: checkpoints. */
  readonly ticks?: Float64Array;
  /** Behind these points lines are interrupted, with a mark: stops and resumes. Ascending. */
  readonly gaps?: Float64Array;
  /** How values are written; three significant digits where absent. */
  readonly format?: (value: number) => string;
}

/** A plot as it is drawn now, to be drawn elsewhere. */
export interface PlotFigure extends Omit<PlotSpec, 'log'> {
  readonly lines: readonly (Line & Curve)[];
  readonly range: Range;
  readonly yRange: Range;
  readonly isLog: boolean;
  readonly unit: AxisUnit;
}
