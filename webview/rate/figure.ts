/** @file A range test as a plot and a sentence. Pure. */
import * as l10n from '@vscode/l10n';
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
    title: l10n.t('Loss'),
    lines: [
      { label: l10n.t('smoothed'), color: 'train', x, y: smooth(y, smoothing) },
      { label: l10n.t('each step'), color: 'train', faint: true, x, y },
    ],
    axisLabel: l10n.t('Learning rate'),
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
      ? l10n.t('No suggestion: the loss never fell.')
      : l10n.t(
          'Suggested learning rate {0}: where the loss falls fastest, at most a tenth of the rate with the lowest loss.',
          rate(suggestion),
        ),
    [
      l10n.t('{0} steps, one rate each', points.length),
      best === undefined ? '' : l10n.t('lowest at {0}', rate(best)),
      diverged === undefined ? l10n.t('never diverged') : l10n.t('diverged at {0}', rate(diverged)),
      points[0] === undefined ? '' : l10n.t('first loss {0}', formatNumber(points[0][1])),
    ]
      .filter((text) => text !== '')
      .join(' · '),
    l10n.t(
      'The test sees the first steps of a fresh adapter only: another batch, schedule or a long run may want another rate.',
    ),
  ];
}
