/** @file One VS Code with the packed extension for the tests of a file, and pictures of what a person would see. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFailed } from 'vitest';
import { openWindow } from '../rig/browser.ts';
import type { RigWindow, WindowOptions } from '../rig/browser.ts';
import { startServer } from '../rig/server.ts';
import type { RigServer, ServerOptions } from '../rig/server.ts';
import { workbench } from '../rig/workbench.ts';
import type { Workbench } from '../rig/workbench.ts';

const root = resolve(import.meta.dirname, '../..');
const pictures = join(root, 'artifacts/e2e');
/** The packed extension; absent, the working tree is loaded as it was built (`npm run build`). */
const vsix = process.env['VSIX'];

export interface Session {
  readonly page: Page;
  readonly window: RigWindow;
  readonly server: RigServer;
  readonly do: Workbench;
  /** The opened folder. */
  readonly workspace: string;
  /** Keeps a picture, numbered in the order of the story. */
  readonly picture: (name: string) => Promise<void>;
}

export interface SessionOptions extends ServerOptions, WindowOptions {
  /** Fills the folder before it is opened. */
  readonly prepare?: (workspace: string) => void;
}

/** Starts VS Code before the file's tests and ends it after them; a failed test leaves a picture and the logs. */
export function useSession(name: string, options: SessionOptions = {}): () => Session {
  let session: Session | undefined;
  let folder = '';
  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'e2e-'));
    const workspace = join(folder, 'workspace');
    cpSync(join(root, 'test/fixtures/workspace'), workspace, { recursive: true });
    options.prepare?.(workspace);
    const server = await startServer({ ...options, vsix: vsix === undefined ? [] : [vsix] });
    const window = await openWindow(server, {
      folder: workspace,
      develop: vsix === undefined ? [root] : [],
      ...options,
    });
    let count = 0;
    const picture = async (what: string): Promise<void> => {
      await window.page.screenshot({ path: join(pictures, `${name}-${++count}-${what}.png`) });
    };
    session = { page: window.page, window, server, do: workbench(window.page), workspace, picture };
    await session.do.ready();
  }, 180_000);
  afterAll(async () => {
    await session?.window.browser.close();
    await session?.server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return () => {
    const current = session;
    if (current === undefined) throw new Error('VS Code did not start');
    onTestFailed(async () => {
      await current.picture('FAILED');
      writeFileSync(join(pictures, `${name}-console.txt`), current.window.consoleLines.join('\n'));
      writeFileSync(join(pictures, `${name}-server.txt`), current.server.log());
    });
    return current;
  };
}
