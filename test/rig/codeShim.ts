#!/usr/bin/env node
/**
 * @file Stands in for VS Code's desktop executable: takes the arguments that @vscode/test-electron passes, runs the same
 * extension tests in a real extension host (code-server and Chromium), and exits with their exit code.
 */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatWithOptions, parseArgs } from 'node:util';
import { openWindow } from './browser.ts';
import { startServer } from './server.ts';

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: 'string' },
    extensionTestsPath: { type: 'string' },
    'user-data-dir': { type: 'string' },
    'extensions-dir': { type: 'string' },
    'disable-extensions': { type: 'boolean' },
  },
});
const path = (value: unknown): string | undefined => (typeof value === 'string' ? resolve(value) : undefined);
const develop = path(values.extensionDevelopmentPath);
const tests = path(values.extensionTestsPath);
if (develop === undefined || tests === undefined)
  throw new Error('--extensionDevelopmentPath and --extensionTestsPath are needed');
const folder = positionals.find((place) => existsSync(place) && statSync(place).isDirectory());

/** A suite that never ends must not hold a build for ever. */
const limit = Number(process.env['VSCODE_RIG_TIMEOUT_MS'] ?? 300_000);
/** Lines that the workbench itself writes into the host's console. */
const noise =
  /is not a web extension|^\[?(reconnection-grace|AgentHost|Service Worker|AccountPolicyGate|ChatModelSelection)|^(Resolv|Creating a socket|Ignoring fetching|Updating additional|Resolved connection)/;

interface Ending {
  readonly code: number;
  readonly why?: string;
}

const server = await startServer({
  userDataDir: path(values['user-data-dir']),
  extensionsDir: path(values['extensions-dir']),
});
const { promise: ended, resolve: finish } = Promise.withResolvers<Ending>();
const timer = setTimeout(() => {
  finish({ code: 1, why: `no result within ${limit} ms` });
}, limit);
const window = await openWindow(server, {
  folder,
  develop: [develop],
  tests,
  disableExtensions: values['disable-extensions'] === true,
  onPage: async (page) => {
    // The two functions by which a browser workbench hands on the test host's console and its exit code.
    await page.exposeFunction('codeAutomationLog', (kind: string, args: unknown[]) => {
      const text = formatWithOptions({ colors: false }, ...args);
      if (noise.test(text)) return;
      if (kind === 'error') console.error(text);
      else console.log(text);
    });
    await page.exposeFunction('codeAutomationExit', (code: number) => {
      finish({ code });
    });
    page.on('crash', () => {
      finish({ code: 1, why: 'the workbench page crashed' });
    });
  },
});
const { code, why } = await ended;
clearTimeout(timer);
if (why !== undefined)
  console.error(`${why}\n${window.consoleLines.slice(-20).join('\n')}\n${server.log().slice(-2000)}`);
if (window.outside.size > 0) console.log(`requests to the outside: ${[...window.outside].join(' ')}`);
await window.browser.close();
await server.stop();
process.exit(code);
