/** @file Entry of the page of a range test: loads the curve once and draws it. */
import * as l10n from '@vscode/l10n';
import { protocolVersion } from '../../runtime/contract/protocol.ts';
import { connect } from '../../runtime/contract/rpc.ts';
import type { None } from '../../runtime/contract/rpc.ts';
import { openChannel } from '../common/channel.ts';
import { linkButton } from '../common/controls.ts';
import { element } from '../common/elements.ts';
import { Plot } from '../common/plot.ts';
import { PlotGroup } from '../common/plotGroup.ts';
import { onThemeChange } from '../common/theme.ts';
import { ratePlot, rateRange, rateWords } from './figure.ts';
import type { RateCurve, RatePageApi } from './protocol.ts';

const { port, vscode } = openChannel();
const root = document.querySelector('main')!;
const { file = '', name = '' } = root.dataset;
vscode.setState({ file, name });

const extension = connect<None, RatePageApi, None, None>(port, {
  version: protocolVersion,
  handlers: {},
  listeners: {},
});

const failed = (error: unknown): void => {
  const text = error instanceof Error ? error.message : String(error);
  const paragraph = element('p', { className: 'failure', textContent: text });
  paragraph.setAttribute('role', 'alert');
  root.prepend(paragraph);
};

function show(curve: RateCurve): void {
  const group = new PlotGroup({
    snap: (x) => nearest(curve, x),
    title: (x) => l10n.t('Learning rate {0}', (10 ** x).toExponential(1)),
  });
  group.unit = 'rate';
  const box = element('div', { className: 'curve' });
  const [main, ...facts] = rateWords(curve);
  root.replaceChildren(
    element('h1', { textContent: name }),
    element('p', { textContent: main! }),
    ...facts.map((fact) => element('p', { className: 'note', textContent: fact })),
    box,
  );
  const save = linkButton(l10n.t('Save'), () => {
    void extension.call('rate/save', { kind: 'plot', ...plot.saved(name) }).catch(failed);
  });
  const plot: Plot = new Plot(box, group, 360, [save]);
  group.setFull(rateRange(curve));
  plot.update(ratePlot(curve));
  onThemeChange(() => {
    plot.recolor();
  });
}

/** The point that a cursor at `x` means. */
function nearest({ points }: RateCurve, x: number): number {
  const powers = points.map(([rate]) => Math.log10(rate));
  return powers.reduce(
    (best, power) => (Math.abs(power - x) < Math.abs(best - x) ? power : best),
    powers[0] ?? x,
  );
}

extension.call('rate/load', null).then(show, failed);
