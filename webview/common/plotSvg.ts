/** @file A plot as an SVG file: title, legend, axes and lines in the theme's colours. Pure: a figure in, text out. */
import * as l10n from '@vscode/l10n';
import { thin, trace } from './decimate.ts';
import type { PlotFigure } from './figure.ts';
import type { Theme } from './theme.ts';
import { linearTicks, logTicks, xText, xTicks, yText } from './ticks.ts';

const [width, height] = [960, 480];
const edge = { left: 72, right: 24, top: 64, bottom: 56 };
const plot = { width: width - edge.left - edge.right, height: height - edge.top - edge.bottom };

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? '');

const number = (value: number): string => String(Math.round(value * 100) / 100);

type Attributes = Readonly<Record<string, string | number | undefined>>;

const tag = (name: string, attributes: Attributes, content = ''): string => {
  const pairs = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const text = pairs.map(([key, value]) => ` ${key}="${escaped(String(value))}"`).join('');
  return content === '' ? `<${name}${text}/>` : `<${name}${text}>${content}</${name}>`;
};

function pathOf(
  line: PlotFigure['lines'][number],
  figure: PlotFigure,
  toY: (value: number) => number,
): string {
  const words: string[] = [];
  const marks = thin(line, figure.range, plot.width, figure.gaps);
  trace(marks, edge.left, toY, {
    moveTo: (x, y) => words.push(`M${number(x)} ${number(y)}`),
    lineTo: (x, y) => words.push(`L${number(x)} ${number(y)}`),
  });
  return words.join('');
}

function legend(figure: PlotFigure, theme: Theme): string[] {
  let left: number = edge.left;
  return figure.lines
    .filter(({ label }) => label !== '')
    .flatMap(({ label, color, dash, faint }) => {
      const line = tag('line', {
        x1: left,
        x2: left + 20,
        y1: 44,
        y2: 44,
        stroke: theme[color],
        'stroke-width': 2,
        'stroke-dasharray': dash?.join(' '),
        'stroke-opacity': faint === true ? 0.55 : undefined,
      });
      const text = tag('text', { x: left + 26, y: 48, fill: theme.foreground }, escaped(label));
      // SVG can't measure text: seven pixels a letter are enough at twelve pixels
      left += 26 + label.length * 7 + 20;
      return [line, text];
    });
}

function axes(
  figure: PlotFigure,
  theme: Theme,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string[] {
  const { range, yRange, isLog, unit, format } = figure;
  const bottom = edge.top + plot.height;
  const across = (isLog ? logTicks : linearTicks)(yRange[0], yRange[1], plot.height / 40).flatMap((value) => [
    tag('line', {
      x1: edge.left,
      x2: edge.left + plot.width,
      y1: number(toY(value)),
      y2: number(toY(value)),
      stroke: theme.line,
      'stroke-opacity': 0.35,
    }),
    tag(
      'text',
      { x: edge.left - 8, y: number(toY(value) + 4), fill: theme.text, 'text-anchor': 'end' },
      escaped((format ?? yText)(value)),
    ),
  ]);
  const along = xTicks(range[0], range[1], plot.width / 100, unit).map((value) =>
    tag(
      'text',
      { x: number(toX(value)), y: bottom + 20, fill: theme.text, 'text-anchor': 'middle' },
      escaped(xText(value, unit)),
    ),
  );
  const label = tag(
    'text',
    { x: edge.left + plot.width / 2, y: bottom + 42, fill: theme.text, 'text-anchor': 'middle' },
    escaped(figure.axisLabel ?? l10n.t('Step')),
  );
  return [...across, ...along, label];
}

function marks(figure: PlotFigure, theme: Theme, toX: (x: number) => number): string[] {
  const bottom = edge.top + plot.height;
  const within = (at: Float64Array = new Float64Array(0)): number[] =>
    [...at].filter((x) => x >= figure.range[0] && x <= figure.range[1]).map(toX);
  const upright = (x: number, top: number, attributes: Attributes): string =>
    tag('line', { x1: number(x), x2: number(x), y1: bottom, y2: top, ...attributes });
  return [
    ...within(figure.ticks).map((x) => upright(x, bottom - 6, { stroke: theme.text })),
    ...within(figure.gaps).map((x) =>
      upright(x, edge.top, { stroke: theme.warning, 'stroke-dasharray': '3 3' }),
    ),
  ];
}

/** The figure as a whole SVG document, 960 x 480. `note` stands under the title's line, at its right. */
export function plotSvg(figure: PlotFigure, theme: Theme, note: string): string {
  const [from, to] = figure.range;
  const [low, high] = figure.isLog ? figure.yRange.map(Math.log) : figure.yRange;
  const toX = (x: number): number => edge.left + ((x - from) / (to - from)) * plot.width;
  const toY = (value: number): number => {
    const place = figure.isLog ? Math.log(value) : value;
    const y = edge.top + plot.height * (1 - (place - low) / (high - low));
    return Number.isFinite(y) ? y : edge.top + plot.height;
  };
  const lines = figure.lines.map((line) =>
    tag('path', {
      d: pathOf(line, figure, toY),
      fill: 'none',
      stroke: theme[line.color],
      'stroke-width': line.faint === true ? 1 : 1.5,
      'stroke-linejoin': 'round',
      'stroke-dasharray': line.dash?.join(' '),
      'stroke-opacity': line.faint === true && !theme.highContrast ? 0.55 : undefined,
    }),
  );
  const title = tag(
    'text',
    { x: edge.left, y: 26, fill: theme.foreground, 'font-size': 16, 'font-weight': 600 },
    escaped(figure.title),
  );
  const right = tag(
    'text',
    { x: width - edge.right, y: 26, fill: theme.text, 'text-anchor': 'end' },
    escaped(note),
  );
  const clip = tag('clipPath', { id: 'plot' }, tag('rect', { x: edge.left, y: edge.top, ...plot }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${escaped(theme.font)}" font-size="12">`,
    clip,
    tag('rect', { width, height, fill: theme.background }),
    title,
    right,
    ...legend(figure, theme),
    ...axes(figure, theme, toX, toY),
    ...marks(figure, theme, toX),
    tag('g', { 'clip-path': 'url(#plot)' }, lines.join('\n')),
    '</svg>\n',
  ].join('\n');
}
