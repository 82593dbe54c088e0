/** @file The side bar as a person uses it: filter, group, rename, delete, variants, devices, in each theme and 300 pixels wide. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ResolvedConfig } from '../../runtime/contract/config.ts';
import type { RunRecord } from '../../runtime/contract/run.ts';
import { runConfig } from '../support/runConfig.ts';
import { makeRun } from '../support/runFolder.ts';
import { stepEvent } from '../support/runSummary.ts';
import { useSession } from './session.ts';
import { themes } from './themes.ts';

const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

/** A run with the config that it recorded. */
function run(
  workspace: string,
  id: string,
  record: Partial<RunRecord>,
  changes: Partial<ResolvedConfig> = {},
) {
  const output = join(workspace, 'runs');
  const made = makeRun(output, id, {
    config: join(workspace, 'tickets.adapter.json'),
    created: hoursAgo(1),
    updated: hoursAgo(0.99),
    ...record,
  });
  writeFileSync(join(made.folder, 'config.jsonc'), '{}');
  writeFileSync(join(made.folder, 'log.txt'), 'It began.\n');
  const config = { ...runConfig(output), ...changes };
  writeFileSync(join(made.folder, 'config.resolved.json'), JSON.stringify(config));
  return made;
}

const session = useSession('trees', {
  settings: { 'workbench.colorTheme': 'Dark Modern' },
  prepare: (workspace) => {
    mkdirSync(join(workspace, 'base'));
    writeFileSync(join(workspace, 'rows.jsonl'), '{"text":"a"}\n');
    writeFileSync(
      join(workspace, 'tickets.adapter.json'),
      '{\n  // the small one\n  "base": "base", "data": { "train": "rows.jsonl" },\n  "variants": { "rank 64": { "method": { "rank": 64 } } }\n}\n',
    );
    const done = { status: 'done', step: 200, adapter: 'adapter' } as const;
    for (const [seed, bestLoss] of [0.0112, 0.0121, 0.0124].entries())
      run(workspace, `base-${seed}`, {
        ...done,
        seed,
        bestLoss,
        loss: bestLoss,
        created: hoursAgo(30 + seed),
      });
    run(workspace, 'rank64', { ...done, variant: 'rank 64', bestLoss: 0.0098, loss: 0.0101 });
    run(workspace, 'failed', {
      status: 'failed',
      name: 'gsm8k',
      message: 'The loss was not finite at step 41.',
    });
    const killed = run(workspace, 'killed', { name: 'support', step: 310, steps: 900 });
    killed.append(stepEvent(310, { loss: 0.4 }));
  },
});

test('runs by day, each with what it has to say', async () => {
  const { do: act, page } = session();
  await act.activity('Adapter Workbench');
  for (const text of [
    /tickets · rank 64.*0\.0101/,
    /gsm8k.*not finite at step 41/,
    /support.*interrupted at 310\/900/,
  ])
    await act.treeItem(text).waitFor();
  await act.notification(/The run support was interrupted/).waitFor();
  await page.locator('.part.sidebar .pane-header', { hasText: 'Adapters' }).waitFor();
});

test('variants with their best result over seeds, and what is stale', async () => {
  const { do: act, page, picture } = session();
  const config = act.treeItem(/tickets\.adapter\.json.*best 0\.00980 · 2 variants stale/);
  await config.waitFor();
  await config.locator('.label-name').click();
  await page.keyboard.press('ArrowRight');
  await act.treeItem(/^base.*0\.012 ± 0\.002 \(3 seeds\) · stale: config changed/).waitFor();
  await picture('dark');
});

test('a key renames a run: its label is another one, its record the same', async () => {
  const { do: act, page, workspace } = session();
  const record = readFileSync(join(workspace, 'runs/rank64/run.json'), 'utf8');
  await act
    .treeItem(/tickets · rank 64.*0\.0101/)
    .locator('.label-name')
    .click();
  await page.keyboard.press('F2');
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  await input.waitFor();
  await input.fill('the good one');
  await page.keyboard.press('Enter');
  await act.treeItem(/^the good one.*0\.0101/).waitFor();
  expect(readFileSync(join(workspace, 'runs/rank64/name.txt'), 'utf8')).toBe('the good one\n');
  expect(readFileSync(join(workspace, 'runs/rank64/run.json'), 'utf8')).toBe(record);
});

