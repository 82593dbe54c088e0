/** @file A plot as SVG: well-formed, escaped, in resolved colours, with what the axes say. */
import { expect, test } from 'vitest';
import { Extremes } from '../../../webview/common/decimate.ts';
import type { PlotFigure } from '../../../webview/common/figure.ts';
import { plotSvg } from '../../../webview/common/plotSvg.ts';
import type { Theme } from '../../../webview/common/theme.ts';

const names = ['train', 'validation', 'base', 'second', 'third', 'fourth', 'warning', 'text', 'line'];
const theme = {
  ...Object.fromEntries([...names, 'background', 'foreground'].map((name, i) => [name, `rgb(${i} 2 3)`])),
  highContrast: false,
  font: 'a "b" & c',
} as unknown as Theme;

function figure(more: Partial<PlotFigure> = {}): PlotFigure {
  const x = Float64Array.of(1, 2, 3);
  const y = Float64Array.of(1, 10, 100);
  const extremes = new Extremes();
  extremes.update(y, 0);
  return {
    title: 'Loss <of> "it"',
    lines: [{ label: 'train & more', color: 'train', x, y, extremes, dash: [6, 4] }],
    range: [1, 3],
    yRange: [1, 100],
    isLog: true,
    unit: 'step',
    axisLabel: 'Step',
    ...more,
  };
}

test('title, legend, axes and line; no text of ours is markup', () => {
  const svg = plotSvg(figure(), theme, 'run <1>');
  for (const text of [
    'Loss &lt;of&gt; &quot;it&quot;',
    'train &amp; more',
    'run &lt;1&gt;',
    '>Step<',
    '>10<',
  ])
    expect(svg).toContain(text);
  // logarithmic: the middle value lies in the middle of the plot, 360 pixels high from 64 on
  expect(svg).toContain('d="M72 424L504 244L936 64"');
  expect(svg).toContain('stroke-dasharray="6 4"');
  const open = svg.match(/<(?!\/)[a-zA-Z]+/g)!.length;
  const closed = svg.match(/\/>|<\/[a-zA-Z]+>/g)!.length;
  expect(open).toBe(closed);
});

test('a gap interrupts the line and has its mark; checkpoints are ticks', () => {
  const svg = plotSvg(figure({ gaps: Float64Array.of(1), ticks: Float64Array.of(2, 9) }), theme, '');
  expect(svg).toContain('d="M72 424M504 244L936 64"');
  expect(svg.match(/stroke-dasharray="3 3"/g)).toHaveLength(1);
  expect(svg.match(/y2="418"/g)).toHaveLength(1);
});
