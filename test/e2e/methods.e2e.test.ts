/** @file Methods as a person meets them: in a config's hovers and completion, on their pages, in a list, and on a run's page. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MethodEvent } from '../../runtime/contract/run.ts';
import { seriousFindings } from '../rig/axe.ts';
import { runConfig } from '../support/runConfig.ts';
import { makeRun } from '../support/runFolder.ts';
import { stepEvent } from '../support/runSummary.ts';
import { root } from '../support/sourceFiles.ts';
import { useSession } from './session.ts';
import { lookAt, themes } from './themes.ts';

const config = `{
  "base": "base",
  "data": { "train": "train.jsonl" },
  "method": {
    "kind": "lora",
    "rank": 8,
    "init": "lora-ga",
    "rankStabilized": true
  },
  "training": { "steps": 40, "learningRate": 3e-4 }
}
`;

const linears = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `self_attn.${name}`);
const feedForward = ['gate_proj', 'up_proj', 'down_proj'].map((name) => `mlp.${name}`);

/** Numbers that follow from layer and step. */
function layersOf(
  blocks: number,
  names: readonly string[],
  facts: (block: number, linear: number) => Readonly<Record<string, number>>,
): MethodEvent['layers'] {
  return Object.fromEntries(
    Array.from({ length: blocks }, (_, block) =>
      names.map((name, i) => [`model.layers.${block}.${name}`, facts(block, i)] as const),
    ).flat(),
  );
}

/** A mixture whose routing parts as it learns, and a start on a base of thirty blocks. */
function writeRuns(output: string): void {
  const done = { status: 'done', step: 60, steps: 60, loss: 0.05, trainable: 100_000 } as const;
  const moe = makeRun(output, 'mixture', { ...done, name: 'mixture' });
  moe.append({ event: 'started', run: 'mixture', steps: 60, rows: 400, trainable: 100_000, baseLoss: 8 });
  for (let step = 1; step <= 60; step++) {
    moe.append(stepEvent(step));
    const parted = step / 200;
    const layers = layersOf(6, feedForward, (block, i) => ({
      share1: 0.5 - parted - 0.01 * block,
      share0: 0.5 + parted + 0.02 * i,
      balance: 0.05 / (1 + step / 20) + 0.004 * block,
    }));
    if (step % 20 === 0) moe.append({ event: 'method', step, layers });
  }
  writeFileSync(join(moe.folder, 'config.resolved.json'), JSON.stringify(runConfig(output)));
  const pruned = makeRun(output, 'pruned', { ...done, name: 'pruned' });
  const left = layersOf(6, [...linears, ...feedForward], (block, i) => ({
    kept: block === 0 || block === 5 ? 1 : 0.75 - 0.05 * ((block + i) % 4),
  }));
  pruned.append({ event: 'method', step: 0, layers: left });
  for (let step = 1; step <= 60; step++) {
    pruned.append(stepEvent(step, { loss: 3 / Math.sqrt(step) }));
    const loss = 2.4 / Math.sqrt(step);
    const measured = { step, loss, trainedLoss: 1.4 * loss, accuracy: 1 - 0.6 / Math.sqrt(step) };
    if (step % 10 === 0)
      pruned.append({ event: 'evaluation', ...measured, tokens: 900, seconds: 1, best: true });
  }
  const deep = makeRun(output, 'deep', { ...done, name: 'deep' });
  const layers = layersOf(30, [...linears, ...feedForward], (block, i) => ({
    captured: 1 - 0.015 * block - 0.05 * i,
    unknownName: block - 10,
  }));
  deep.append({ event: 'method', step: 0, layers }, stepEvent(1), stepEvent(2));
}

const session = useSession('methods', {
  prepare: (workspace) => {
    cpSync(join(root, 'media/base/tiny-clerk'), join(workspace, 'base'), { recursive: true });
    cpSync(join(root, 'media/data/tickets/train.jsonl'), join(workspace, 'train.jsonl'));
    writeFileSync(join(workspace, 'start.adapter.json'), config);
    const output = join(workspace, 'runs');
    mkdirSync(output);
    writeRuns(output);
  },
  viewport: { width: 1500, height: 1000 },
});

test('a hover on start values: formula, cost here, and a link to their page', async () => {
  const { do: act, page, picture } = session();
  await act.openFile('start.adapter.json');
  await page
    .locator('.codelens-decoration', { hasText: /adapter/ })
    .first()
    .waitFor();
  const line = page.locator('.view-line', { hasText: /"init":/ }).first();
  await line.locator('span', { hasText: '"lora-ga"' }).last().hover();
  const hover = page.locator('.monaco-hover', { hasText: /products a token/ });
  await hover.waitFor();
  await picture('hover');
  expect(await hover.textContent()).toContain('init_lora_weights');
  await hover.locator('a', { hasText: 'About LoRA-GA' }).click();
  const shown = await act.webview('h1#lora-ga');
  await shown.locator('h1', { hasText: 'LoRA-GA' }).waitFor();
  await picture('page');
});

