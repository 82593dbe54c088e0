/** @file Opens the workbench of a rig server in Chromium, with the extension and tests under development loaded. */
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { chromium as chromiumPath } from '../../scripts/machine.mjs';
import type { RigServer } from './server.ts';

const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--disable-domain-reliability',
  // Only loopback resolves: a request to the outside fails at once and shows in `outside`.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

export interface WindowOptions {
  /** Folder to open; absent opens an empty window. */
  readonly folder?: string | undefined;
  /** Extension folders, as with --extensionDevelopmentPath. */
  readonly develop?: readonly string[];
  /** A module with run(), as with --extensionTestsPath. */
  readonly tests?: string | undefined;
  readonly disableExtensions?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Called before the workbench loads. */
  readonly onPage?: (page: Page) => Promise<void>;
}

export interface RigWindow {
  readonly browser: Browser;
  readonly page: Page;
  /** Requests that tried to leave the machine. */
  readonly outside: ReadonlySet<string>;
  readonly consoleLines: readonly string[];
}

/**
 * A built workbench ignores development options in its address, so they go into its configuration element as the page
 * reads it. (Not by changing the page's text: Chromium then takes it for a public page and blocks its loopback socket.)
 */
async function addDevelopmentOptions(page: Page, options: Record<string, unknown>): Promise<void> {
  await page.addInitScript((development) => {
    if (window !== window.top) return;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the element below
    const read = Element.prototype.getAttribute;
    Element.prototype.getAttribute = function (this: Element, name: string) {
      const value = read.call(this, name);
      if (name !== 'data-settings' || value === null || this.id !== 'vscode-workbench-web-configuration')
        return value;
      const settings = JSON.parse(value) as Record<string, unknown>;
      (window as { rigOptionsRead?: boolean }).rigOptionsRead = true;
      return JSON.stringify({ ...settings, developmentOptions: development });
    };
  }, options);
}

/** Opens a window; waits until the page has loaded, not until the workbench is ready. */
export async function openWindow(server: RigServer, options: WindowOptions = {}): Promise<RigWindow> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium on this machine');
  const browser = await chromium.launch({ executablePath, headless: true, args: chromiumArguments });
  const viewport = options.viewport ?? { width: 1280, height: 800 };
  const context = await browser.newContext({ viewport, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  const outside = new Set<string>();
  const consoleLines: string[] = [];
  page.on('requestfailed', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.host !== server.authority)
      outside.add(url.origin + url.pathname);
  });
  page.on('console', (message) => {
    consoleLines.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => {
    consoleLines.push(`pageerror: ${error.stack ?? error.message}`);
  });
  await options.onPage?.(page);

  const uri = (path: string) => ({
    scheme: 'vscode-remote',
    authority: server.authority,
    path: resolve(path),
  });
  const develop = options.develop ?? [];
  const tests = options.tests === undefined ? {} : { extensionTestsPath: uri(options.tests) };
  const developing = develop.length > 0 || options.tests !== undefined;
  if (developing) await addDevelopmentOptions(page, { extensions: develop.map(uri), ...tests });
  const payload = [
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  if (options.disableExtensions === true) payload.push(['disableExtensions', 'true']);
  const query = new URLSearchParams({ payload: JSON.stringify(payload) });
  if (options.folder === undefined) query.set('ew', 'true');
  else query.set('folder', resolve(options.folder));
  await page.goto(`${server.origin}/?${query}`, { waitUntil: 'domcontentloaded' });
  if (developing)
    await page.waitForFunction(() => (window as { rigOptionsRead?: boolean }).rigOptionsRead, null, {
      timeout: 60_000,
    });
  return { browser, page, outside, consoleLines };
}
