/** @file Curves with their bands as plain SVG: validation loss by step, an arm a colour, on a logarithmic axis. Pure. */
import type { CurvePoint } from './statistics.ts';
import { digits } from './verdict.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

/** Told apart by people with any colour vision (Okabe and Ito, 2008); from the ninth line on dashed. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#000000'];

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 64;
const TOP = 34;
const BOTTOM = 44;
/** Room for the names. */
const RIGHT = 190;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const pixel = (value: number): string => value.toFixed(1);

/** 1, 2 and 5 times powers of ten between two positive numbers; every `thin`-th where there are many. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const times of [1, 2, 5]) {
      const tick = Number(`${times}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  const decades = ticks.filter((tick) => Number.isInteger(Math.log10(tick)));
  return ticks.length > 9 && decades.length > 1 ? decades : ticks;
}

/** Whole numbers in steps of 1, 2 or 5 times a power of ten, about six of them. */
export function stepTicks(high: number): number[] {
  const rough = Math.max(1, high / 6);
  const power = 10 ** Math.floor(Math.log10(rough));
  const every = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough)!;
  return Array.from({ length: Math.floor(high / every) + 1 }, (_, i) => i * every);
}

interface Axes {
  readonly x: (step: number) => number;
  readonly y: (loss: number) => number;
  readonly low: number;
  readonly high: number;
  readonly last: number;
}

/** A band that reaches zero or below ends at the bottom of the plot. */
function axesOf(lines: readonly Line[]): Axes | undefined {
  const points = lines.flatMap((line) => line.points).filter(({ mean }) => mean > 0);
  if (points.length === 0) return undefined;
  const least = Math.min(...points.map(({ mean }) => mean)) / 1.15;
  const most = Math.max(...points.map(({ mean }) => mean)) * 1.15;
  const last = Math.max(...points.map(({ step }) => step));
  const share = (loss: number): number => Math.log(loss / least) / Math.log(most / least);
  return {
    x: (step) => LEFT + (step / last) * (WIDTH - LEFT - RIGHT),
    y: (loss) =>
      HEIGHT - BOTTOM - Math.min(1, Math.max(0, loss > 0 ? share(loss) : 0)) * (HEIGHT - TOP - BOTTOM),
    low: least,
    high: most,
    last,
  };
}

function frame({ x, y, low, high, last }: Axes): string[] {
  const right = WIDTH - RIGHT;
  const floor = HEIGHT - BOTTOM;
  return [
    ...logTicks(low, high).flatMap((tick) => [
      `<line x1="${LEFT}" x2="${right}" y1="${pixel(y(tick))}" y2="${pixel(y(tick))}" stroke="#ddd"/>`,
      `<text x="${LEFT - 8}" y="${pixel(y(tick) + 4)}" text-anchor="end">${digits(tick, 1)}</text>`,
    ]),
    ...stepTicks(last).flatMap((tick) => [
      `<line x1="${pixel(x(tick))}" x2="${pixel(x(tick))}" y1="${floor}" y2="${floor + 5}" stroke="#444"/>`,
      `<text x="${pixel(x(tick))}" y="${floor + 19}" text-anchor="middle">${tick}</text>`,
    ]),
    `<path d="M${LEFT} ${TOP}V${floor}H${right}" fill="none" stroke="#444"/>`,
    `<text x="${pixel((LEFT + right) / 2)}" y="${HEIGHT - 8}" text-anchor="middle">steps</text>`,
  ];
}

function drawn({ name, points }: Line, i: number, { x, y }: Axes): string[] {
  const colour = colours[i % colours.length]!;
  const dash = i < colours.length ? '' : ' stroke-dasharray="6 3"';
  const place = (step: number, loss: number): string => `${pixel(x(step))} ${pixel(y(loss))}`;
  const banded = points.filter(({ half }) => half !== undefined);
  const upper = banded.map(({ step, mean, half }) => place(step, mean + half!));
  const lower = banded.map(({ step, mean, half }) => place(step, mean - half!)).reverse();
  const at = TOP + 14 + 17 * i;
  const legend = WIDTH - RIGHT + 14;
  return [
    ...(banded.length > 1
      ? [`<path d="M${[...upper, ...lower].join('L')}Z" fill="${colour}" fill-opacity="0.13"/>`]
      : []),
    `<path d="M${points.map(({ step, mean }) => place(step, mean)).join('L')}" fill="none" stroke="${colour}" stroke-width="1.8"${dash}/>`,
    `<line x1="${legend}" x2="${legend + 22}" y1="${at - 4}" y2="${at - 4}" stroke="${colour}" stroke-width="1.8"${dash}/>`,
    `<text x="${legend + 28}" y="${at}">${escaped(name)}</text>`,
  ];
}

/** Mean and 95 % band of each line. Undefined where no line has a positive value. */
export function lossPlot(title: string, lines: readonly Line[]): string | undefined {
  const axes = axesOf(lines);
  if (!axes) return undefined;
  const shown = lines.filter(({ points }) => points.length > 0);
  const height = Math.max(HEIGHT, TOP + 24 + 17 * shown.length);
  const parts = [
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="20" font-size="14">${escaped(title)}</text>`,
    ...frame(axes),
    ...shown.flatMap((line, i) => drawn(line, i, axes)),
  ];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" font-family="sans-serif" font-size="12" fill="#222">`;
  return `${head}\n${parts.join('\n')}\n</svg>\n`;
}
