/** @file Rows by their length in tokens, with the length at which they are cut; a bar lists its rows. */
import * as l10n from '@vscode/l10n';
import { formatCount } from '../../runtime/contract/format.ts';
import type { TokenCounts } from '../../runtime/contract/api/data.ts';
import { element } from '../common/elements.ts';

const height = 56;

export type PickBar = (least: number, most: number) => void;

/** Heights are linear; a bar with any row is at least a pixel and a half. */
const barHeight = (count: number, highest: number): number =>
  count === 0 ? 0 : Math.max(1.5, (height * count) / highest);

export function drawHistogram(box: HTMLElement, tokens: TokenCounts, pick: PickBar): void {
  const { width, counts } = tokens.histogram;
  const highest = Math.max(1, ...counts);
  const end = width * counts.length;
  const bars = counts.map((count, i) => {
    const [least, most] = [i * width, (i + 1) * width - 1];
    const words = l10n.t(
      '{0} to {1} tokens: {2} rows',
      formatCount(least),
      formatCount(most),
      formatCount(count),
    );
    const bar = element('button', { className: 'bar', title: words, disabled: count === 0 });
    bar.setAttribute('aria-label', words);
    if (least >= tokens.length) bar.classList.add('beyond');
    bar.onclick = () => {
      pick(least, most);
    };
    const fill = element('span', { className: 'fill' });
    fill.style.height = `${barHeight(count, highest)}px`;
    bar.append(fill);
    return bar;
  });
  const plot = element('div', { className: 'bars' }, bars);
  plot.style.height = `${height}px`;
  const axis = element('div', { className: 'axis' }, [
    element('span', { textContent: '0' }),
    element('span', { textContent: l10n.t('{0} tokens', formatCount(end)) }),
  ]);
  if (tokens.length < end) {
    const line = element('div', { className: 'cut-line' });
    line.style.left = `${(100 * tokens.length) / end}%`;
    line.append(element('span', { textContent: l10n.t('cut at {0}', formatCount(tokens.length)) }));
    plot.append(line);
  }
  box.replaceChildren(plot, axis);
}
