/** @file The only user of uPlot: lines over steps in the editor's colours, with marks and a legend that follows the cursor. */
import uPlot from 'uplot';
import { formatCount, formatNumber } from '../../runtime/contract/format.ts';
import { readTheme } from './theme.ts';
import type { ColorName, Theme } from './theme.ts';

export interface Line {
  readonly label: string;
  readonly color: ColorName;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** A raw line behind its smoothed one. */
  readonly faint?: boolean;
  readonly dashed?: boolean;
  readonly points?: boolean;
}

export interface PlotSpec {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly log?: boolean;
  /** First and last step of the axis, also where no line reaches; plots of one page share it. */
  readonly range: readonly [number, number];
  /** Says what the axis counts; left away where another plot of the page says it. */
  readonly axisLabel?: string;
  /** Short ticks at the lower axis. */
  readonly ticks?: readonly number[];
  /** Dashed lines from top to bottom. */
  readonly breaks?: readonly number[];
}

/** Plots with the same key share their cursor. */
const cursorKey = 'run';

/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- a const enum of a declaration file has no values at run time */
const linear: uPlot.Scale.Distr = 1;
const logarithmic: uPlot.Scale.Distr = 3;
/* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */

/** 0.5 instead of 0.500; a logarithmic axis leaves splits without a label as null, which uPlot's types don't say. */
const tickText = (value: number | null): string =>
  value === null
    ? ''
    : formatNumber(value)
        .replace(/([.]\d*?)0+$/, '$1')
        .replace(/[.]$/, '');

export class Plot {
  readonly #box: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #values: HTMLElement;
  readonly #height: number;
  #spec: PlotSpec = { title: '', lines: [], range: [0, 1] };
  #chart: uPlot | undefined;
  /** What the chart was built for; data alone changes without a new chart. */
  #shape = '';

