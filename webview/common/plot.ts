/** @file The only user of uPlot, which draws axes and scales; lines are drawn here, thinned to what pixels can show. */
import * as l10n from '@vscode/l10n';
import uPlot from 'uplot';
import { formatNumber } from '../../runtime/contract/format.ts';
import { lowerBound } from './column.ts';
import { Extremes, thin, trace } from './decimate.ts';
import type { Line, PlotFigure, PlotSpec } from './figure.ts';
import type { CardRow } from './hoverCard.ts';
import { listen } from './plotGestures.ts';
import type { Member, PlotGroup } from './plotGroup.ts';
import { plotPng } from './plotPng.ts';
import { plotSvg } from './plotSvg.ts';
import { readTheme } from './theme.ts';
import type { Theme } from './theme.ts';
import { linearTicks, logTicks, xText, xTicks, yText } from './ticks.ts';

const none = new Float64Array(0);
const nothing: PlotSpec = { title: '', lines: [] };

/** Widths in pixels that a tick's text needs. */
const [tickWidth, tickHeight] = [72, 34];
const sizes = { axis: 28, values: 60, right: 28 };

/** The value of the last point at or before `x`. */
function valueAt({ x, y }: Line, at: number): number | undefined {
  let index = lowerBound(x, at);
  if (x[index] !== at) index--;
  const value = y[index];
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

export class Plot implements Member {
  readonly #group: PlotGroup;
  readonly #height: number;
  readonly #box = document.createElement('section');
  readonly #canvas = document.createElement('div');
  readonly #legend = document.createElement('span');
  readonly #title = document.createElement('strong');
  readonly #cursor = document.createElement('div');
  readonly #chart: uPlot;
  /** Of each line, in the order of the lines. */
  readonly #extremes: Extremes[] = [];
  #spec = nothing;
  #theme: Theme = readTheme();
  #yRange: readonly [number, number] = [0, 1];
  #isLog = false;
  /** No value in sight: an axis without numbers says so. */
  #isEmpty = true;

  /** `height` of the canvas in pixels; `tools` stand right of the legend. */
  constructor(parent: HTMLElement, group: PlotGroup, height: number, tools: readonly HTMLElement[] = []) {
    this.#group = group;
    this.#height = height;
    this.#box.className = 'plot';
    const header = document.createElement('header');
    this.#legend.className = 'legend';
    header.append(this.#title, this.#legend, ...tools);
    this.#canvas.className = 'canvas';
    this.#canvas.tabIndex = 0;
    // Arrow keys move a cursor along the axis, and its value is read out: that is a slider.
    this.#canvas.setAttribute('role', 'slider');
    this.#canvas.setAttribute('aria-keyshortcuts', 'ArrowLeft ArrowRight Plus Minus Home End Enter Escape');
    this.#box.append(header, this.#canvas);
    parent.append(this.#box);
    this.#chart = new uPlot(
      this.#options(),
      [
        [0, 1],
        [null, null],
      ],
      this.#canvas,
    );
    this.#cursor.className = 'cursor';
    this.#cursor.hidden = true;
    this.#chart.over.append(this.#cursor);
    listen(group, {
      over: this.#chart.over,
      focus: this.#canvas,
      nearest: (x, reach) => this.#highest(x, reach),
    });
    group.add(this);
    new ResizeObserver(() => {
      this.#chart.setSize(this.#size());
      group.draw();
    }).observe(this.#canvas);
  }

  update(spec: PlotSpec): void {
    for (const [i, { y }] of spec.lines.entries()) {
      const before = this.#spec.lines[i]?.y ?? none;
      const grows = before.buffer === y.buffer && before.length <= y.length;
      (this.#extremes[i] ??= new Extremes()).update(y, grows ? before.length : 0);
    }
    this.#spec = spec;
    this.#box.hidden = false;
    this.#isLog = spec.log === true && spec.lines.some(({ y }) => y.some((value) => value > 0));
    this.#canvas.setAttribute('aria-label', this.#summary());
    this.showCursor(this.#group.cursor);
    this.#group.draw();
  }

  /** Out of sight, and its values out of the card, until it is updated. */
  hide(): void {
    this.#box.hidden = true;
    this.#spec = nothing;
  }

  /** The theme has changed. */
  recolor(): void {
    this.#theme = readTheme();
    this.#group.draw();
  }

  draw(): void {
    this.#yRange = this.#visible();
    const [min, max] = this.#group.range;
    const [low, high] = this.#yRange;
    const chart = this.#chart;
    chart.batch(() => {
      chart.setScale('x', { min, max });
      chart.setScale('y', { min: this.#place(low), max: this.#place(high) });
    });
    chart.redraw(false, true);
    this.#moveCursor(this.#group.cursor);
  }

  showCursor(x: number | undefined): void {
    this.#moveCursor(x);
    this.#showValues(x);
  }

  #moveCursor(x: number | undefined): void {
    const [from, to] = this.#group.range;
    const isShown = x !== undefined && x >= from && x <= to;
    this.#cursor.hidden = !isShown;
    if (isShown) {
      // uPlot's own width: asking the element would lay the page out in each frame
      const at = ((x - from) / (to - from)) * (this.#chart.bbox.width / devicePixelRatio);
      this.#cursor.style.transform = `translateX(${at}px)`;
    }
  }

  rows(x: number): CardRow[] {
    return this.#spec.lines.flatMap((line) => {
      const value = valueAt(line, x);
      if (value === undefined) return [];
      const label = [this.#spec.title, line.label].filter((text) => text !== '').join(' · ');
      return [{ label, value: this.#text(line, value), color: line.color, dashed: line.dash !== undefined }];
    });
  }

  /** As files: the text of an SVG, the bytes of a PNG in base64. `note` says whose plot it is. */
  saved(note: string): { readonly title: string; readonly svg: string; readonly png: string } {
    const figure = this.#figure();
    return {
      title: figure.title,
      svg: plotSvg(figure, this.#theme, note),
      png: plotPng(this.#chart.ctx.canvas, figure, this.#theme, note),
    };
  }

  #figure(): PlotFigure {
    const lines = this.#spec.lines.map((line, i) => ({ ...line, extremes: this.#extremes[i]! }));
    const { unit, range } = this.#group;
    return { ...this.#spec, lines, range, yRange: this.#yRange, isLog: this.#isLog, unit };
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(120, this.#canvas.clientWidth), height: this.#height };
  }

  #text({ format }: Line, value: number): string {
    return (format ?? this.#spec.format ?? formatNumber)(value);
  }

  /** uPlot's own scale stays linear: it can't change, so that logarithms are its values where the axis is logarithmic. */
  #place(value: number): number {
    return this.#isLog ? Math.log10(value) : value;
  }

  /** The values that the visible part of the lines has, with a little room. */
  #visible(): readonly [number, number] {
    const [from, to] = this.#group.range;
    let [low, high] = [Infinity, -Infinity];
    for (const [i, { x }] of this.#spec.lines.entries()) {
      const begin = Math.max(0, lowerBound(x, from) - 1);
      const [least, most] = this.#extremes[i]!.range(begin, Math.min(x.length, lowerBound(x, to, begin) + 1));
      low = Math.min(low, least);
      high = Math.max(high, most);
    }
    this.#isEmpty = low > high;
    if (this.#isLog && high > 0) {
      // What isn't above zero has no place: it lies on the lower edge, at most nine decades down.
      if (low <= 0) low = high * 1e-9;
      const room = Math.max(1.05, (high / low) ** 0.04);
      return [low / room, high * room];
    }
    if (low > high) return [0, 1];
    const room = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.1 || 1;
    return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
  }

  #options(): uPlot.Options {
    const axis = (): uPlot.Axis => ({
      stroke: () => this.#theme.text,
      font: `11px ${this.#theme.font}`,
      ticks: { show: false },
    });
    const grid = (): string =>
      `color-mix(in srgb, ${this.#theme.line} ${this.#theme.highContrast ? 20 : 35}%, transparent)`;
    return {
      ...this.#size(),
      legend: { show: false },
      cursor: { show: false },
      padding: [8, sizes.right, 0, 0],
      scales: { x: { time: false, auto: false }, y: { auto: false } },
      axes: [
        {
          ...axis(),
          grid: { show: false },
          size: sizes.axis,
          splits: (chart, _, low, high) =>
            xTicks(low, high, Math.max(2, chart.over.clientWidth / tickWidth), this.#group.unit),
          values: (_, splits) => splits.map((value) => xText(value, this.#group.unit)),
        },
        {
          ...axis(),
          grid: { stroke: grid, width: 1 },
          size: sizes.values,
          splits: (_, __, low, high) =>
            this.#isEmpty
              ? []
              : this.#isLog
                ? logTicks(10 ** low, 10 ** high, this.#height / tickHeight).map(Math.log10)
                : linearTicks(low, high, this.#height / tickHeight),
          values: (_, splits) =>
            splits.map((place) =>
              (this.#spec.format ?? yText)(this.#isLog ? Number((10 ** place).toPrecision(9)) : place),
            ),
        },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        draw: [
          (chart) => {
            this.#drawLines(chart);
          },
        ],
      },
    };
  }

  #drawLines(chart: uPlot): void {
    const { ctx, bbox } = chart;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineJoin = 'round';
    this.#drawMarks(chart, ratio);
    const [low, high] = this.#yRange;
    const [bottom, scale] = [this.#place(low), bbox.height / (this.#place(high) - this.#place(low))];
    const toY = (value: number): number => {
      const y = bbox.top + bbox.height - (this.#place(value) - bottom) * scale;
      // what isn't above zero has no logarithm: it lies below the axis
      return y - y === 0 ? y : bbox.top + bbox.height + 2;
    };
    for (const [i, line] of this.#spec.lines.entries()) {
      const curve = { x: line.x, y: line.y, extremes: this.#extremes[i]! };
      const marks = thin(curve, this.#group.range, bbox.width, this.#spec.gaps);
      ctx.strokeStyle = this.#theme[line.color];
      ctx.fillStyle = this.#theme[line.color];
      // In high contrast a faint line would vanish: there it is as strong as the others.
      ctx.globalAlpha = line.faint === true && !this.#theme.highContrast ? 0.55 : 1;
      ctx.lineWidth = (line.faint === true ? 1 : 1.5) * ratio;
      ctx.setLineDash((line.dash ?? []).map((length) => length * ratio));
      ctx.beginPath();
      trace(marks, bbox.left, toY, ctx);
      ctx.stroke();
      if (line.points === true && marks.count < bbox.width / 8)
        for (let k = 0; k < marks.count; k++) {
          ctx.beginPath();
          ctx.arc(bbox.left + marks.at[k]!, toY(marks.last[k]!), 3 * ratio, 0, 2 * Math.PI);
          ctx.fill();
        }
    }
    ctx.restore();
  }

  /** Checkpoints as ticks on the axis, gaps as dashed lines from top to bottom. */
  #drawMarks(chart: uPlot, ratio: number): void {
    const { ctx, bbox } = chart;
    const bottom = bbox.top + bbox.height;
    const upright = (at: Float64Array, top: number): void => {
      ctx.beginPath();
      for (const x of at) {
        const left = Math.round(chart.valToPos(x, 'x', true)) + 0.5;
        ctx.moveTo(left, bottom);
        ctx.lineTo(left, top);
      }
      ctx.stroke();
    };
    ctx.lineWidth = ratio;
    ctx.strokeStyle = this.#theme.text;
    upright(this.#spec.ticks ?? none, bottom - 6 * ratio);
    ctx.strokeStyle = this.#theme.warning;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    upright(this.#spec.gaps ?? none, bbox.top);
  }

  /** The point with the highest value within `reach` of `x`, so that a spike can be hit. */
  #highest(x: number, reach: number): number {
    const [line] = this.#spec.lines;
    if (line === undefined) return x;
    const begin = lowerBound(line.x, x - reach);
    const end = lowerBound(line.x, x + reach, begin);
    let best = x;
    let value = -Infinity;
    for (let i = begin; i < end; i++) if (line.y[i]! > value) [best, value] = [line.x[i]!, line.y[i]!];
    return best;
  }

  /** Title and each line's value: at the cursor, else the last one. */
  #showValues(x: number | undefined): void {
    const { title, lines } = this.#spec;
    const { full } = this.#group;
    this.#title.textContent = title;
    const entries = this.#legend.children;
    while (entries.length > lines.length) entries[entries.length - 1]!.remove();
    const spoken: string[] = [];
    for (const [i, line] of lines.entries()) {
      const entry = entries[i] ?? this.#legend.appendChild(document.createElement('span'));
      const value = valueAt(line, x ?? full[1]);
      entry.className = `entry ${line.color}${line.dash ? ' dashed' : ''}${line.faint === true ? ' faint' : ''}`;
      entry.textContent = `${line.label} ${value === undefined ? '' : this.#text(line, value)}`.trim();
      if (value !== undefined) spoken.push(entry.textContent);
    }
    const where = x ?? full[1];
    this.#canvas.setAttribute('aria-valuemin', String(full[0]));
    this.#canvas.setAttribute('aria-valuemax', String(full[1]));
    this.#canvas.setAttribute('aria-valuenow', String(where));
    this.#canvas.setAttribute('aria-valuetext', [this.#group.text(where), ...spoken].join(', '));
  }

  /** What a person hears who doesn't see the plot. */
  #summary(): string {
    const parts = this.#spec.lines.map((line) => {
      const { label, y } = line;
      const [first, last] = [y[0], y.at(-1)];
      const words =
        first === undefined || last === undefined
          ? l10n.t('no values yet')
          : l10n.t(
              '{0} values, first {1}, last {2}',
              y.length,
              this.#text(line, first),
              this.#text(line, last),
            );
      return label === '' ? words : `${label}: ${words}`;
    });
    return `${this.#spec.title}. ${parts.join('. ')}.`;
  }
}
