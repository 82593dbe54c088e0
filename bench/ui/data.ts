/**
 * @file Data files in a real VS Code: a 45 MB JSONL in the editor, a 2 GB one in the dataset page. Prints one line a figure.
 * `node bench/ui/data.ts [editor] [page]` after `npm run build`; Linux (memory is read from /proc). The files are made and removed in a
 * temporary folder.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { openWindow } from '../../test/rig/browser.ts';
import type { RigWindow } from '../../test/rig/browser.ts';
import { collectedMemory, processesOf, residentOf } from '../../test/rig/hostMemory.ts';
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

const print = (name: string, value: number, unit: string, limit: string): void => {
  console.log(`${name}: ${value.toFixed(0)} ${unit} (limit ${limit})`);
};

/** Milliseconds until something that the page itself looks for at each frame. */
const until = (page: Page | Frame, test: string): Promise<number> =>
  page.evaluate(
    (source) =>
      new Promise<number>((done, failed) => {
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- ours, above
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

interface Scene {
  readonly page: Page;
  readonly act: ReturnType<typeof workbench>;
  readonly mark: string;
  readonly logs: string;
}

const hostOf = ({ mark }: Scene): number => {
  const [pid] = processesOf(mark, 'type=extensionHost');
  if (pid === undefined) throw new Error('no extension host');
  return pid;
};

/** Opens a file and writes into its last row. @returns milliseconds from the text to the first colours, where `coloured` asks for it. */
async function openAndEdit({ page }: Scene, name: string, coloured: boolean): Promise<number> {
  await page.keyboard.press('Control+P');
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  await input.fill(name);
  const entry = page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first();
  await entry.waitFor();
  const isOpen = `document.querySelector('.tab.active[data-resource-name="${name}"]') !== null && document.querySelector('.view-line span span') !== null`;
  const opened = until(page, isOpen);
  const shown = coloured
    ? until(page, `${isOpen} && document.querySelector('.view-line [class*="ced-"]') !== null`)
    : opened;
  await entry.click();
  const [text, colours] = await Promise.all([opened, shown]);
  if (coloured) await page.locator('.statusbar-item', { hasText: /tokens trained · row 1/ }).waitFor();
  else await settled(page);
  await page.keyboard.press('Control+End');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('End');
  if (coloured) await page.locator('.statusbar-item', { hasText: /tokens trained · row \d{5}/ }).waitFor();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
  return Math.max(0, colours - text);
}

/** What 45 MB of text cost the extension host: with our colours as JSONL, and as a text that is none of ours. */
async function measureEditor(
  scene: Scene,
  ending: 'jsonl' | 'txt',
): Promise<{ used: number; resident: number }> {
  const { page, act, logs } = scene;
  const ours = ending === 'jsonl';
  await act.openFile(`small.${ending}`);
  if (ours) await page.locator('.statusbar-item', { hasText: 'tokens trained' }).waitFor({ timeout: 60_000 });
  await settled(page);
  const before = await collectedMemory(hostOf(scene));
  const colours = await openAndEdit(scene, `big.${ending}`, ours);
  const word = ' and one more word';
  if (ours) {
    print(
      "editor 45 MB, first colours after its text, VS Code's own transfer included",
      colours,
      'ms',
      'none',
    );
    print('editor 45 MB, first colours after extensions get the document', openingOf(logs), 'ms', '500');
    const status = `[...document.querySelectorAll('.statusbar-item')].map((item) => item.textContent).find((text) => text.includes('tokens trained'))`;
    const known = await page.evaluate<string>(status);
    const counted = until(
      page,
      `(() => { const now = ${status}; return now !== undefined && now !== ${JSON.stringify(known)}; })()`,
    );
    await page.keyboard.insertText(word);
    print('editor 45 MB, an edit until its row is counted anew', await counted, 'ms', 'its own row');
  } else await page.keyboard.insertText(word);
  await settled(page);
  const after = await collectedMemory(hostOf(scene));
  await page.keyboard.press('Control+Z');
  return { used: after.used - before.used, resident: after.resident - before.resident };
}

/** Marks in each page when its rows, or the words of an empty page, are there: from the frame around it, which VS Code never rewrites. */
function markRows(): void {
  if (window === window.top) return;
  const look = (): void => {
    for (const { contentWindow } of document.querySelectorAll('iframe')) {
      if (!contentWindow?.document.querySelector('.row .excerpt:not(:empty), #nothing')) continue;
      const { performance } = contentWindow;
      if (performance.getEntriesByName('shown').length === 0) performance.mark('shown');
    }
    requestAnimationFrame(look);
  };
  look();
}

/** Milliseconds since 1970 of a page's first script, and of its rows. */
const timesOf = async (frame: Frame): Promise<{ script: number; shown: number }> => {
  await frame.waitForFunction(() => performance.getEntriesByName('shown').length > 0);
  return frame.evaluate(() => {
    const { timeOrigin } = performance;
    const script = performance.getEntriesByType('resource').find(({ name }) => name.includes('/dataset.js'));
    const [shown] = performance.getEntriesByName('shown');
    return {
      script: timeOrigin + ((script as PerformanceResourceTiming | undefined)?.responseEnd ?? 0),
      shown: timeOrigin + shown!.startTime,
    };
  });
};

/** An extension whose page has nothing to do: what VS Code itself takes from a click to a page. */
function writeEmptyExtension(folder: string): void {
  mkdirSync(folder);
  const customEditors = [
    { viewType: 'bench.empty', displayName: 'Empty', selector: [{ filenamePattern: '*.empty' }] },
  ];
  const manifest = {
    name: 'empty-page',
    publisher: 'bench',
    version: '0.0.1',
    engines: { vscode: '^1.90.0' },
    main: 'main.js',
    activationEvents: ['onStartupFinished'],
    contributes: { customEditors },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(folder, 'main.js'),
    `const { window } = require('vscode');
exports.activate = () => window.registerCustomEditorProvider('bench.empty', {
  openCustomDocument: (uri) => ({ uri, dispose() {} }),
  resolveCustomEditor: (_, { webview }) => {
    webview.options = { enableScripts: true };
    webview.html = '<!DOCTYPE html><p id="nothing">empty</p>';
  },
});`,
  );
}

/** From a click to an empty page: the first one of a window, and a later one. */
async function measureEmptyPage({ act }: Scene): Promise<void> {
  for (const [name, words] of [
    ['one', 'the first'],
    ['two', 'a later one'],
  ] as const) {
    const item = act.treeItem(new RegExp(`${name}\\.empty`));
    await item.waitFor();
    const click = Date.now();
    await item.dblclick();
    const frame = await act.webview('#nothing');
    print(
      `empty page, ${words} of a window, from the click`,
      (await timesOf(frame)).shown - click,
      'ms',
      'none',
    );
  }
}

/** Kilobytes matter here: the debugger's count after all garbage was given back. */
async function pageHeap({ page }: Scene): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 2 ** 20;
}

/** Goes to a row by its number; milliseconds until it is shown. */
async function jumpTo(frame: Frame, line: number): Promise<number> {
  await frame.locator('input[type=number]').fill(String(line));
  const there = until(
    frame,
    `document.querySelector('.detail h2')?.textContent === 'Line ${line.toLocaleString('en-US')}'`,
  );
  await frame.locator('input[type=number]').press('Enter');
  return await there;
}

/** The file appears under its name only now, so that nobody has looked into it before the page does. */
async function measurePage(scene: Scene, appear: () => void): Promise<void> {
  const { page, act, mark } = scene;
  const helper = (): number =>
    processesOf(mark, 'main.mjs', 'serve').reduce((sum, pid) => sum + residentOf(pid), 0);
  await page.keyboard.press('Control+Shift+E');
  await measureEmptyPage(scene);
  const [serve, host] = [helper(), await collectedMemory(hostOf(scene))];
  appear();
  const item = act.treeItem(/huge\.jsonl/);
  await item.waitFor();
  await item.click({ button: 'right' });
  const entry = page.locator('.monaco-menu .action-menu-item', { hasText: 'Open in Dataset Page' });
  await entry.hover();
  // A menu doesn't take a click right after it opened.
  await page.waitForTimeout(500);
  const click = Date.now();
  await entry.click();
  const frame = await act.webview('.row .excerpt:not(:empty)');
  const { script, shown } = await timesOf(frame);
  const state = await frame.locator('.status').textContent();
  print(`page 2 GB (${state}), first rows after its first script`, shown - script, 'ms', '500');
  print('page 2 GB, first rows after the click', shown - click, 'ms', "VS Code's own page and 500");
  await frame.locator('.detail .turn').first().waitFor();
  const early = await pageHeap(scene);
  await frame.locator('.status', { hasText: /^[\d,]+ rows · / }).waitFor({ timeout: 300_000 });
  print('page 2 GB, all rows indexed after the click', Date.now() - click, 'ms', 'none');
  print('page 2 GB, to row 1,000,000', await jumpTo(frame, 1_000_000), 'ms', '500');
  await frame.locator('.list').focus();
  for (let i = 0; i < 40; i++) await page.keyboard.press('PageUp');
  await frame.locator('.row .tokens', { hasText: /\d/ }).first().waitFor();
  await settled(page);
  const hostNow = await collectedMemory(hostOf(scene));
  const [grown, peaks] = [helper() - serve, [] as number[]];
  for (let round = 0; round < 3; round++) {
    for (let jump = 0; jump < 10; jump++) await jumpTo(frame, 1 + ((jump * 137_731 + round * 7) % 1_400_000));
    peaks.push(helper() - serve);
  }
  const text = [grown, ...peaks].map((megabytes) => megabytes.toFixed(0)).join(', ');
  print(
    `page 2 GB, helper grows (${text} MB after 0, 10, 20, 30 more jumps)`,
    Math.max(grown, ...peaks),
    'MB',
    'flat',
  );
  print('page 2 GB, extension host grows', hostNow.resident - host.resident, 'MB', 'flat');
  print('page 2 GB, page grows', (await pageHeap(scene)) - early, 'MB', 'flat');
}

async function inWindow(
  folder: string,
  name: string,
  measure: (scene: Scene) => Promise<void>,
): Promise<void> {
  const mark = randomUUID();
  // On a remote machine VS Code asks before it opens more than 10 MB.
  const settings = { 'workbench.editorLargeFileConfirmation': 1024 };
  const userDataDir = join(folder, `user-${name}`);
  const server = await startServer({ env: { BENCH_MARK: mark }, settings, userDataDir });
  let window: RigWindow | undefined;
  try {
    window = await openWindow(server, {
      folder: join(folder, 'workspace'),
      develop: [root, join(folder, 'empty')],
      onPage: async (page) => {
        await page.addInitScript(markRows);
      },
    });
    const act = workbench(window.page);
    await act.ready();
    await act.activity('Adapter Workbench');
    await act.treeItem(/big\.jsonl/).waitFor({ timeout: 60_000 });
    await measure({ page: window.page, act, mark, logs: userDataDir });
  } catch (error) {
    await window?.page.screenshot({ path: join(root, 'artifacts/bench-data.png') });
    throw error;
  } finally {
    await window?.browser.close();
    await server.stop();
  }
}

const parts = process.argv.length > 2 ? process.argv.slice(2) : ['editor', 'page'];
const folder = mkdtempSync(join(tmpdir(), 'bench-data-'));
try {
  const workspace = join(folder, 'workspace');
  cpSync(join(root, 'test/fixtures/workspace'), workspace, { recursive: true });
  writeEmptyExtension(join(folder, 'empty'));
  for (const name of ['one', 'two']) writeFileSync(join(workspace, `${name}.empty`), '');
  writeRows(join(workspace, 'small.jsonl'), 100_000);
  const big = writeRows(join(workspace, 'big.jsonl'), 45e6);
  const hidden = join(folder, 'huge');
  const huge = writeRows(hidden, 2e9);
  for (const name of ['small', 'big'])
    cpSync(join(workspace, `${name}.jsonl`), join(workspace, `${name}.txt`));
  console.log(
    `big.jsonl has ${big} rows, huge.jsonl ${huge}; base ${base === large ? 'SmolLM2-135M' : 'tiny-clerk'}`,
  );
  for (const name of ['small', 'big', 'huge'])
    writeFileSync(
      join(workspace, `${name}.adapter.json`),
      JSON.stringify({ base, data: { train: `${name}.jsonl` }, method: { kind: 'lora' } }),
    );
  if (parts.includes('editor')) {
    let own = { used: NaN, resident: NaN };
    await inWindow(folder, 'text', async (scene) => {
      own = await measureEditor(scene, 'txt');
    });
    await inWindow(folder, 'rows', async (scene) => {
      const all = await measureEditor(scene, 'jsonl');
      print('editor 45 MB, extension host grows', all.resident, 'MB', '150');
      print("editor 45 MB, of that VS Code's own, for the same text as .txt", own.resident, 'MB', 'none');
      print('editor 45 MB, objects in use grow', all.used, 'MB', '150');
      print("editor 45 MB, of these VS Code's own", own.used, 'MB', 'none');
    });
  }
  if (parts.includes('page'))
    await inWindow(folder, 'page', (scene) =>
      measurePage(scene, () => {
        renameSync(hidden, join(workspace, 'huge.jsonl'));
      }),
    );
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
