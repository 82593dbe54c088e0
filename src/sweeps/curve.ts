/** @file The finder's file as its page shows it: hostile until checked. Pure. */
import type { RateCurve } from '../../webview/rate/protocol.ts';

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** Undefined for what is no curve. */
export function parseCurve(text: string): RateCurve | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { points, suggestion, best, diverged } = value as Readonly<Record<string, unknown>>;
  if (!Array.isArray(points)) return undefined;
  const pairs = points.filter(
    (point): point is [number, number] =>
      Array.isArray(point) && point.length === 2 && isNumber(point[0]) && point[0] > 0 && isNumber(point[1]),
  );
  return {
    points: pairs,
    ...(isNumber(suggestion) ? { suggestion } : {}),
    ...(isNumber(best) ? { best } : {}),
    ...(isNumber(diverged) ? { diverged } : {}),
  };
}
