/** @file Four variants with two seeds each from the editor: queued, stopped, resumed, run, compared; and a learning rate found. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareQuickstart } from '../../runtime/pipelines/quickstart.ts';
import { listSweeps } from '../../runtime/runs/sweep.ts';
import { listRuns } from '../../runtime/runs/read.ts';
import { useSession } from './session.ts';
import { lookAt, themes } from './themes.ts';

/** The quick start with three variants, and as many steps as let one look at the queue. */
function prepare(workspace: string): void {
  const file = prepareQuickstart(workspace);
  const text = readFileSync(file, 'utf8')
    .replace('"epochs": 4,', '"steps": 30, ')
    .replace('"evaluateEvery": 50', '"evaluateEvery": 10')
    .replace(
      '"variants": {',
      '"variants": { "rank 64": { "method": { "rank": 64 } }, "slow": { "training": { "learningRate": 3e-4 } },',
    );
  writeFileSync(file, text);
}

const session = useSession('sweep', { prepare });
const output = (): string => join(session().workspace, 'runs');

test('variants, seeds and how many at a time are asked for, then the queue is seen', async () => {
  const { do: act, page: window, picture } = session();
  // now: later the icon's badge would be in the way of the pointer
  await act.activity('Adapter Workbench');
  await act.openFile('tickets.adapter.json');
  await act.command('Adapter Workbench: Sweep Variants × Seeds…');
  await window.locator('.quick-input-title', { hasText: '(1/3)' }).waitFor();
  await picture('variants');
  await window.keyboard.press('Enter');
  await window.locator('.quick-input-title', { hasText: '(2/3)' }).waitFor();
  await window.keyboard.press('Enter');
  await window.locator('.quick-input-title', { hasText: '(3/3)' }).waitFor();
  await picture('parallel');
  await window.keyboard.press('Enter');
  await act.treeItem(/tickets.*of 8 done · 1 running/).waitFor({ timeout: 60_000 });
  await act.treeItem(/slow · seed 0.*waiting/).waitFor();
  await picture('queue');
});

test('after the window is loaded anew the queue is there; it stops, and goes on where it was', async () => {
  const { do: act, page: window, picture } = session();
  await window.reload({ waitUntil: 'domcontentloaded' });
  await act.ready();
  await act.treeItem(/tickets.*of 8 done/).waitFor({ timeout: 60_000 });
  await act.command('Adapter Workbench: Stop Sweep');
  await act.treeItem(/tickets.*\d of 8 done$/).waitFor({ timeout: 60_000 });
  await expect.poll(() => listSweeps(output())[0]?.pid, { timeout: 30_000 }).toBeUndefined();
  const before = listSweeps(output())[0]!.sweep.runs.filter(({ status }) => status === 'done').length;
  expect(before).toBeLessThan(8);
  await picture('stopped');
  await act.command('Adapter Workbench: Resume Sweep');
  await act.treeItem(/tickets.*of 8 done · 1 running/).waitFor({ timeout: 60_000 });
});

test('at its end one notification leads to the comparison, seeds grouped with mean and interval', async () => {
  const { do: act, picture } = session();
  const notice = act.notification(/The sweep of tickets is done: 8 runs/);
  await notice.waitFor({ timeout: 240_000 });
  expect(await act.notification(/is done: loss/).count()).toBe(0);
  const runs = listRuns(output());
  expect(runs.map(({ record }) => record.status)).toEqual(Array(8).fill('done'));
  expect(new Set(runs.map(({ record }) => record.sweep)).size).toBe(1);
  await act.answer(notice, 'Compare');
  const page = await act.webview('.changes li');
  expect(await page.locator('h1').textContent()).toBe('Compare 8 runs in 4 groups');
  const rows = await page
    .locator('table', { hasText: 'Groups of runs' })
    .locator('tbody tr')
    .allTextContents();
  expect(rows).toHaveLength(4);
  for (const text of rows) expect(text).toMatch(/0, 1.*\d ± \d/);
  expect(await page.locator('.changes').textContent()).toContain('rank 16 → 64');
  await picture('compared');
});

test('the finder suggests a rate, shows its curve, and sets it where it belongs', async () => {
  const { do: act, page: window, picture } = session();
  await act.openFile('tickets.adapter.json');
  await act.command('Adapter Workbench: Find Learning Rate');
  const notice = act.notification(/suggested learning rate \d\.\de-\d/);
  await notice.waitFor({ timeout: 180_000 });
  await picture('suggested');
  await act.answer(notice, 'Show Curve');
  const page = await act.webview('.curve');
  expect(await page.locator('main').textContent()).toContain('Suggested learning rate');
  expect(await page.locator('.canvas').getAttribute('aria-label')).toMatch(/smoothed: \d+ values/);
  for (const theme of themes) await lookAt(session(), page, theme, 'curve');
  // by its tab: the page's title holds the file's name too
  await window.locator('.tab[data-resource-name="tickets.adapter.json"]').click();
  await act.command('Adapter Workbench: Find Learning Rate');
  await notice.waitFor({ timeout: 180_000 });
  await act.answer(notice, 'Set It');
  await window.locator('.tab.dirty[data-resource-name="tickets.adapter.json"]').waitFor();
  await window.locator('.view-line', { hasText: /"learningRate":\s0\.00\d+,\s"schedule"/ }).waitFor();
});
