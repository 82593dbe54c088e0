/**
 * @file Data files in a real VS Code: a 45 MB JSONL in the editor, a 2 GB one in the dataset page. Prints one line a figure.
 * `node bench/ui/data.ts` after `npm run build`; Linux (memory is read from /proc). The files are made and removed in a temporary folder.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { openWindow } from '../../test/rig/browser.ts';
import { startServer } from '../../test/rig/server.ts';
import { workbench } from '../../test/rig/workbench.ts';

const root = resolve(import.meta.dirname, '../..');
const large = resolve(root, '../shared/models/smollm2-135m-instruct');
const base = existsSync(large) ? large : join(root, 'media/base/tiny-clerk');
const words =
  'the order arrived late and one part is missing so please tell me when the next delivery comes to our shop in town'.split(
    ' ',
  );

/** Deterministic, so that each run measures the same. */
function* numbers(): Generator<number, never, undefined> {
  for (let state = 1; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Chats of three to seven turns, 0.4 to 3 kB. */
function writeRows(path: string, bytes: number): number {
  const random = numbers();
  const next = (below: number): number => Math.floor(random.next().value * below);
  const text = (count: number): string =>
    Array.from({ length: count }, () => words[next(words.length)]).join(' ');
  const file = openSync(path, 'w');
  let rows = 0;
  for (let written = 0; written < bytes;) {
    const lines: string[] = [];
    for (let i = 0; i < 500; i++) {
      const turns = Array.from({ length: 1 + next(3) }, () => [
        { role: 'user', content: text(10 + next(60)) },
        { role: 'assistant', content: text(20 + next(120)) },
      ]);
      const system = { role: 'system', content: 'You answer questions of customers.' };
      lines.push(JSON.stringify({ id: rows + i, messages: [system, ...turns.flat()] }));
    }
    written += writeSync(file, `${lines.join('\n')}\n`);
    rows += lines.length;
  }
  closeSync(file);
  return rows;
}

/** Resident megabytes of our processes whose command line has these words. */
function memoryOf(mark: string, ...wanted: readonly string[]): number {
  let total = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!wanted.every((word) => command.includes(word))) continue;
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)) continue;
      const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      total += Number(kilobytes) / 1024;
    } catch {
      // it ended while we looked
    }
  return total;
}

const print = (name: string, value: number, unit: string, limit: string): void => {
  console.log(`${name}: ${value.toFixed(0)} ${unit} (limit ${limit})`);
};

/** Milliseconds until something that the page itself looks for at each frame. */
const until = (page: Page | Frame, test: string): Promise<number> =>
  page.evaluate(
    (source) =>
      new Promise<number>((done, failed) => {
        // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-type-assertion -- ours, above
        const holds = new Function(`return ${source}`) as () => boolean;
        const begin = performance.now();
        const look = (): void => {
          if (holds()) done(performance.now() - begin);
          else if (performance.now() - begin > 60_000) failed(new Error(`a minute without: ${source}`));
          else requestAnimationFrame(look);
        };
        look();
      }),
    test,
  );

/** What the extension logged about big.jsonl, in milliseconds. */
function openingOf(logs: string): number {
  for (const name of readdirSync(logs, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('Adapter Workbench.log')) continue;
    const found = /big\.jsonl: first rows coloured (\d+) ms/.exec(readFileSync(join(logs, name), 'utf8'));
    if (found !== null) return Number(found[1]);
  }
  return NaN;
}

const settled = (page: Page): Promise<void> => page.waitForTimeout(3000);

