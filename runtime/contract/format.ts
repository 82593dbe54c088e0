/** @file Numbers for people: the same words in the side bar, the pages and the terminal. */

/** Three significant digits, no exponent between 0.001 and a million: 0.0112, 8.78, 143, 1.2e-5. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? 'not a number' : value > 0 ? 'infinite' : '-infinite';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(1).replace('e+', 'e');
  return size >= 100 ? formatCount(Math.round(value)) : value.toPrecision(3);
}

/** Whole numbers with thousands separated: 325,632. */
export const formatCount = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** "92.3 %" of 0.923. */
export const formatPercent = (share: number): string => `${formatNumber(100 * share)} %`;

/** 12 s, 4 min, 1 h 05 min: as many digits as one can plan with. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return 'unknown';
  if (seconds < 10 && seconds > 0) return `${seconds < 1 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Decimal units, as file managers count: 1.1 GB is 1.1e9 bytes. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toPrecision(2)} ${units[unit]}`;
}

/** A word for a shell: quoted where it has blanks or signs. */
export const shellWord = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `"${word.replace(/["\\$`]/g, '\\$&')}"`;

/**
 * 0.0123 ± 0.0011: the half-width with two digits, the mean to the same place; a mean alone as `formatNumber` writes it. An
 * interval that is wider than its mean keeps the mean's three digits.
 */
export function formatInterval({ mean, half }: { readonly mean: number; readonly half?: number }): string {
  if (half === undefined || !Number.isFinite(half) || !Number.isFinite(mean)) return formatNumber(mean);
  if (half === 0) return `${formatNumber(mean)} ± 0`;
  const digits = (value: number, count: number): number =>
    Math.max(0, count - 1 - Math.floor(Math.log10(Math.abs(value) || 1)));
  const places = half < Math.abs(mean) ? digits(half, 2) : digits(mean, 3);
  return places > 6
    ? `${formatNumber(mean)} ± ${formatNumber(half)}`
    : `${mean.toFixed(places)} ± ${half.toFixed(places)}`;
}
