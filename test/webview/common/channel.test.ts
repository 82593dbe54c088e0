/** @file A page speaks the language that the extension filled it with. */
import { afterEach, expect, test, vi } from 'vitest';
import { pageHtml } from '../../../src/common/webviewHtml.ts';
import { openChannel } from '../../../webview/common/channel.ts';
import { emptyRun } from '../../../webview/common/runState.ts';
import { methodPanels } from '../../../webview/run/facts.ts';
import { headline } from '../../../webview/run/headline.ts';
import { lossPlot, smallPlots } from '../../../webview/run/series.ts';
import { runConfig } from '../../support/runConfig.ts';
import { runSummary } from '../../support/runSummary.ts';
import { textOf } from '../../support/sourceFiles.ts';

const files = { script: 'https://x/run.js', style: 'https://x/run.css', source: 'https://x' };
const english = Object.keys(JSON.parse(textOf('l10n/bundle.l10n.json')) as object);
/** A language whose every text stands in brackets, with what markup could break. */
const pseudo = Object.fromEntries(english.map((text) => [text, `[${text}"'>&]`]));

/** As a browser reads the attribute, and VS Code gives the channel. */
function stubPage(html: string): void {
  const texts = / data-texts="([^"]*)"/
    .exec(html)?.[1]
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
  vi.stubGlobal('document', { querySelector: () => ({ dataset: texts === undefined ? {} : { texts } }) });
  vi.stubGlobal('acquireVsCodeApi', () => ({}));
}
afterEach(() => {
  vi.unstubAllGlobals();
});

/** Names and titles of the run's page. */
function words(): string[] {
  const panels = methodPanels(runSummary({ trainable: 2000 }), emptyRun, { resolved: runConfig('/out') });
  const look = { smoothing: 0.5, scale: 'auto', unit: 'step' } as const;
  const loss = lossPlot(emptyRun, look);
  return [
    ...panels.flatMap(({ title, rows }) => [title, ...rows.map(([name]) => name)]),
    ...headline(runSummary(), emptyRun).facts.map(({ label }) => label),
    ...[loss, ...smallPlots(emptyRun, look)].map(({ title }) => title),
    ...loss.lines.map(({ label }) => label),
    loss.axisLabel ?? '',
  ];
}

test('English where there is no translation, else each text of it', () => {
  stubPage(pageHtml('Run', files, {}));
  openChannel();
  const before = words();
  expect(before).toContain('Learning rate');
  stubPage(pageHtml('Run', files, {}, { language: 'de', texts: pseudo }));
  openChannel();
  expect(words()).toEqual(before.map((text) => `[${text}"'>&]`));
});

test('what is put into a text stands as it is in its translation', () => {
  stubPage(pageHtml('Run', files, {}, { language: 'de', texts: { 'step {0} of {1}': '{1}: {0}' } }));
  openChannel();
  expect(headline(runSummary({ step: 3, steps: 1200, status: 'stopped' }), emptyRun).status).toBe(
    'stopped · 1,200: 3',
  );
});
