/** @file The page of a run of 100,000 steps x 6 series in a real VS Code: time until its plots are drawn, frames a second in zoom and pan. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { openWindow } from '../../test/rig/browser.ts';
import { startServer } from '../../test/rig/server.ts';
import { workbench } from '../../test/rig/workbench.ts';
import { makeRun } from '../../test/support/runFolder.ts';
import { stepEvent } from '../../test/support/runSummary.ts';

const root = resolve(import.meta.dirname, '../..');
const steps = 100_000;
/** Milliseconds of wheel turns, and of dragging. */
const motion = 3000;

/** A loss that falls, trembles and has spikes; all series move, so that each has something to draw. */
function writeRun(output: string): void {
  mkdirSync(output, { recursive: true });
  const run = makeRun(output, 'long', { status: 'done', step: steps, steps, loss: 0.02, name: 'long' });
  run.append({ event: 'started', run: 'long', steps, rows: 400, trainable: 1, baseLoss: 8.78 });
  const lines: string[] = [];
  for (let step = 1; step <= steps; step++) {
    const noise = 1 + 0.3 * Math.sin(step * 7.3);
    const event = stepEvent(step, {
      loss: (8 * Math.exp(-step / 9000) + 0.02) * noise * (step % 7919 === 0 ? 5 : 1),
      gradNorm: noise / Math.sqrt(step),
      learningRate: 1e-3 * (1 - step / steps),
      seconds: 0.25 + 0.05 * noise,
      // whole pages, as the system counts
      memory: 4096 * Math.round(250_000 + 2500 * Math.sin(step / 500)),
    });
    lines.push(JSON.stringify(event));
    if (step % 1000 === 0)
      lines.push(
        JSON.stringify({ event: 'evaluation', step, loss: noise, tokens: 9, seconds: 1, best: false }),
      );
  }
  run.appendText(`${lines.join('\n')}\n`);
}

/** Frames that the page draws while `move` goes on, a second. */
async function frames(page: Frame, move: () => Promise<void>): Promise<number> {
  // Counts from one end to the next: a counter that is started anew would run beside the one that is still ending.
  const count = (): Promise<number> =>
    page.evaluate(() => {
      const counted = window as unknown as { drawn?: number };
      if (counted.drawn === undefined) {
        const next = (): void => {
          counted.drawn = (counted.drawn ?? 0) + 1;
          requestAnimationFrame(next);
        };
        next();
      }
      return counted.drawn ?? 0;
    });
  const [before, started] = [await count(), performance.now()];
  await move();
  return ((await count()) - before) / ((performance.now() - started) / 1000);
}

/** An extension whose status bar item opens a page that says when its script ran. */
function writeEmptyExtension(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const manifest = {
    name: 'empty-page',
    publisher: 'bench',
    version: '0.0.0',
    engines: { vscode: '^1.90.0' },
    activationEvents: ['onStartupFinished'],
    main: './extension.cjs',
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(folder, 'extension.cjs'),
    `const { commands, window, ViewColumn } = require('vscode');
exports.activate = () => {
  commands.registerCommand('emptyPage.open', () => {
    const panel = window.createWebviewPanel('emptyPage', 'Empty', ViewColumn.Active, { enableScripts: true });
    panel.webview.html = '<main id="emptyPage"></main><script>performance.mark("script")</script>';
  });
  const item = window.createStatusBarItem();
  item.text = 'Open empty page';
  item.command = 'emptyPage.open';
  item.show();
};`,
  );
}

/** Milliseconds from a click to the first script of a page with nothing in it: what VS Code itself takes. */
async function emptyPage(window: Page): Promise<number> {
  const item = window.locator('.statusbar-item', { hasText: 'Open empty page' });
  await item.waitFor();
  const clicked = Date.now();
  await item.click();
  const page = await workbench(window).webview('#emptyPage');
  const ran = await page.evaluate(
    () => performance.timeOrigin + performance.getEntriesByName('script')[0]!.startTime,
  );
  await window.locator('.tab', { hasText: 'Empty' }).click();
  await window.keyboard.press('Control+F4');
  return ran - clicked;
}

/** Repeats `step` for as long as motion lasts. */
async function during(step: (i: number) => Promise<void>): Promise<void> {
  const end = performance.now() + motion;
  for (let i = 0; performance.now() < end; i++) await step(i);
}

async function measure(window: Page): Promise<void> {
  const act = workbench(window);
  await act.ready();
  await act.activity('Adapter Workbench');
  const row = act.treeItem(/long\s*0\.\d/);
  await row.waitFor();
  const floor = await emptyPage(window);
  console.log(`an empty page opens, from the click: ${floor.toFixed(0)} ms`);
  const clicked = Date.now();
  await row.click();
  const page = await act.webview('.tall .canvas');
  await page.locator('.tall .canvas[aria-label*="100000 values"]').waitFor();
  await page.waitForFunction(() => performance.getEntriesByName('whole').length > 0);
  const times = await page.evaluate(() =>
    Object.fromEntries(performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime])),
  );
  const origin = await page.evaluate(() => performance.timeOrigin);
  const since = (from: string, to: string): string => (times[to]! - times[from]!).toFixed(0);
  const fromClick = (mark: string): string => (origin + times[mark]! - clicked).toFixed(0);
  console.log(`run page opens, from the click to its plots: ${fromClick('plots')} ms (limit 1000 ms)`);
  console.log(`run page opens, from the click to all steps: ${fromClick('whole')} ms`);
  console.log(`run page, from the click to its frame: ${(origin - clicked).toFixed(0)} ms`);
  console.log(`run page, from its frame to its first script: ${times['script']!.toFixed(0)} ms`);
  console.log(`run page, from its first script to its elements: ${since('script', 'built')} ms`);
  console.log(`run page, from its elements to its data: ${since('built', 'data')} ms`);
  console.log(`run page, from its data to its plots: ${since('data', 'plots')} ms`);
  console.log(`run page, from its plots to all steps: ${since('plots', 'whole')} ms`);
  const box = (await page.locator('.tall .u-over').boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await window.mouse.move(x, y);
  const idle = await frames(page, () => window.waitForTimeout(1000));
  console.log(`frames without motion: ${idle.toFixed(0)} 1/s`);
  const zoom = await frames(page, () =>
    during(async (i) => {
      await window.mouse.wheel(0, i % 40 < 20 ? -60 : 60);
    }),
  );
  console.log(`frames while zooming: ${zoom.toFixed(0)} 1/s (limit 50 1/s)`);
  await window.mouse.wheel(0, -400);
  await window.keyboard.down('Shift');
  await window.mouse.down();
  const pan = await frames(page, () => during((i) => window.mouse.move(x + 150 * Math.sin(i / 20), y)));
  await window.mouse.up();
  await window.keyboard.up('Shift');
  console.log(`frames while moving: ${pan.toFixed(0)} 1/s (limit 50 1/s)`);
}

const folder = mkdtempSync(join(tmpdir(), 'bench-run-page-'));
const workspace = join(folder, 'workspace');
writeRun(join(workspace, 'runs'));
const empty = join(folder, 'empty-page');
writeEmptyExtension(empty);
writeFileSync(join(workspace, 'long.adapter.json'), '{ "base": "none", "data": { "train": "none.jsonl" } }');
const server = await startServer({ vsix: [] });
const { browser, page } = await openWindow(server, {
  folder: workspace,
  develop: [root, empty],
  viewport: { width: 1500, height: 1000 },
});
try {
  await measure(page);
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
