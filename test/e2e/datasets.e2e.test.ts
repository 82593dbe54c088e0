/** @file A person looks at their data: colours, counts, hover, quick fixes, excluded rows; then the dataset page in each theme. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { rows, writeDataWorkspace } from '../support/dataWorkspace.ts';
import { useSession } from './session.ts';
import { lookAt, themes } from './themes.ts';

const parquetFiles = resolve(import.meta.dirname, '../fixtures/data/parquet');

const session = useSession('datasets', {
  prepare: (folder) => {
    writeDataWorkspace(folder);
    cpSync(join(parquetFiles, 'chats-zstd.parquet'), join(folder, 'chats.parquet'));
    const list = rows.slice(0, 3).map((row) => JSON.parse(row) as unknown);
    writeFileSync(join(folder, 'list.json'), JSON.stringify(list, null, 2));
  },
});

/** The row's line in the editor, from 1. */
const gotoLine = async (line: number, column = 1): Promise<void> => {
  const { page } = session();
  await page.keyboard.press('Control+G');
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  await input.waitFor();
  await input.fill(`:${line}:${column}`);
  await page.keyboard.press('Enter');
};

test('the view lists what configs use and what looks like a dataset, with counts', async () => {
  const { do: act, picture } = session();
  await act.activity('Adapter Workbench');
  await act.treeItem(/chat\.jsonl.*8 rows/).waitFor({ timeout: 30_000 });
  await act.treeItem(/valid\.jsonl.*rows · .* tokens · .* trained/).waitFor();
  await act.treeItem(/table\.csv/).waitFor();
  await act.treeItem(/list\.json.*3 rows/).waitFor();
  expect(await act.treeItem(/package\.json/).count()).toBe(0);
  await picture('tree');
});

test('trained text is coloured, the status bar counts the row', async () => {
  const { do: act, page, picture } = session();
  await act.openFile('chat.jsonl');
  await page
    .locator('.statusbar-item', { hasText: /\d+ of \d+ tokens trained · row 1/ })
    .waitFor({ timeout: 30_000 });
  await page.locator('.statusbar-item', { hasText: 'mask by chat' }).waitFor();
  await picture('mask');
});

test('hover shows the row through the template, hostile text as text', async () => {
  const { page, picture } = session();
  await gotoLine(2, 40);
  const hover = page.locator('.monaco-hover:visible', { hasText: '<|im_start|>user' }).first();
  // a hover goes when the editor is laid out anew: then it is asked for once more
  await expect
    .poll(
      async () => {
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+K');
        await page.keyboard.press('Control+I');
        return await hover.textContent({ timeout: 3000 }).catch(() => '');
      },
      { timeout: 30_000 },
    )
    .toContain('<img src=x');
  expect(await hover.locator('img, a[href^="command:"]').count()).toBe(0);
  await picture('hover');
  await page.keyboard.press('Escape');
});

test('lints have quick fixes', async () => {
  const { page, picture } = session();
  await gotoLine(5, 1);
  await page.keyboard.press('Control+End');
  await gotoLine(5, 93);
  await page.keyboard.press('Control+.');
  const action = page.locator('.action-widget .monaco-list-row', { hasText: 'Remove the Comma' });
  await action.waitFor();
  await picture('quick-fix');
  await action.click();
  await page.locator('.statusbar-item', { hasText: /tokens trained · row 5/ }).waitFor();
  await page.keyboard.press('Control+S');
  await session()
    .do.treeItem(/chat\.jsonl.*8 rows · 3 warnings/)
    .waitFor();
});

test('an excluded row is greyed, and stands in the config', async () => {
  const { do: act, page, workspace, picture } = session();
  await gotoLine(6);
  await act.command('Adapter Workbench: Exclude Row from Training');
  await page.locator('.statusbar-item', { hasText: 'excluded from training · row 6' }).waitFor();
  await expect
    .poll(() => readFileSync(join(workspace, 'chat.adapter.json'), 'utf8'))
    .toMatch(/"exclude": \[\s*6\s*\]/);
  await picture('excluded');
  await act.command('Adapter Workbench: Include Row in Training');
  await expect
    .poll(() => readFileSync(join(workspace, 'chat.adapter.json'), 'utf8'))
    .not.toContain('exclude');
});

test('the dataset page: rows, the conversation, lengths; keys move', async () => {
  const { do: act, picture } = session();
  await act.command('Adapter Workbench: Open in Dataset Page');
  const page = await act.webview('.list [role=option]');
  await page.locator('.turn', { hasText: 'assistant' }).first().waitFor();
  await page.locator('.bars .bar').first().waitFor();
  await page.locator('.row .tokens', { hasText: /\d/ }).first().waitFor();
  await picture('page');
  await page.locator('.list').focus();
  await page.page().keyboard.press('ArrowDown');
  await page.locator('.detail h2', { hasText: 'Line 2' }).waitFor();
  expect(await page.locator('.detail img, .detail a').count()).toBe(0);
  expect(await page.locator('.detail .text').first().textContent()).toContain('<img src=x onerror=');
  expect(await page.locator('[aria-selected=true]').getAttribute('aria-posinset')).toBe('2');
  await page.page().keyboard.press('End');
  await page.locator('.detail h2', { hasText: 'Line 8' }).waitFor();
  await page.locator('input[type=search]').fill('second');
  await page.locator('.status', { hasText: '1 row of 8' }).waitFor();
  await picture('search');
  await page.locator('input[type=search]').fill('');
  await page.locator('.status', { hasText: /^8 rows/ }).waitFor();
});

