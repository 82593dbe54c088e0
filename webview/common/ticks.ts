/** @file Where an axis has its numbers, and how they are written. */
import { formatCount, formatNumber } from '../../runtime/contract/format.ts';

/** What the shared axis of a run counts. */
export type XUnit = 'step' | 'time' | 'tokens';
/** Learning rates stand by their power of ten. */
export type AxisUnit = XUnit | 'rate';

/** Multiples of `step` in [low, high]. */
function multiples(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.max(0, Math.floor(high / step + 1e-9) - first + 1);
  // `|| 0` turns a minus zero into zero
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)) || 0);
}

/** 1, 2 or 5 times a power of ten, so that at most `most` multiples lie in `span`. */
function niceStep(span: number, most: number): number {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

/** At most about `most` round numbers in [low, high]. */
export const linearTicks = (low: number, high: number, most: number): number[] =>
  high > low ? multiples(low, high, niceStep(high - low, most)) : [low];

/** Powers of ten where they are enough, with 2 and 5 between them where not; 0 < low < high. */
export function logTicks(low: number, high: number, most: number): number[] {
  const decades = Math.log10(high / low);
  if (decades < 1) return linearTicks(low, high, most);
  const factors = decades < most / 3 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / most));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const tick = Number(`${factor}e${power}`);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
    }
  }
  return ticks;
}

const [minute, hour, day] = [60, 3600, 86400];
const roundTimes = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, hour, 2 * hour, 3 * hour, 6 * hour];

/** Of the shared axis: whole steps, round times, round counts of tokens. */
export function xTicks(low: number, high: number, most: number, unit: AxisUnit): number[] {
  if (unit !== 'time') return linearTicks(low, high, most).filter((tick) => Number.isInteger(tick));
  const rough = (high - low) / Math.max(1, most);
  const step = rough < 1 ? niceStep(high - low, most) : roundTimes.find((time) => time >= rough);
  return multiples(low, high, step ?? day * Math.ceil(rough / day));
}

/** 0:42, 5:00, 1:05:00: times that stand in a row. */
function clock(seconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const rest = `${two((seconds % hour) / minute)}:${two(seconds % minute)}`;
  if (!Number.isInteger(seconds)) return `${Number(seconds.toPrecision(4))} s`;
  return seconds >= hour ? `${Math.floor(seconds / hour)}:${rest}` : rest.replace(/^0/, '');
}

/** 950, 12 k, 1.5 M. */
export function shortCount(value: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  let unit = 0;
  for (; Math.abs(value) >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}

/** 1e-3 for -3, 2.5e-3 between. */
const rateText = (power: number): string =>
  Number.isInteger(power) ? `1e${power}` : (10 ** power).toExponential(1);

const texts: Readonly<Record<AxisUnit, (value: number) => string>> = {
  step: formatCount,
  time: clock,
  tokens: shortCount,
  rate: rateText,
};

export const xText = (value: number, unit: AxisUnit): string => texts[unit](value);

/** 0.5 instead of 0.500. */
export const yText = (value: number): string =>
  formatNumber(value)
    .replace(/([.]\d*?)0+(?=$|e)/, '$1')
    .replace(/[.](?=$|e)/, '');
