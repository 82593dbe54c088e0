/** @file A folder that is not trusted: nothing starts, and the view says why. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeRun } from '../support/runFolder.ts';
import { useSession } from './session.ts';

const session = useSession('trust', {
  trust: true,
  settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' },
  prepare: (workspace) => {
    makeRun(join(workspace, 'runs'), 'finished', { status: 'done' });
  },
});

/** Command lines of the extension's processes on this machine. */
const ownProcesses = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
        return /dist\/main\.mjs (serve|train|quickstart)/.test(line) ? [line] : [];
      } catch {
        return [];
      }
    });

test('the view asks for trust, and no process is started', async () => {
  const { do: act, page, picture } = session();
  const before = ownProcesses();
  await act.activity('Adapter Workbench');
  await page.locator('.welcome-view-content .monaco-button', { hasText: 'Manage Workspace Trust' }).waitFor();
  await picture('untrusted');
  expect(ownProcesses()).toEqual(before);
});

test('the palette offers nothing that starts a run', async () => {
  const { page } = session();
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  await input.fill('>Adapter Workbench: ');
  const rows = page.locator('.quick-input-list .monaco-list-row');
  await rows.filter({ hasText: 'Adapter Workbench: Open Run' }).waitFor();
  for (const name of ['Quick Start', 'Train', 'Resume'])
    expect(await rows.filter({ hasText: `Adapter Workbench: ${name}` }).count()).toBe(0);
  await page.keyboard.press('Escape');
});

test('once trusted, the runs are listed', async () => {
  const { do: act, page } = session();
  await act.command('Workspaces: Manage Workspace Trust');
  await page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first().click();
  await act.activity('Adapter Workbench');
  await act.treeItem('tickets').waitFor();
});