test('a filter follows the typing, says what it shows, and is cleared by its button', async () => {
  const { do: act, page, picture } = session();
  await act.command('Adapter Workbench: Filter Runs...');
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  await input.fill('gsm');
  await act.treeItem(/support/).waitFor({ state: 'detached' });
  await page.locator('.part.sidebar .message', { hasText: '"gsm": 1 of 6 runs' }).waitFor();
  await picture('filter');
  await page.keyboard.press('Enter');
  await input.waitFor({ state: 'hidden' });
  await page.locator('.part.sidebar .pane-header', { hasText: 'Runs' }).hover();
  await page.locator('.part.sidebar .action-label[aria-label="Clear Filter of Runs"]').click();
  await act.treeItem(/support/).waitFor();
});

test('runs by adapter', async () => {
  const { do: act } = session();
  await act.command('Adapter Workbench: Group Runs by Adapter');
  await act.treeItem(/^tickets\s*6$/).waitFor();
  await act.command('Adapter Workbench: Group Runs by Day');
  await act.treeItem(/^(Today|Yesterday)/).waitFor();
});

test('the Delete key asks first; there is no trash in a remote folder, so it asks for good', async () => {
  const { do: act, page, workspace, picture } = session();
  await act.treeItem(/gsm8k/).locator('.label-name').click();
  await page.keyboard.press('Delete');
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.filter({ hasText: 'Delete the run "gsm8k"?' }).waitFor();
  await picture('delete');
  await dialog.locator('.monaco-button', { hasText: 'Move to Trash' }).click();
  await dialog
    .locator('.monaco-button', { hasText: 'Delete Permanently' })
    .click({ timeout: 5000 })
    .catch(() => undefined);
  await act.treeItem(/gsm8k/).waitFor({ state: 'detached' });
  expect(existsSync(join(workspace, 'runs/failed'))).toBe(false);
  expect(existsSync(join(workspace, 'runs/killed'))).toBe(true);
});

test('a menu offers what fits the row, in groups', async () => {
  const { do: act, page, picture } = session();
  await act
    .treeItem(/the good one/)
    .locator('.label-name')
    .click({ button: 'right' });
  const items = page.locator('.context-view .action-item .action-label');
  await items.filter({ hasText: 'Reproduce' }).waitFor();
  const words = (await items.allTextContents()).filter((text) => text !== '');
  expect(words).toEqual(
    expect.arrayContaining(['Try It', 'Reproduce', 'Compare', 'Open Run', 'Open Log', 'Delete']),
  );
  expect(words).not.toContain('Stop');
  expect(words).not.toContain('Resume');
  await picture('menu');
  await page.keyboard.press('Escape');
});

test('devices are tested when a person asks, and stay known', async () => {
  const { do: act, page, picture } = session();
  await act.command('Adapter Workbench: Test Devices');
  const cpu = act.treeItem(/^CPU · \d+ threads.*verified · [\d.,]+ GFLOP\/s · .* free · default/);
  await cpu.waitFor({ timeout: 90_000 });
  await cpu.locator('.label-name').click();
  await page.keyboard.press('ArrowRight');
  await act.treeItem(/^block.*(equal|differs by)/).waitFor();
  await picture('devices');
  await page.reload({ waitUntil: 'domcontentloaded' });
  await act.ready();
  await act.activity('Adapter Workbench');
  await act.treeItem(/^CPU · \d+ threads/).waitFor();
});

test.each(themes)('$name, 300 pixels wide', async (theme) => {
  const { do: act, page, picture } = session();
  await act.theme(theme.name);
  await page.locator(`.monaco-workbench.${theme.workbench}`).waitFor();
  expect((await page.locator('.part.sidebar').boundingBox())?.width).toBe(300);
  await act.treeItem(/the good one/).waitFor();
  await picture(theme.short);
});