async function measureEditor(
  page: Page,
  act: ReturnType<typeof workbench>,
  mark: string,
  logs: string,
): Promise<void> {
  await act.openFile('small.jsonl');
  await page.locator('.statusbar-item', { hasText: 'tokens trained' }).waitFor({ timeout: 60_000 });
  await settled(page);
  const host = memoryOf(mark, 'extensionHost');
  await page.keyboard.press('Control+P');
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  await input.fill('big.jsonl');
  const entry = page.locator('.quick-input-list .monaco-list-row', { hasText: 'big.jsonl' }).first();
  await entry.waitFor();
  const isOpen = `document.querySelector('.tab.active[data-resource-name="big.jsonl"]') !== null && document.querySelector('.view-line span span') !== null`;
  const opened = until(page, isOpen);
  const shown = until(page, `${isOpen} && document.querySelector('.view-line [class*="ced-"]') !== null`);
  await entry.click();
  const [text, colours] = await Promise.all([opened, shown]);
  print(
    "editor 45 MB, first decorations after its text, VS Code's own transfer included",
    Math.max(0, colours - text),
    'ms',
    'none',
  );
  await page.locator('.statusbar-item', { hasText: /tokens trained · row 1/ }).waitFor();
  print('editor 45 MB, first decorations after extensions get the document', openingOf(logs), 'ms', '500');
  await page.keyboard.press('Control+End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('End');
  await page.locator('.statusbar-item', { hasText: /tokens trained · row \d{5}/ }).waitFor();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
  const status = `[...document.querySelectorAll('.statusbar-item')].map((item) => item.textContent).find((text) => text.includes('tokens trained'))`;
  const before = await page.evaluate<string>(status);
  const counted = until(
    page,
    `(() => { const now = ${status}; return now !== undefined && now !== ${JSON.stringify(before)}; })()`,
  );
  await page.keyboard.insertText(' and one more word');
  print('editor 45 MB, an edit until its row is counted anew', await counted, 'ms', 'its own row');
  await settled(page);
  print('editor 45 MB, extension host grows', memoryOf(mark, 'extensionHost') - host, 'MB', '150');
  await page.keyboard.press('Control+Z');
}

async function measurePage(page: Page, act: ReturnType<typeof workbench>, mark: string): Promise<void> {
  const memory = (): readonly [number, number] => [
    memoryOf(mark, 'main.mjs', 'serve'),
    memoryOf(mark, 'extensionHost'),
  ];
  const [serve, host] = memory();
  await act.activity('Adapter Workbench');
  const item = act.treeItem(/huge\.jsonl/);
  await item.hover();
  const begin = performance.now();
  await item.locator('.action-label').first().click();
  const frame = await act.webview('.row .excerpt:not(:empty)');
  print('page 2 GB, first rows', performance.now() - begin, 'ms', '500');
  await frame.locator('.detail .turn').first().waitFor();
  const heap = (): Promise<number> =>
    frame.evaluate(
      () =>
        (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize / 2 ** 20,
    );
  const early = await heap();
  await frame.locator('.status', { hasText: /^[\d,]+ rows · / }).waitFor({ timeout: 300_000 });
  print('page 2 GB, index', performance.now() - begin, 'ms', 'none');
  await frame.locator('input[type=number]').fill('1000000');
  const there = until(frame, `document.querySelector('.detail h2')?.textContent === 'Line 1,000,000'`);
  await frame.locator('input[type=number]').press('Enter');
  print('page 2 GB, to row 1,000,000', await there, 'ms', '500');
  await frame.locator('.list').focus();
  for (let i = 0; i < 40; i++) await page.keyboard.press('PageUp');
  await frame.locator('.row .tokens', { hasText: /\d/ }).first().waitFor();
  await settled(page);
  const [serveNow, hostNow] = memory();
  print('page 2 GB, helper grows', serveNow - serve, 'MB', 'flat');
  print('page 2 GB, extension host grows', hostNow - host, 'MB', 'flat');
  print('page 2 GB, page grows', (await heap()) - early, 'MB', 'flat');
}

const folder = mkdtempSync(join(tmpdir(), 'bench-data-'));
try {
  const workspace = join(folder, 'workspace');
  cpSync(join(root, 'test/fixtures/workspace'), workspace, { recursive: true });
  writeRows(join(workspace, 'small.jsonl'), 100_000);
  const big = writeRows(join(workspace, 'big.jsonl'), 45e6);
  const huge = writeRows(join(workspace, 'huge.jsonl'), 2e9);
  console.log(
    `big.jsonl has ${big} rows, huge.jsonl ${huge}; base ${base === large ? 'SmolLM2-135M' : 'tiny-clerk'}`,
  );
  for (const name of ['small', 'big', 'huge'])
    writeFileSync(
      join(workspace, `${name}.adapter.json`),
      JSON.stringify({ base, data: { train: `${name}.jsonl` }, method: { kind: 'lora' } }),
    );
  const mark = randomUUID();
  // On a remote machine VS Code asks before it opens more than 10 MB.
  const settings = { 'workbench.editorLargeFileConfirmation': 1024 };
  const userDataDir = join(folder, 'user');
  const server = await startServer({ env: { BENCH_MARK: mark }, settings, userDataDir });
  const window = await openWindow(server, { folder: workspace, develop: [root] });
  try {
    const act = workbench(window.page);
    await act.ready();
    await act.activity('Adapter Workbench');
    await act.treeItem(/huge\.jsonl/).waitFor({ timeout: 60_000 });
    await measureEditor(window.page, act, mark, userDataDir);
    await measurePage(window.page, act, mark);
  } catch (error) {
    await window.page.screenshot({ path: join(root, 'artifacts/bench-data.png') });
    throw error;
  } finally {
    await window.browser.close();
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
