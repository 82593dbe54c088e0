/** @file Mean and 95 % interval of a few numbers. Pure. */
import type { Interval } from '../contract/api/compare.ts';

/** t(0.975) for 1 to 10 degrees of freedom. */
const fewDegrees = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];
/** z(0.975) of the normal distribution. */
const Z = 1.959964;

/**
 * Student's t(0.975). From 11 degrees of freedom on by its expansion in 1/v around z (Abramowitz and Stegun 26.7.5), which is
 * right to 2e-4 there: t = z + (z^3 + z)/4v + (5z^5 + 16z^3 + 3z)/96v^2 + (3z^7 + 19z^5 + 17z^3 - 15z)/384v^3.
 */
export function studentT(degrees: number): number {
  const known = fewDegrees[degrees - 1];
  if (known !== undefined) return known;
  const power = (n: number): number => Z ** n;
  return (
    Z +
    (power(3) + Z) / (4 * degrees) +
    (5 * power(5) + 16 * power(3) + 3 * Z) / (96 * degrees ** 2) +
    (3 * power(7) + 19 * power(5) + 17 * power(3) - 15 * Z) / (384 * degrees ** 3)
  );
}

/**
 * mean ± t(0.975, n - 1) s / sqrt(n), with s^2 = sum (x - mean)^2 / (n - 1): the interval that covers the mean over all seeds
 * in 95 of 100 such comparisons, if the values are normal. Undefined without values.
 */
export function meanInterval(values: readonly number[]): Interval | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { n, mean, half: studentT(n - 1) * Math.sqrt(variance / n) };
}