test('completion: the kinds with a line each, and the keys of the kind at hand', async () => {
  const { do: act, page, picture } = session();
  await act.openFile('start.adapter.json');
  const line = page.locator('.view-line', { hasText: /"kind":/ }).first();
  await line.locator('span', { hasText: '"lora"' }).last().dblclick();
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'allora' }).first().waitFor();
  // the details beside the list
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-details', { hasText: /^LoRA: Adds a trained product/ }).waitFor();
  await picture('kinds');
  await page.keyboard.press('Escape');
  // behind "rank": 8,
  await page
    .locator('.view-line', { hasText: /"rank":\s8/ })
    .first()
    .click();
  await page.keyboard.press('End');
  await page.keyboard.type(' "g');
  await page.locator('.suggest-widget .monaco-list-row', { hasText: 'gamma' }).waitFor();
  await picture('keys');
  await page.keyboard.press('Enter');
  await page.locator('.view-line', { hasText: /"gamma":\s16,/ }).waitFor();
  expect(await page.locator('.suggest-widget .monaco-list-row', { hasText: 'experts' }).count()).toBe(0);
});

test('another method for the config, from a list', async () => {
  const { do: act, page, picture } = session();
  await act.command('Adapter Workbench: Change Method');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'LoRA-GA (now)' }).waitFor();
  await picture('change');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: /^LoRA-SB/ }).click();
  await page.locator('.view-line', { hasText: /"kind":\s"lora-sb"/ }).waitFor();
  await page.locator('.view-line', { hasText: /"init"/ }).waitFor({ state: 'detached' });
  await page.locator('.view-line', { hasText: /matches.*\+2,688/ }).waitFor();
  await act.command('Adapter Workbench: Add a Variant');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: /^DoRA/ }).click();
  await page.locator('.view-line', { hasText: /"kind":\s"dora"/ }).waitFor();
  await picture('variant');
  await act.command('View: Revert and Close Editor');
});

test('the list of methods leads to their pages', async () => {
  const { do: act, page, picture } = session();
  await act.command('Adapter Workbench: About a Method');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'OLoRA' }).waitFor();
  await picture('about');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'LoRAMoE' }).click();
  const shown = await act.webview('h1#loramoe');
  await shown.locator('h1', { hasText: 'LoRAMoE' }).waitFor();
});

test('a run of a mixture: routing by row type and layer, step by step', async () => {
  const { do: act, picture } = session();
  await act.activity('Adapter Workbench');
  await act.treeItem(/mixture/).click();
  const page = await act.webview('.facts');
  await page.locator('vscode-tab-header', { hasText: 'Method' }).click();
  const facts = page.locator('.method-facts');
  await facts.locator('h3', { hasText: 'Routing of rows of type 1' }).waitFor();
  await facts.scrollIntoViewIfNeeded();
  const first = facts.locator('td .value').first();
  expect(await first.textContent()).toBe('0.200');
  await facts.locator('input').press('Home');
  expect(await first.textContent()).toBe('0.400');
  expect(await facts.locator('output').textContent()).toBe('20');
  expect(await facts.locator('table').first().locator('tbody tr').count()).toBe(3);
  await picture('mixture');
  expect(await seriousFindings(page)).toEqual([]);
});

test('a run on a pruned base: what is left of each layer, and two validation losses', async () => {
  const { do: act, picture } = session();
  await act.treeItem(/pruned/).click();
  const page = await act.webview('main[data-folder$="pruned"]');
  await page.getByText('validation, original base').waitFor();
  await page.getByText('validation, smaller base').waitFor();
  await page.locator('th', { hasText: 'Smaller base' }).waitFor();
  expect(await page.locator('tr', { hasText: 'best' }).locator('td').allTextContents()).toEqual(
    expect.arrayContaining(['0.310', '0.434', '92.3 %']),
  );
  await picture('losses');
  await page.locator('vscode-tab-header', { hasText: 'Method' }).click();
  const facts = page.locator('.method-facts');
  await facts.locator('td .value').first().waitFor();
  await facts.scrollIntoViewIfNeeded();
  expect(await facts.locator('table').first().locator('tbody td').count()).toBe(7 * 6);
  await picture('pruned');
  expect(await seriousFindings(page)).toEqual([]);
});

test.each(themes)('thirty blocks, and a fact that the page does not know: $name', async (theme) => {
  const { do: act } = session();
  if (theme === themes[0]) {
    await act.treeItem(/deep/).click();
    const page = await act.webview('main[data-folder$="deep"]');
    await page.locator('vscode-tab-header', { hasText: 'Method' }).click();
  }
  const page = await act.webview('main[data-folder$="deep"]');
  const facts = page.locator('.method-facts');
  await facts.locator('h3', { hasText: 'unknownName' }).waitFor();
  await facts.scrollIntoViewIfNeeded();
  expect(await facts.locator('table').first().locator('tbody td').count()).toBe(7 * 30);
  expect(await facts.locator('input').isVisible()).toBe(false);
  await lookAt(session(), page, theme, 'deep');
});
