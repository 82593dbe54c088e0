/**
 * @file Time from the side bar's icon to the first painted rows, in a real VS Code: 1,000 runs with 200 configs, and 4,000 runs.
 * Prints `name: value unit (limit ...)`. The extension starts with that click: its activation is part of the time.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { openWindow } from '../../test/rig/browser.ts';
import { startServer } from '../../test/rig/server.ts';
import { workbench } from '../../test/rig/workbench.ts';
import { runConfig } from '../../test/support/runConfig.ts';
import { makeRun } from '../../test/support/runFolder.ts';
import { stepEvent } from '../../test/support/runSummary.ts';

const root = resolve(import.meta.dirname, '../..');
const limit = 500;

/** `configs` configs with three variants each, and `runs` finished runs of them, forty a day. */
function fill(workspace: string, runs: number, configs: number): void {
  for (let i = 0; i < configs; i++)
    writeFileSync(
      join(workspace, `config-${i}.adapter.json`),
      JSON.stringify({
        base: 'base',
        data: { train: 'rows.jsonl' },
        variants: { 'rank 4': { method: { rank: 4 } }, 'rank 64': { method: { rank: 64 } } },
      }),
    );
  mkdirSync(join(workspace, 'base'));
  writeFileSync(join(workspace, 'rows.jsonl'), '{"text":"a"}\n');
  const output = join(workspace, 'runs');
  const resolved = JSON.stringify(runConfig(output));
  const steps = Array.from({ length: 200 }, (_, i) => stepEvent(i + 1));
  for (let i = 0; i < runs; i++) {
    const variant = [undefined, 'rank 4', 'rank 64'][i % 3];
    const run = makeRun(output, `run-${i}`, {
      status: 'done',
      name: `config-${i % configs}`,
      config: join(workspace, `config-${i % configs}.adapter.json`),
      created: new Date(Date.now() - Math.floor(i / 40) * 86_400_000).toISOString(),
      loss: 0.01 + i / 1e5,
      seed: i,
      ...(variant === undefined ? {} : { variant }),
    });
    run.append(...steps);
    writeFileSync(join(run.folder, 'config.resolved.json'), resolved);
  }
}

/** Milliseconds in the page from a click on the icon to a row of each view that is on the screen. */
async function firstRows(page: Page): Promise<{ readonly runs: number; readonly adapters: number }> {
  await page.evaluate(() => {
    const state: Record<string, number> = {};
    const look = (): void => {
      const rows = [...document.querySelectorAll('.part.sidebar .monaco-list-row .label-name')];
      const now = performance.now();
      for (const [name, text] of [
        ['runs', /^config-\d+( · rank \d+)?$/],
        ['adapters', /^config-\d+\.adapter\.json$/],
      ] as const)
        if (state[name] === undefined && rows.some((row) => text.test(row.textContent))) state[name] = now;
      // the next frame: what is in the document now is painted then
      if (Object.keys(state).length < 2) requestAnimationFrame(look);
    };
    document.addEventListener(
      'mousedown',
      () => {
        (window as { benchStart?: number }).benchStart = performance.now();
        (window as { benchRows?: typeof state }).benchRows = state;
        requestAnimationFrame(look);
      },
      { capture: true, once: true },
    );
  });
  await page.locator('.activitybar a.action-label[aria-label^="Adapter Workbench"]').click();
  await page.waitForFunction(
    () => Object.keys((window as { benchRows?: Record<string, number> }).benchRows ?? {}).length === 2,
    null,
    { timeout: 60_000 },
  );
  return page.evaluate(() => {
    const { benchStart = 0, benchRows = {} } = window as {
      benchStart?: number;
      benchRows?: Record<string, number>;
    };
    return {
      runs: (benchRows['runs'] ?? 0) - benchStart,
      adapters: (benchRows['adapters'] ?? 0) - benchStart,
    };
  });
}

/** A window that is ready and quiet; the extension has not been asked for anything yet. */
async function measure(runs: number, configs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  fill(workspace, runs, configs);
  const server = await startServer();
  const window = await openWindow(server, { folder: workspace, develop: [root] });
  try {
    const act = workbench(window.page);
    await act.ready();
    await window.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
    await window.page.waitForTimeout(5000);
    const cold = await firstRows(window.page);
    const print = (what: string, value: number): void => {
      console.log(
        `trees, ${runs} runs, ${configs} configs, ${what}: ${Math.round(value)} ms (limit ${limit} ms)`,
      );
    };
    print('first row of Runs with the start of the extension', cold.runs);
    print('first row of Adapters with the start of the extension', cold.adapters);
    await act.command('View: Show Explorer');
    await window.page.waitForTimeout(2000);
    const warm = await firstRows(window.page);
    print('first row of Runs when shown again', warm.runs);
    print('first row of Adapters when shown again', warm.adapters);
  } finally {
    await window.browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

await measure(1000, 200);
await measure(4000, 200);
