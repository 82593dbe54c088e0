/** @file The page of compared runs in every kind of theme: what changed, groups with their seeds, curves, differences. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seriousFindings } from '../rig/axe.ts';
import type { RunEvent } from '../../runtime/contract/run.ts';
import { writeComparedRuns } from '../support/comparedRuns.ts';
import type { ComparedRun } from '../support/comparedRuns.ts';
import { stepEvent } from '../support/runSummary.ts';
import { useSession } from './session.ts';
import { lookAt, themes } from './themes.ts';

let runs: readonly ComparedRun[] = [];

const session = useSession('compare', {
  prepare: (workspace) => {
    runs = writeComparedRuns(join(workspace, 'runs'));
  },
});

const metricsOf = ({ folder }: ComparedRun): string => join(folder, 'metrics.jsonl');

/** The run that was stopped goes on. */
const goOn = (...events: readonly RunEvent[]): void => {
  for (const event of events) appendFileSync(metricsOf(runs.at(-1)!), `${JSON.stringify(event)}\n`);
};

test('runs are picked from a list, and their page says what changed', async () => {
  const { do: act, page: window, picture } = session();
  await act.activity('Adapter Workbench');
  await act.treeItem(/tickets · slow/).waitFor();
  await act.command('Adapter Workbench: Compare Runs');
  await window.locator('.quick-input-list .monaco-list-row').first().waitFor();
  await window.locator('.quick-input-header').getByRole('checkbox').first().click();
  await picture('picking');
  await window.keyboard.press('Enter');
  const page = await act.webview('.changes li');
  expect(await page.locator('h1').textContent()).toBe('Compare 8 runs in 4 groups');
  const words = await page.locator('.changes li').allTextContents();
  expect(words).toHaveLength(3);
  expect(words[1]).toBe('tickets · rank 64: rank 16 → 64, same seeds');
});

test('each group has its mean, its interval and a point a finished seed', async () => {
  const page = await session().do.webview('.changes li');
  const rows = page.locator('table', { hasText: 'Groups of runs' }).locator('tbody tr');
  expect(await rows.count()).toBe(4);
  const texts = await rows.allTextContents();
  for (const text of texts.slice(0, 3)) expect(text).toMatch(/\d ± \d/);
  expect(texts[3]).toMatch(/slow.*0 \(1 left out\)/);
  expect(await page.locator('.strip').count()).toBe(4);
  expect(await page.locator('.strip circle').count()).toBe(7);
  expect(await page.locator('.plot').count()).toBe(2);
  expect(await page.locator('.plot .canvas').first().getAttribute('aria-label')).toMatch(
    /^Validation loss\. tickets · seed 0: 8 values/,
  );
});

test('differences are bold, what is equal is folded', async () => {
  const page = await session().do.webview('.changes li');
  const rank = page.locator('tr', { hasText: 'method.rank' }).first();
  expect(await rank.locator('strong').allTextContents()).toContain('64');
  expect(await page.locator('tr', { hasText: 'method.alpha' }).first().isVisible()).toBe(false);
  await page.locator('summary', { hasText: 'equal in all runs' }).click();
  await page.locator('tr', { hasText: 'method.alpha' }).first().waitFor();
  await page.locator('summary', { hasText: 'equal in all runs' }).click();
  await page.locator('summary', { hasText: 'rows that differ most' }).click();
  const rows = page.locator('table', { hasText: 'Loss of training rows' }).locator('tbody tr');
  await rows.first().waitFor();
  expect(await rows.count()).toBe(40);
  await page.locator('summary', { hasText: 'rows that differ most' }).click();
});

test('answers to held-out rows stand beside each other, as text', async () => {
  const { do: act, picture } = session();
  const page = await act.webview('.changes li');
  const summary = page.locator('summary', { hasText: 'Answers to held-out rows' });
  await summary.click();
  const row = page.locator('table.answers tbody tr').first();
  await row.waitFor();
  // row, wanted, base, and eight runs
  expect(await row.locator('td').count()).toBe(11);
  expect(await row.locator('td').nth(2).textContent()).toContain(
    '<img src=x onerror=alert(1)> … stopped here',
  );
  expect(await page.locator('img').count()).toBe(0);
  expect(await row.locator('del', { hasText: 'delivery' }).count()).toBe(2);
  expect(await row.locator('.note', { hasText: 'as wanted' }).count()).toBe(3);
  await row.locator('summary').click();
  await row.locator('.prompt .answer', { hasText: '<|user|>Where are my three lamps?' }).waitFor();
  await row.evaluate((line) => {
    line.scrollIntoView({ block: 'center' });
  });
  await picture('answers');
  expect(await seriousFindings(page)).toEqual([]);
  await summary.click();
});

