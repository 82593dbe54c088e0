/** @file A range test as a plot and a sentence. Pure. */
import { formatNumber } from '../../runtime/contract/format.ts';
import type { PlotSpec } from '../common/figure.ts';
import { smooth } from '../common/runState.ts';
import type { RateCurve } from './protocol.ts';

/** As the finder's own rule smooths. */
const smoothing = 0.8;

/** Losses over the power of ten of their rate; the suggestion as a tick on the axis. */
export function ratePlot({ points, suggestion }: RateCurve): PlotSpec {
  const x = Float64Array.from(points, ([rate]) => Math.log10(rate));
  const y = Float64Array.from(points, ([, loss]) => loss);
  return {
    title: 'Loss',
    lines: [
      { label: 'smoothed', color: 'train', x, y: smooth(y, smoothing) },
      { label: 'each step', color: 'train', faint: true, x, y },
    ],
    axisLabel: 'Learning rate',
    ...(suggestion === undefined ? {} : { ticks: Float64Array.of(Math.log10(suggestion)) }),
  };
}

export const rateRange = ({ points }: RateCurve): readonly [number, number] => {
  const first = Math.log10(points[0]?.[0] ?? 1e-6);
  return [first, Math.max(first + 1, Math.log10(points.at(-1)?.[0] ?? 1))];
};

export function rateWords({ points, suggestion, best, diverged }: RateCurve): string[] {
  const rate = (value: number): string => value.toExponential(1);
  return [
    suggestion === undefined
      ? 'No suggestion: the loss never fell.'
      : `Suggested learning rate ${rate(suggestion)}: where the loss falls fastest, at most a tenth of the rate with the lowest loss.`,
    [
      `${points.length} steps, one rate each`,
      best === undefined ? '' : `lowest at ${rate(best)}`,
      diverged === undefined ? 'never diverged' : `diverged at ${rate(diverged)}`,
      points[0] === undefined ? '' : `first loss ${formatNumber(points[0][1])}`,
    ]
      .filter((text) => text !== '')
      .join(' · '),
    'The test sees the first steps of a fresh adapter only: another batch, schedule or a long run may want another rate.',
  ];
}