  constructor(parent: HTMLElement, height: number) {
    this.#height = height;
    this.#box = document.createElement('section');
    this.#box.className = 'plot';
    this.#values = document.createElement('header');
    this.#canvas = document.createElement('div');
    this.#canvas.className = 'canvas';
    this.#canvas.setAttribute('role', 'img');
    this.#box.append(this.#values, this.#canvas);
    parent.append(this.#box);
    new ResizeObserver(() => this.#chart?.setSize(this.#size())).observe(this.#canvas);
  }

  update(spec: PlotSpec): void {
    this.#spec = spec;
    const lines = spec.lines.map(({ label, color, faint, dashed, points }) => [
      label,
      color,
      faint,
      dashed,
      points,
    ]);
    const shape = JSON.stringify([spec.log, spec.range, lines]);
    const data = this.#data();
    if (this.#chart === undefined || shape !== this.#shape) {
      this.#chart?.destroy();
      this.#chart = new uPlot(this.#options(readTheme()), data, this.#canvas);
      this.#shape = shape;
    } else this.#chart.setData(data);
    this.#legend(this.#chart.cursor.idx ?? undefined);
    this.#canvas.setAttribute('aria-label', this.#summary());
  }

  /** The theme has changed: colours are drawn into the canvas, so it is built anew. */
  recolor(): void {
    this.#shape = '';
    this.update(this.#spec);
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(120, this.#canvas.clientWidth), height: this.#height };
  }

  /** All lines over the union of their steps; where one has no value the others go on. */
  #data(): uPlot.AlignedData {
    const tables = this.#spec.lines.map((line): uPlot.AlignedData => [
      [...line.x],
      line.y.map((value) => (Number.isFinite(value) ? value : null)),
    ]);
    return tables.length === 0 ? [[]] : uPlot.join(tables);
  }

  #options(theme: Theme): uPlot.Options {
    const axis: uPlot.Axis = {
      stroke: theme.text,
      font: `11px ${getComputedStyle(document.body).fontFamily}`,
      grid: {
        stroke: `color-mix(in srgb, ${theme.line} ${theme.highContrast ? 20 : 35}%, transparent)`,
        width: 1,
      },
      ticks: { show: false },
    };
    return {
      ...this.#size(),
      legend: { show: false },
      scales: {
        x: { time: false, range: [...this.#spec.range] },
        y: { distr: this.#spec.log === true ? logarithmic : linear },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          values: (_, splits) => splits.map((v) => (Number.isInteger(v) ? formatCount(v) : '')),
          ...(this.#spec.axisLabel === undefined
            ? {}
            : { label: this.#spec.axisLabel, labelSize: 16, labelGap: 0, labelFont: axis.font }),
        },
        { ...axis, size: 60, space: 24, values: (_, splits) => splits.map(tickText) },
      ],
      cursor: { sync: { key: cursorKey }, y: false, points: { size: 6 } },
      series: [{}, ...this.#spec.lines.map((line) => this.#series(line, theme))],
      hooks: {
        setCursor: [
          (chart) => {
            this.#legend(chart.cursor.idx ?? undefined);
          },
        ],
        draw: [
          (chart) => {
            this.#marks(chart, theme);
          },
        ],
      },
    };
  }

  #series({ label, color, faint, dashed, points }: Line, theme: Theme): uPlot.Series {
    // In high contrast a faint line would vanish: there it is as strong as the others.
    const stroke =
      faint && !theme.highContrast ? `color-mix(in srgb, ${theme[color]} 50%, transparent)` : theme[color];
    return {
      label,
      stroke,
      width: faint ? 1 : 1.5,
      spanGaps: true,
      ...(dashed ? { dash: [6, 4] } : {}),
      points: points ? { show: true, size: 6, fill: theme[color] } : { show: false },
    };
  }

  /** Checkpoints as ticks on the axis, resumes as dashed lines. */
  #marks(chart: uPlot, theme: Theme): void {
    const { ctx, bbox } = chart;
    const at = (step: number): number => Math.round(chart.valToPos(step, 'x', true)) + 0.5;
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    ctx.strokeStyle = theme.text;
    ctx.beginPath();
    for (const step of this.#spec.ticks ?? []) {
      ctx.moveTo(at(step), bbox.top + bbox.height);
      ctx.lineTo(at(step), bbox.top + bbox.height - 6 * devicePixelRatio);
    }
    ctx.stroke();
    ctx.strokeStyle = theme.warning;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    for (const step of this.#spec.breaks ?? []) {
      ctx.moveTo(at(step), bbox.top);
      ctx.lineTo(at(step), bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.restore();
  }

  /** The line's value at the cursor, else its last one. */
  #valueAt(index: number, position: number | undefined): number | undefined {
    const values = this.#chart?.data[index + 1] as readonly (number | null | undefined)[] | undefined;
    if (values === undefined) return undefined;
    if (position !== undefined) return values[position] ?? undefined;
    return values.findLast((value) => value !== null && value !== undefined) ?? undefined;
  }

  #legend(position: number | undefined): void {
    const title = document.createElement('strong');
    const step = position === undefined ? undefined : this.#chart?.data[0][position];
    title.textContent = step === undefined ? this.#spec.title : `${this.#spec.title} · step ${step}`;
    const entries = this.#spec.lines.map((line, index) => {
      const entry = document.createElement('span');
      entry.className = `entry ${line.color}${line.dashed ? ' dashed' : ''}${line.faint ? ' faint' : ''}`;
      const value = this.#valueAt(index, position);
      entry.textContent = value === undefined ? line.label : `${line.label} ${formatNumber(value)}`.trim();
      return entry;
    });
    this.#values.replaceChildren(title, ...entries);
  }

  /** What a person hears who doesn't see the plot. */
  #summary(): string {
    const parts = this.#spec.lines.map(({ label, y }) => {
      const first = y[0];
      const last = y.at(-1);
      if (first === undefined || last === undefined) return `${label}: no values yet`;
      return `${label}: ${y.length} values, first ${formatNumber(first)}, last ${formatNumber(last)}`;
    });
    return `${this.#spec.title}. ${parts.join('. ')}.`;
  }
}