test.each(themes)('$name', async (theme) => {
  await lookAt(session(), await session().do.webview('.changes li'), theme, 'page');
});

test('everything is reached by keys: a plot reads its values out, a table scrolls', async () => {
  const { do: act, page: window } = session();
  const page = await act.webview('.changes li');
  await page.locator('.plot .canvas').first().focus();
  await window.keyboard.press('Home');
  const first = await page.locator('.plot .canvas').first().getAttribute('aria-valuetext');
  await window.keyboard.press('ArrowRight');
  expect(await page.locator('.plot .canvas').first().getAttribute('aria-valuetext')).not.toBe(first);
  expect(await page.locator('.scroll[tabindex="0"]').count()).toBeGreaterThan(2);
});

test('a narrow window scrolls tables inside of the page, never the page sideways', async () => {
  const { do: act, page: window, picture } = session();
  await window.setViewportSize({ width: 700, height: 800 });
  const page = await act.webview('.changes li');
  await picture('narrow');
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
  await window.setViewportSize({ width: 1600, height: 1000 });
});

test('a section that is opened by key keeps the focus, and closes by the same key', async () => {
  const { do: act, page: window } = session();
  const page = await act.webview('.changes li');
  const summary = page.locator('summary', { hasText: 'rows that differ most' });
  const table = page.locator('table', { hasText: 'Loss of training rows' });
  await summary.focus();
  await window.keyboard.press('Enter');
  await table.waitFor();
  await window.keyboard.press('Enter');
  await table.waitFor({ state: 'hidden' });
});

test('a run that goes on takes away neither the focus nor the place in a wide table', async () => {
  const { do: act, page: window } = session();
  await window.setViewportSize({ width: 700, height: 800 });
  const page = await act.webview('.changes li');
  const box = page.locator('.differences .scroll');
  const steps = (count: number) =>
    box.locator('tr', { hasText: 'Steps' }).locator('td', { hasText: `${count} of 200` });
  const link = box.locator('thead button').last();
  await link.focus();
  await box.evaluate((element) => {
    element.scrollLeft = 150;
  });
  goOn(stepEvent(121));
  await steps(121).waitFor();
  expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await box.evaluate(({ scrollLeft }) => scrollLeft)).toBe(150);
  await box.focus();
  goOn(stepEvent(122));
  await steps(122).waitFor();
  expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
  await window.setViewportSize({ width: 1600, height: 1000 });
});

test('after the window is loaded anew the page compares the same runs', async () => {
  const { do: act, picture } = session();
  await act.reload();
  const page = await act.webview('.changes li');
  expect(await page.locator('.strip circle').count()).toBe(7);
  await picture('reloaded');
});

test('a plot without any line left goes out of sight', async () => {
  const page = await session().do.webview('.changes li');
  for (const run of runs) {
    const kept = readFileSync(metricsOf(run), 'utf8')
      .split('\n')
      .filter((line) => !line.includes('"evaluation"'));
    writeFileSync(metricsOf(run), kept.join('\n'));
  }
  await page.locator('.plot').nth(1).waitFor({ state: 'hidden' });
  expect(await page.locator('.plot strong').first().textContent()).toMatch(/^Training loss/);
});

test('the page of a run keeps the focus on a link while the run goes on', async () => {
  const { do: act } = session();
  const compared = await act.webview('.changes li');
  await compared.locator('.differences thead button').last().click();
  const page = await act.webview('vscode-tab-header');
  await page.locator('vscode-tab-header', { hasText: 'Data' }).click();
  const link = page.getByRole('button', { name: 'Open training file' });
  await link.focus();
  goOn(stepEvent(123), { event: 'note', message: 'The disk is nearly full.' });
  await page.locator('dd', { hasText: 'The disk is nearly full.' }).waitFor();
  expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
});
