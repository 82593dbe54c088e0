/** @file What a person sees while writing a config: diagnostics, line ends and lenses, fixes, values to choose, costs, an import. */
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../support/sourceFiles.ts';
import { machineName } from '../../runtime/formats/machine.ts';
import { runConfig } from '../support/runConfig.ts';
import { makeRun } from '../support/runFolder.ts';
import { stepEvent } from '../support/runSummary.ts';
import { useSession } from './session.ts';

const good = `{
  // A ticket from a mail: kind, product, quantity, city.
  "base": "base",
  "data": { "train": "train.jsonl", "validation": "valid.jsonl" },
  "method": { "kind": "lora", "rank": 16, "alpha": 32, "targets": "all-linear" },
  "training": { "epochs": 4, "batch": 8, "learningRate": 3e-3 },
  "variants": {
    "rank 64": { "method": { "rank": 64 } },
    "attention": { "method": { "targets": ["q_proj", "k_proj", "v_proj", "o_proj"] } }
  }
}
`;

const session = useSession('config', {
  prepare: (workspace) => {
    cpSync(join(root, 'media/base/tiny-clerk'), join(workspace, 'base'), { recursive: true });
    for (const name of ['train.jsonl', 'valid.jsonl'])
      cpSync(join(root, 'media/data/tickets', name), join(workspace, name));
    cpSync(join(root, 'test/fixtures/import/axolotl-lora.yml'), join(workspace, 'axolotl-lora.yml'));
    writeFileSync(join(workspace, 'tickets.adapter.json'), good);
    writeFileSync(
      join(workspace, 'mistakes.adapter.json'),
      good
        .replace('"rank": 16', '"rank": 600')
        .replace('"targets": "all-linear"', '"targets": ["q_porj", "v_proj"]')
        .replace('"batch": 8', '"bacth": 8')
        .replace('"rank": 64 }', '"rank": 16 }')
        .replace('valid.jsonl', 'vaild.jsonl'),
    );
  },
});

test('a good config: what it comes to, at line ends and above', async () => {
  const { do: act, page, picture } = session();
  await act.openFile('tickets.adapter.json');
  await page.locator('.codelens-decoration', { hasText: /fits: .* of .*steps · .* adapter/ }).waitFor();
  await page.locator('.view-line', { hasText: /matches\s42\sof\s43\s·\s\+325,632\s·\sscale\s2/ }).waitFor();
  await page.locator('.view-line', { hasText: /matches\s24\sof\s43/ }).waitFor();
  await picture('good');
  await act.theme('Light Modern');
  await picture('good-light');
  await act.theme('Dark Modern');
});

test('mistakes are marked where they stand, and the list says what to do', async () => {
  const { do: act, page, picture } = session();
  await act.openFile('mistakes.adapter.json');
  await page.locator('.squiggly-error').first().waitFor();
  await act.command('Problems: Focus on Problems View');
  await page.locator('.markers-panel .monaco-list-row', { hasText: 'q_porj' }).waitFor();
  await picture('mistakes');
  expect(await page.locator('.markers-panel .monaco-list-row').count()).toBeGreaterThan(5);
});

test('a quick fix is a key away', async () => {
  const { do: act, page, picture } = session();
  await act.problem(page.locator('.markers-panel .monaco-list-row', { hasText: 'q_porj' }));
  await page.keyboard.press('Control+.');
  await page.locator('.action-widget .action', { hasText: 'Change to "q_proj"' }).waitFor();
  await picture('quick-fix');
  await page.keyboard.press('Enter');
  await page.locator('.view-line', { hasText: /"q_proj",\s"v_proj"/ }).waitFor();
  await page.locator('.markers-panel .monaco-list-row', { hasText: 'q_porj' }).waitFor({ state: 'detached' });
});

test('values of this base are offered in a list of targets', async () => {
  const { page, picture } = session();
  const line = page.locator('.view-line', { hasText: /"q_proj",\s"v_proj"/ }).first();
  await line.locator('span', { hasText: '"v_proj"' }).last().click();
  await page.keyboard.press('F2');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row', { hasText: '6 modules' }).waitFor();
  await picture('completion');
  await page.keyboard.press('Escape');
});

test('a hover says what a key costs here', async () => {
  const { do: act, page, picture } = session();
  await act.openFile('tickets.adapter.json');
  const line = page.locator('.view-line', { hasText: /"kind":\s"lora"/ }).first();
  await line.locator('span', { hasText: '16' }).last().hover();
  const hover = page.locator('.monaco-hover', { hasText: /Each rank more/ });
  await hover.waitFor();
  await picture('hover');
});

/** A run as the runtime leaves it, in one move: 0.25 s a step of 800 tokens. */
function recordRun(workspace: string): void {
  const { folder, append } = makeRun(join(workspace, '.made'), 'recorded', {
    status: 'done',
    machine: machineName(),
    trainable: 325_632,
    step: 9,
  });
  const config = { ...runConfig(join(workspace, 'runs')), base: join(workspace, 'base') };
  writeFileSync(join(folder, 'config.resolved.json'), JSON.stringify(config));
  for (let step = 1; step <= 9; step++) append(stepEvent(step));
  const rows = { step: 9, rows: [0], losses: [1], tokens: [100], supervised: [36] };
  writeFileSync(join(folder, 'samples.jsonl'), `${JSON.stringify(rows)}\n`);
  mkdirSync(join(workspace, 'runs'), { recursive: true });
  renameSync(folder, join(workspace, 'runs/recorded'));
  rmSync(join(workspace, '.made'), { recursive: true });
}

test('once a run was recorded, lens and hover say the seconds of a step', async () => {
  const { page, workspace, picture } = session();
  recordRun(workspace);
  await page.locator('.codelens-decoration', { hasText: /about 0\.\d+ s a step/ }).waitFor();
  const line = page.locator('.view-line', { hasText: '"batch": 8' }).first();
  await line.locator('span', { hasText: '8' }).last().hover();
  await page.locator('.monaco-hover', { hasText: /About 0\.\d+ s a step .*as in run recorded/ }).waitFor();
  await picture('seconds');
  await page.keyboard.press('Escape');
});

test('the estimate lists what a run costs, part by part', async () => {
  const { page, picture } = session();
  await page.keyboard.press('Escape');
  await page.locator('.codelens-decoration a', { hasText: 'Estimate' }).first().click();
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Activations' }).waitFor();
  await picture('estimate');
  await page.keyboard.press('Escape');
});

test("another tool's config becomes one of ours, with what was left out", async () => {
  const { do: act, page, picture } = session();
  const file = page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'axolotl-lora.yml' });
  await act.menu(file, 'Import Config');
  await page.locator('.tab', { hasText: 'axolotl-lora.adapter.json' }).waitFor();
  const report = await act.webview('h2');
  await report.locator('h2', { hasText: 'Without a counterpart (8)' }).waitFor();
  await page.locator('.squiggly-error').first().waitFor();
  await picture('import');
  await act.theme('Light Modern');
  await picture('import-light');
  await act.theme('Dark High Contrast');
  await picture('import-contrast');
});
