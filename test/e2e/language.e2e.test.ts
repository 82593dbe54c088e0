/** @file VS Code in another language: no English text of ours is left on a page, whatever stands in the translation. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { writeComparedRuns } from '../support/comparedRuns.ts';
import { writeDataWorkspace } from '../support/dataWorkspace.ts';
import { useSession } from './session.ts';

const root = resolve(import.meta.dirname, '../..');
const english = Object.keys(
  JSON.parse(readFileSync(join(root, 'l10n/bundle.l10n.json'), 'utf8')) as Record<string, string>,
);
const inBrackets = (text: string): string => `‹${text}›"<b>&`;

/** The extension as it was built, with a translation into German that is none. */
const extension = mkdtempSync(join(tmpdir(), 'translated-'));
function writeTranslated(): void {
  // Copied, not linked: VS Code knows by a file's real path whose code it is.
  for (const name of ['package.json', 'package.nls.json', 'dist', 'media'])
    cpSync(join(root, name), join(extension, name), {
      recursive: true,
      filter: (path) => path !== join(root, 'dist/node'),
    });
  mkdirSync(join(extension, 'l10n'));
  const texts = Object.fromEntries(english.map((text) => [text, inBrackets(text)]));
  writeFileSync(join(extension, 'l10n/bundle.l10n.de.json'), JSON.stringify(texts));
}
afterAll(() => {
  rmSync(extension, { recursive: true, force: true });
});

const session = useSession('language', {
  prepare: (workspace) => {
    writeTranslated();
    writeComparedRuns(join(workspace, 'runs'));
    writeDataWorkspace(workspace);
  },
  develop: [extension],
  // The workbench's own German would come from the network; extensions are told the language that is named here.
  onPage: async (page) => {
    await page.addInitScript(() => {
      Object.defineProperty(globalThis, '_VSCODE_NLS_LANGUAGE', { get: () => 'de', set: () => undefined });
    });
  },
});

/**
 * Texts of a page that a person sees or hears, each once: those of elements, and of the attributes that are read. Cells of the
 * comparison's facts are the helper's words, which are English everywhere.
 */
const textsOf = (page: Frame): Promise<string[]> =>
  page.evaluate(() => {
    const texts = new Set<string>();
    for (const element of document.querySelectorAll('main, main *')) {
      if (element.closest('td')?.closest('.differences, details')) continue;
      for (const node of element.childNodes)
        if (node.nodeType === Node.TEXT_NODE) texts.add(node.textContent?.trim() ?? '');
      for (const name of ['title', 'placeholder', 'aria-label', 'label'])
        texts.add(element.getAttribute(name) ?? '');
    }
    return [...texts];
  });

async function expectTranslated(page: Frame, some: string): Promise<void> {
  const texts = await textsOf(page);
  expect(texts).toContain(inBrackets(some));
  expect(texts.filter((text) => english.includes(text))).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
}

test("a run's page", async () => {
  const { do: act, picture } = session();
  await act.activity('Adapter Workbench');
  await act
    .treeItem(/tickets · slow/)
    .first()
    .click();
  const page = await act.webview('.facts');
  await page.locator('.facts .fact').first().waitFor();
  await page.locator('table').first().waitFor();
  await expectTranslated(page, 'Smoothing');
  await picture('run');
});

test('the comparison', async () => {
  const { do: act, page: window, picture } = session();
  await act.command('Adapter Workbench: Compare Runs');
  await window.locator('.quick-input-list .monaco-list-row').first().waitFor();
  await window.locator('.quick-input-header').getByRole('checkbox').first().click();
  await window.keyboard.press('Enter');
  const page = await act.webview('.changes li');
  await page.locator('.plot').nth(1).waitFor();
  await expectTranslated(page, 'Export Table');
  await picture('compare');
});

test('the dataset page', async () => {
  const { do: act, picture } = session();
  await act.inline(act.treeItem(/table\.csv/));
  const page = await act.webview('.list');
  await page.locator('.list [role=option]').first().waitFor();
  await page.locator('.detail h2').waitFor();
  await expectTranslated(page, 'Search rows');
  await picture('dataset');
});