test('the page by the keyboard alone: field, filter, row, list, conversation, lengths', async () => {
  const { do: act, page: window } = session();
  const page = await act.webview('.list [role=option]');
  await window.keyboard.press('Control+F');
  const seen: string[] = [];
  // As many stops as there are before the first bar of the lengths.
  for (let stops = 0; stops < 12; stops++) {
    const name = await page.evaluate(() => {
      const { activeElement: at } = document;
      return at?.getAttribute('aria-label') ?? at?.textContent ?? '';
    });
    seen.push(name);
    if (/ tokens: /.test(name)) break;
    await window.keyboard.press('Tab');
  }
  expect(seen.slice(0, -1)).toEqual([
    'Search rows',
    'Filter rows by lint',
    'Go to row (Ctrl+G)',
    'Mask by chat',
    'Rows',
    'Row',
    'Exclude Row',
  ]);
  await window.keyboard.press('Enter');
  // Going to a row right behind it shows all rows, however late the filter's answer comes.
  const focused = (): Promise<string | null | undefined> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  for (const row of ['4', '2', '4', '4']) {
    await window.keyboard.press('Control+G');
    await window.keyboard.type(row);
    await window.keyboard.press('Enter');
    await page.locator('.detail h2', { hasText: `Line ${row}` }).waitFor();
    expect(await focused()).toBe('Rows');
    if (row === '4') await window.keyboard.press('ArrowDown');
    else await page.locator('.status', { hasText: /^8 rows/ }).waitFor();
  }
  await page.locator('.bars .bar:enabled').first().focus();
  await window.keyboard.press('Enter');
  await page.locator('.status', { hasText: / of 8/ }).waitFor();
  expect(await focused()).toMatch(/ tokens: /);
  await window.keyboard.press('Escape');
  await page.locator('.status', { hasText: /^8 rows/ }).waitFor();
  expect(await focused()).toBe('Rows');
});

test.each(themes)('in the theme $name', async (theme) => {
  const { do: act, picture } = session();
  const page = await act.webview('.list [role=option]');
  await page.locator('.row', { hasText: 'Long:' }).click();
  await page.locator('.detail h2', { hasText: 'Line 7' }).waitFor();
  await lookAt(session(), page, theme, 'page');
  const tabs = session().page.locator('.tab[data-resource-name="chat.jsonl"]');
  await tabs.first().click();
  await session().page.locator('.statusbar-item', { hasText: 'tokens trained' }).waitFor();
  await picture(`mask-${theme.short}`);
  await tabs.nth(1).click();
});

test('a CSV opens in the page alone', async () => {
  const { do: act, workspace, picture } = session();
  writeFileSync(join(workspace, 'table.csv'), 'prompt,completion\n"a, ""quoted""\nquestion",yes\nplain,no\n');
  await act.activity('Adapter Workbench');
  await act.inline(act.treeItem(/table\.csv/));
  const page = await act.webview('.row .excerpt:has-text("quoted")');
  await page.locator('.status', { hasText: '2 rows' }).waitFor();
  await picture('csv');
  // What was found is found again where the file is edited.
  await page.locator('input[type=search]').fill('plain');
  await page.locator('.status', { hasText: '1 row of 2' }).waitFor();
  writeFileSync(join(workspace, 'table.csv'), 'prompt,completion\nfirst,1\nsecond,2\nplain,no\n');
  await page.locator('.status', { hasText: '1 row of 3' }).waitFor();
  await page.locator('.detail h2', { hasText: 'Line 4' }).waitFor();
  expect(await page.locator('.list .excerpt').allTextContents()).toEqual(['plain']);
});

test("a file's statistics from its row's menu, and rows of a Parquet file", async () => {
  const { do: act, page: window, picture } = session();
  const showStatistics = async (): Promise<void> => {
    await act.treeItem(/valid\.jsonl/).click({ button: 'right' });
    const entry = window.locator('.monaco-menu .action-menu-item', { hasText: 'Show Statistics' });
    await entry.hover();
    // A menu doesn't take a click right after it opened.
    await window.waitForTimeout(500);
    await entry.click();
  };
  await showStatistics();
  const page = await act.webview('footer:focus .bars .bar');
  await page.locator('.summary', { hasText: /tokens, \d+ % trained .* cut at 160/ }).waitFor();
  await picture('statistics');
  await act.command('View: Keep Editor');
  await act.treeItem(/chats\.parquet/).click();
  const table = await act.webview('.detail h2:has-text("Row 1")');
  await table.locator('.status', { hasText: /^[\d,]+ rows/ }).waitFor();
  await picture('parquet');
  // The page that another tab hides is gone until it is shown again.
  expect(await window.locator('.tab[data-resource-name="valid.jsonl"]').count()).toBe(1);
  await showStatistics();
  await act.webview('footer:focus .bars .bar');
});
