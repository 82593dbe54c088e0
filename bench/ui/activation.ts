/** @file What VS Code itself says about our activation, with the packed extension and a folder that has a config. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWindow } from '../../test/rig/browser.ts';
import { startServer } from '../../test/rig/server.ts';
import { workbench } from '../../test/rig/workbench.ts';
import { prepareQuickstart } from '../../runtime/pipelines/quickstart.ts';

const WINDOWS = 5;
const limit = 50;
const root = join(import.meta.dirname, '../..');
const vsix = process.env['VSIX'] ?? join(root, 'artifacts/adapter-workbench-linux-x64.vsix');
const folder = mkdtempSync(join(tmpdir(), 'activation-'));
cpSync(join(root, 'test/fixtures/workspace'), folder, { recursive: true });
writeFileSync(join(folder, 'note.txt'), '');
prepareQuickstart(join(folder, 'adapter-quickstart'));
const server = await startServer({ vsix: [vsix] });
const times: number[] = [];
try {
  for (let count = 0; count < WINDOWS; count++) {
    const { browser, page } = await openWindow(server, { folder, viewport: { width: 1280, height: 2000 } });
    const act = workbench(page);
    await act.ready();
    await act.activity('Adapter Workbench');
    await act.command('Developer: Show Running Extensions');
    const row = page.locator('[aria-label="Runtime Extensions"] .extension', {
      hasText: 'Adapter Workbench',
    });
    const text = await row.locator('.activation-time').textContent({ timeout: 30_000 });
    times.push(Number(/(\d+)\s*ms/.exec(text ?? '')?.[1]));
    await browser.close();
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
times.sort((a, b) => a - b);
const median = times[Math.floor(times.length / 2)] ?? NaN;
console.log(`activation, median of ${WINDOWS} windows: ${median} ms (${times.join(', ')}; limit ${limit})`);
process.exitCode = median <= limit ? 0 : 1;
