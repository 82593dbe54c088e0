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
      memory: 1e9 + 1e7 * Math.sin(step / 500),
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
  const started = performance.now();
  await row.click();
  const page = await act.webview('.tall .canvas');
  await page.locator('.tall .canvas[aria-label*="100000 values"]').waitFor();
  // The lines are drawn in the frame after the label was written.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const opened = performance.now() - started;
  const loaded = await page.evaluate(() => performance.now());
  console.log(`run page opens, from the click: ${opened.toFixed(0)} ms`);
  console.log(`run page opens, from its first script to its plots: ${loaded.toFixed(0)} ms (limit 1000 ms)`);
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
writeFileSync(join(workspace, 'long.adapter.json'), '{ "base": "none", "data": { "train": "none.jsonl" } }');
const server = await startServer({ vsix: [] });
const { browser, page } = await openWindow(server, {
  folder: workspace,
  develop: [root],
  viewport: { width: 1500, height: 1000 },
});
try {
  await measure(page);
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
