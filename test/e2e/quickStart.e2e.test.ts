/** @file What a new user does: quick start from the palette, watch it live, reload the window, stop, resume, see it end. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { expect, test } from 'vitest';
import { useSession } from './session.ts';

const session = useSession('quick-start');
let folder = '';

/** The number in a text, thousands taken out: "step 1,140 of 2,000" -> 1140. */
const firstNumber = (text: string | null): number => Number(/[\d,]+/.exec(text ?? '')?.[0].replace(/,/g, ''));

/** Waits until the page says that its run is beyond `step`. */
async function beyond(page: Frame, step: number): Promise<number> {
  for (;;) {
    const text = await page.locator('.status').textContent();
    const now = firstNumber(/step [\d,]+/.exec(text ?? '')?.[0] ?? null);
    if (now > step) return now;
    await page.waitForTimeout(100);
  }
}

/** How many pixels of the first plot have (nearly) the colour of a theme variable. */
const coloured = (page: Frame, variable: string): Promise<number> =>
  page.evaluate((name) => {
    const probe = document.createElement('canvas').getContext('2d')!;
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
    probe.fillRect(0, 0, 1, 1);
    const wanted = probe.getImageData(0, 0, 1, 1).data;
    const canvas = document.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      const near = [0, 1, 2].every((c) => Math.abs(data[i + c]! - wanted[c]!) < 24);
      if (near && data[i + 3]! > 200) count++;
    }
    return count;
  }, variable);

test('an empty view offers the first step as a button', async () => {
  const { do: act, page, picture } = session();
  await act.activity('Adapter Workbench');
  await page.locator('.welcome-view-content .monaco-button', { hasText: 'Train a First Adapter' }).waitFor();
  await picture('welcome');
});

test('quick start from the palette: a live row in the tree, and the page of the run', async () => {
  const { do: act, workspace, picture } = session();
  await act.command('Adapter Workbench: Quick Start');
  await act.treeItem(/step \d+\/\d+ · .+ left/).waitFor({ timeout: 60_000 });
  const page = await act.webview('.facts');
  await beyond(page, 8);
  await picture('running');
  const runs = join(workspace, 'adapter-quickstart/runs');
  folder = join(runs, readdirSync(runs).find((name) => !name.startsWith('.')) ?? '');
});

test('the plot is drawn: the loss in blue, the base in grey, and it grows', async () => {
  const page = await session().do.webview('.facts');
  const before = await coloured(page, '--vscode-charts-blue');
  expect(before).toBeGreaterThan(20);
  const step = await beyond(page, 0);
  await beyond(page, step + 10);
  expect(await coloured(page, '--vscode-charts-blue')).not.toBe(before);
  expect(await page.locator('.plot canvas').count()).toBe(5);
  expect(await page.locator('.plot .canvas').first().getAttribute('aria-label')).toMatch(
    /train: \d+ values, first/,
  );
});

test('a reload of the window in the middle: the run goes on, tree and page come back', async () => {
  const { do: act, picture } = session();
  const before = await beyond(await act.webview('.facts'), 0);
  await act.reload();
  const page = await act.webview('.facts');
  await beyond(page, before);
  await act.activity('Adapter Workbench');
  await act.treeItem(/step \d+\/\d+/).waitFor();
  // The page shows the steps of before the reload too: it replays the file.
  expect(await page.locator('.plot .canvas').first().getAttribute('aria-label')).toMatch(
    /train: \d\d+ values/,
  );
  await picture('reloaded');
});

test('stop ends it after its step, and the row says so', async () => {
  const { do: act, picture } = session();
  const page = await act.webview('.facts');
  await page.getByRole('button', { name: 'Stop' }).click();
  await act.treeItem(/stopped at \d+\/\d+/).waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  expect(await page.locator('.status').textContent()).toMatch(/^stopped/);
  await picture('stopped');
});

test('resume goes on in the same run, to its end', async () => {
  const { do: act, picture } = session();
  const page = await act.webview('.facts');
  const stopped = await beyond(page, 0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await beyond(page, stopped);
  await act.notification(/is done: loss/).waitFor({ timeout: 300_000 });
  await picture('done');
  const events = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; step?: number });
  const steps = events.filter(({ event }) => event === 'step').map(({ step }) => step);
  expect(new Set(steps).size).toBe(steps.length);
  expect(events.filter(({ event }) => event === 'resumed')).toHaveLength(1);
  expect(events.at(-1)?.event).toBe('done');
});

test('a config with a mistake is refused with its place, and nothing starts', async () => {
  const { do: act, page: window, picture } = session();
  await act.openFile('broken.adapter.json');
  await act.command('Adapter Workbench: Train');
  const notice = act.notification(/broken\.adapter\.json, line 3:.*bsae.*Did you mean "base"/);
  await notice.waitFor({ timeout: 30_000 });
  await picture('refused');
  await act.answer(notice, 'Show Mistake');
  await window.locator('.statusbar-item', { hasText: /Ln 3, Col 3/ }).waitFor();
});

test('nothing was asked of the outside', () => {
  expect([...session().window.outside]).toEqual([]);
});
