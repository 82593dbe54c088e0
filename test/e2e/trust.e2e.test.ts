/** @file A folder that is not trusted: names and a button, nothing starts. And hostile names and texts, which show as what they are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { ownProcesses } from '../support/ownProcesses.ts';
import { makeRun } from '../support/runFolder.ts';
import { useSession } from './session.ts';

/** A link that runs a command, an icon, HTML, and a turn of the writing direction: as a file's name can hold them. */
const evil = '[quit](command:workbench.action.quit) $(alert) <img src=x onerror=alert(1)> \u202exnosj';
const evilFile = `${evil}.adapter.json`;

const session = useSession('trust', {
  trust: true,
  settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' },
  prepare: (workspace) => {
    const runs = join(workspace, 'runs');
    makeRun(runs, 'finished', { status: 'done' });
    makeRun(runs, 'evil', {
      status: 'failed',
      name: evil,
      variant: evil,
      message: `${evil}\n${evil}`,
      device: evil,
    });
    writeFileSync(join(workspace, evilFile), `{ "${evil}": 1, "variants": { "${evil.slice(0, 60)}": {} } }`);
    writeFileSync(join(workspace, 'long.adapter.json'), `{ "base": "${'<b>'.repeat(3_500_000)}" }`);
  },
});

const serving = () =>
  ownProcesses().filter(({ command }) => ['serve', 'train', 'quickstart', 'devices'].includes(command));

test('the views ask for trust and show names from the index alone, and no process is started', async () => {
  const { do: act, page, picture } = session();
  const before = serving();
  await act.activity('Adapter Workbench');
  await page
    .locator('.welcome-view-content .monaco-button', { hasText: 'Manage Workspace Trust' })
    .first()
    .waitFor();
  await act.treeItem('Trust this folder to read and train these configs').waitFor();
  await act.treeItem(/^broken\.adapter\.json$/).waitFor();
  await act.treeItem(/^long\.adapter\.json$/).waitFor();
  // what a row without trust offers: its file, nothing of ours
  await act.treeItem('broken.adapter.json').click({ button: 'right' });
  await page.waitForTimeout(500);
  expect(
    await page.locator('.context-view .action-label', { hasText: /Train|Compare|Duplicate/ }).count(),
  ).toBe(0);
  await page.keyboard.press('Escape');
  await picture('untrusted');
  expect(serving()).toEqual(before);
});

test('the palette offers nothing that starts a run', async () => {
  const { page } = session();
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  const rows = page.locator('.quick-input-list .monaco-list-row');
  const found = async (name: string): Promise<number> => {
    await input.fill(`>Adapter Workbench: ${name}`);
    await page.waitForTimeout(500);
    return rows.filter({ hasText: `Adapter Workbench: ${name}` }).count();
  };
  expect(await found('Open Run')).toBeGreaterThan(0);
  for (const name of ['Quick Start', 'Train', 'Resume', 'Reproduce', 'Try It', 'Test Devices'])
    expect(await found(name), name).toBe(0);
  await page.keyboard.press('Escape');
});

test('the row with the lock leads to the page that trusts; then the runs are listed', async () => {
  const { do: act, page } = session();
  await act.treeItem('Trust this folder').click();
  await page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first().click();
  // the page lies over the window
  await page.locator('.workspace-trust-editor', { hasText: 'You trust this folder' }).waitFor();
  const over = page.locator('.monaco-modal-editor-block .action-label.codicon-close');
  if ((await over.count()) > 0) await over.first().click();
  await act.activity('Adapter Workbench');
  await act.treeItem(/^tickets/).waitFor();
  await act.treeItem(/broken\.adapter\.json.*mistakes/).waitFor();
});

/** No element that a text of a file made: no picture, no link, no icon but the row's own. */
async function expectPlain(place: Locator, icons: number): Promise<void> {
  expect(await place.locator('img, script, a[href], a[data-href]').count()).toBe(0);
  expect(await place.locator('.codicon-alert').count()).toBe(icons);
  expect(await place.textContent()).not.toContain('\u202e');
}

test('hostile names and messages stand in rows as they are', async () => {
  const { do: act, picture } = session();
  await act.treeItem(/long\.adapter\.json.*1 mistake/).waitFor();
  const config = act.treeItem(/^\[quit\]\(command:workbench.*mistake/);
  await config.waitFor();
  await expectPlain(config, 0);
  const run = act.treeItem(/^\[quit\]\(command:workbench\.action\.quit\) \$\(alert\) <img.* · \[quit\]/);
  await run.waitFor();
  await expectPlain(run, 0);
  await picture('hostile');
});

test('so they do on the card above a row', async () => {
  const { page, do: act, picture } = session();
  for (const row of [act.treeItem(/^\[quit\].* · \[quit\]/), act.treeItem(/^\[quit\].*mistake/)]) {
    await row.locator('.label-name').hover();
    const card = page.locator('.monaco-hover:visible', { hasText: '$(alert)' }).last();
    await card.waitFor();
    expect(await card.textContent()).toContain('[quit](command:workbench.action.quit) $(alert) <img src=x');
    await expectPlain(card, 0);
    await picture('card');
    await page.keyboard.press('Escape');
    await page.mouse.move(800, 400);
  }
});

test('and in a notification', async () => {
  const { page, do: act, picture } = session();
  await page
    .locator('.part.sidebar .monaco-list-row', { hasText: /^\[quit\].*mistake/ })
    .first()
    .click();
  await page.keyboard.press('ArrowRight');
  const variant = act.treeItem(/^base.*not trained yet/);
  await variant.hover();
  await variant.locator('.action-label[aria-label^="Train"]').click();
  const notice = act.notification(/\[quit\]/);
  await notice.waitFor({ timeout: 30_000 });
  expect(await notice.locator('.notification-list-item-message a').count()).toBe(0);
  await picture('notification');
});

test('the window is as it was: nothing ran', async () => {
  const { page } = session();
  expect(await page.locator('.monaco-workbench').count()).toBe(1);
  expect([...session().window.outside]).toEqual([]);
});
