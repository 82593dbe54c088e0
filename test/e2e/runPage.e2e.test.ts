/** @file From a spike to the tokens that made it: a real run on data with one broken row, walked as a person would. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { Frame } from 'playwright-core';
import { expect, test } from 'vitest';
import { readAnswers } from '../../runtime/runs/answers.ts';
import { readEvents } from '../../runtime/runs/read.ts';
import { readStep } from '../../runtime/runs/stepLog.ts';
import { makeRun } from '../support/runFolder.ts';
import { stepEvent } from '../support/runSummary.ts';
import { seriousFindings } from '../rig/axe.ts';
import { useSession } from './session.ts';

const root = resolve(import.meta.dirname, '../..');
/** The broken row's line: an answer that nothing before it resembles. */
const badLine = 40;
const rows = 72;
/** Four epochs of six rows a step. */
const lastStep = 48;

let folder = '';

/** Trains a few steps on a copy of the tickets, one of which is broken; really, so that the losses are what they are. */
function trainOnBrokenData(workspace: string): void {
  cpSync(join(root, 'media/base/tiny-clerk'), join(workspace, 'tiny-clerk'), { recursive: true });
  const lines = readFileSync(join(root, 'media/data/tickets/train.jsonl'), 'utf8').split('\n').slice(0, rows);
  const bad = JSON.parse(lines[badLine - 1]!) as { messages: { role: string; content: string }[] };
  bad.messages.at(-1)!.content = 'qzx wvk 7781 jjj (((( ~~ pqrst zzyzx %% 000 vbn mwq xxk <<>> ytr lkj';
  lines[badLine - 1] = JSON.stringify(bad);
  writeFileSync(join(workspace, 'train.jsonl'), `${lines.join('\n')}\n`);
  const held = readFileSync(join(root, 'media/data/tickets/valid.jsonl'), 'utf8').split('\n').slice(0, 8);
  writeFileSync(join(workspace, 'valid.jsonl'), `${held.join('\n')}\n`);
  const config = {
    base: 'tiny-clerk',
    data: { train: 'train.jsonl', validation: 'valid.jsonl', length: 256 },
    method: { kind: 'lora', rank: 8, alpha: 16 },
    training: {
      epochs: 4,
      batch: 6,
      learningRate: 3e-3,
      seed: 1,
      evaluateEvery: 10,
      checkpointEvery: 20,
      samples: 3,
    },
    output: 'runs',
  };
  writeFileSync(join(workspace, 'planted.adapter.json'), JSON.stringify(config, null, 2));
  const script = join(root, 'dist/main.mjs');
  const done = spawnSync(process.execPath, [script, 'train', 'planted.adapter.json'], { cwd: workspace });
  if (done.status !== 0) throw new Error(`training failed: ${String(done.stderr)}${String(done.stdout)}`);
  const runs = join(workspace, 'runs');
  folder = join(
    runs,
    readdirSync(runs).find((name) => !name.startsWith('.'))!,
  );
}

const session = useSession('run-page', {
  prepare: trainOnBrokenData,
  viewport: { width: 1500, height: 1000 },
});

/** The last step that learned from the broken row, and its place on the axis, 0..1. */
function spike(): { step: number; place: number } {
  const steps = readEvents(folder).filter((event) => event.event === 'step');
  const { step } = steps.findLast((event) =>
    readStep(folder, event.step)!.samples.rows.includes(badLine - 1),
  )!;
  return { step, place: (step - 1) / (steps.length - 1) };
}

/** Presses on the loss plot, at a place of its axis. */
async function clickPlot(page: Frame, place: number): Promise<void> {
  const over = page.locator('.tall .u-over');
  const box = (await over.boundingBox())!;
  await over.click({
    position: { x: Math.min(box.width - 1, Math.max(1, place * box.width)), y: box.height / 2 },
  });
}

test('the page of a finished run: numbers, plots, and what stands out', async () => {
  const { do: act, picture } = session();
  await act.activity('Adapter Workbench');
  await act.treeItem(/planted\s*0\.\d/).click();
  const page = await act.webview('.facts');
  await page.locator('.status', { hasText: /^done/ }).waitFor();
  const findings = page.locator('.findings li');
  await findings.filter({ hasText: /twice what/ }).waitFor();
  await page.locator('.tall .canvas').hover();
  await page.locator('.card', { hasText: /Learning rate/ }).waitFor();
  await picture('done');
  expect(await page.locator('.facts .fact', { hasText: 'of peak' }).textContent()).toMatch(/\d+ %/);
});

test('a click on the spike: its rows, the broken one on top with most of the loss', async () => {
  const { do: act, picture } = session();
  const page = await act.webview('.facts');
  const { step, place } = spike();
  await clickPlot(page, place);
  const panel = page.locator('aside.step');
  await panel.locator('h2', { hasText: new RegExp(`^Step ${step} · loss`) }).waitFor();
  const first = panel.locator('li').first();
  await first.locator('.name', { hasText: `line ${badLine}` }).waitFor();
  expect(Number.parseFloat((await first.locator('.percent').textContent())!)).toBeGreaterThan(30);
  expect(await first.locator('.tokens span').count()).toBeGreaterThan(10);
  await picture('rows');
  expect(await seriousFindings(page)).toEqual([]);
});

test('a click on the row: its line in the data, each token coloured by its loss', async () => {
  const { do: act, page: window, picture } = session();
  const page = await act.webview('aside.step li');
  await page.locator('aside.step li .name').first().click();
  await window.locator('.tab[data-resource-name="train.jsonl"]').waitFor();
  await window.locator('.statusbar-item', { hasText: new RegExp(`Ln ${badLine},`) }).waitFor();
  const coloured = window.locator('.editor-instance .view-line span[class*="ced-"]');
  await coloured.nth(5).waitFor();
  await picture('tokens');
  expect(await window.locator('.editor-instance .view-lines').textContent()).toContain('zzyzx');
});

test('from the diagnosis to the key in the config, where it stands as a problem too', async () => {
  const { do: act, page: window, picture } = session();
  await act
    .treeItem(/planted\s*0\.\d/)
    .first()
    .click();
  const page = await act.webview('.facts');
  await page
    .locator('.findings li .link', { hasText: /^(training|data)\./ })
    .first()
    .click();
  await window.locator('.tab[data-resource-name="planted.adapter.json"]').waitFor();
  await window.locator('.monaco-editor .squiggly-warning').first().waitFor();
  await picture('config');
});

test('each tab says what it is for', async () => {
  const { do: act, picture } = session();
  await act
    .treeItem(/planted\s*0\.\d/)
    .first()
    .click();
  const page = await act.webview('.facts');
  await page.locator('vscode-tabs').scrollIntoViewIfNeeded();
  const tabs = [
    ['Evaluation', /best/],
    ['Samples', /of 3 as wanted after step 48, 0 by the base/],
    ['Method', /Rank/],
    ['Config', /tiny-clerk/],
    ['Data', /train\.jsonl/],
    ['Log', /started/],
  ] as const;
  for (const [title, text] of tabs) {
    await page.locator('vscode-tab-header', { hasText: title }).click();
    await page.locator('vscode-tab-panel:not([hidden])', { hasText: text }).waitFor();
    await page.locator('vscode-tab-panel:not([hidden])').scrollIntoViewIfNeeded();
    await picture(`tab-${title.toLowerCase()}`);
    expect(await seriousFindings(page)).toEqual([]);
  }
});

test('samples by the keyboard: wanted, base and adapter beside each other, differences marked', async () => {
  const { do: act, picture } = session();
  const page = await act.webview('.facts');
  await page.locator('vscode-tab-header', { hasText: 'Samples' }).click();
  const list = page.locator('.questions');
  await list.focus();
  await page.page().keyboard.press('ArrowDown');
  const wanted = page.locator('.parallel section', { hasText: 'Wanted' }).locator('.answer');
  const second = readAnswers(folder)!.questions[1]!;
  await wanted.filter({ hasText: second.wanted }).waitFor();
  expect(await list.locator('[aria-selected=true]').textContent()).toContain('Row 2');
  expect(await page.locator('.answers pre').textContent()).toBe(second.prompt);
  const base = page.locator('.parallel section', { hasText: 'Base' }).locator('.answer');
  // what is left when the marks are taken away is what was said
  const said = await base.evaluate((box) => {
    const copy = box.cloneNode(true) as HTMLElement;
    for (const missing of copy.querySelectorAll('del')) missing.remove();
    return copy.textContent;
  });
  expect(said).toContain(readAnswers(folder)!.base[1]!.text);
  expect(await base.locator('ins, del').count()).toBeGreaterThan(0);
  await picture('samples');
  await page.page().keyboard.press('End');
  await wanted.filter({ hasText: readAnswers(folder)!.questions[2]!.wanted }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

test('a plot is saved as SVG and as PNG, metrics as CSV', async () => {
  const { do: act, page: window, workspace } = session();
  const page = await act.webview('.facts');
  const out = join(workspace, 'saved');
  mkdirSync(out);
  const save = async (press: () => Promise<void>, name: string): Promise<Buffer> => {
    await press();
    const input = window.locator('.quick-input-widget input[type="text"]');
    // The dialog looks at the folder first, and then writes its own proposal over what was typed before.
    await expect.poll(() => input.inputValue(), { timeout: 20_000 }).toMatch(/-planted-[^/]+$/);
    await input.fill(join(out, name));
    await window.locator('.quick-input-widget .monaco-button', { hasText: 'OK' }).click();
    await input.waitFor({ state: 'hidden' });
    const size = (): number => statSync(join(out, name), { throwIfNoEntry: false })?.size ?? 0;
    await expect.poll(size, { timeout: 20_000 }).toBeGreaterThan(0);
    return readFileSync(join(out, name));
  };
  const plot = () => page.locator('.tall .plot header .link').click();
  const svg = (await save(plot, 'loss.svg')).toString('utf8');
  const parsed = await page.evaluate((text) => {
    const document = new DOMParser().parseFromString(text, 'image/svg+xml');
    return {
      error: document.querySelector('parsererror')?.textContent,
      paths: document.querySelectorAll('path').length,
      words: [...document.querySelectorAll('text')].map((word) => word.textContent),
      colours: [...document.querySelectorAll('path')].map((path) => path.getAttribute('stroke')),
    };
  }, svg);
  expect(parsed.error).toBeUndefined();
  expect(parsed.paths).toBe(3);
  for (const word of ['Loss', 'Step', 'train', 'smoothed', 'validation'])
    expect(parsed.words).toContain(word);
  for (const colour of parsed.colours) expect(colour).toMatch(/^rgb\(\d+ \d+ \d+\)$/);

  const png = await save(plot, 'loss.png');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16)).toBeGreaterThan(400);

  await page.locator('vscode-tab-header', { hasText: 'Evaluation' }).click();
  const csv = await save(() => page.locator('.link', { hasText: 'Save metrics' }).click(), 'metrics.csv');
  const [header, ...lines] = csv.toString('utf8').trimEnd().split('\r\n');
  expect(header).toMatch(/^event,step,loss,/);
  const events = readEvents(folder);
  const steps = events.filter((event) => event.event === 'step');
  expect(lines).toHaveLength(steps.length + events.filter(({ event }) => event === 'evaluation').length);
  expect(lines[4]!.split(',').slice(0, 4)).toEqual([
    'step',
    '5',
    String(steps[4]!.loss),
    String(steps[4]!.gradNorm),
  ]);
});

test('by keyboard: the cursor, the zoom, the rows of a step, and back', async () => {
  const { do: act, page: window } = session();
  const page = await act.webview('.facts');
  const canvas = page.locator('.tall .canvas');
  await canvas.focus();
  const spoken = (): Promise<string | null> => canvas.getAttribute('aria-valuetext');
  await window.keyboard.press('Home');
  expect(await spoken()).toMatch(/^step 1, train/);
  for (let i = 0; i < 3; i++) await window.keyboard.press('ArrowRight');
  expect(await spoken()).toMatch(/^step 4, train/);
  const ticks = () => page.locator('.tall .canvas').evaluate((box) => box.getAttribute('aria-valuenow'));
  expect(await ticks()).toBe('4');
  await window.keyboard.press('+');
  await window.keyboard.press('End');
  const end = Number(await ticks());
  expect(end).toBeLessThan(lastStep);
  await window.keyboard.press('Shift+ArrowRight');
  await window.keyboard.press('End');
  expect(Number(await ticks())).toBeGreaterThan(end);
  await window.keyboard.press('Escape');
  await window.keyboard.press('End');
  expect(Number(await ticks())).toBe(lastStep);
  await window.keyboard.press('Enter');
  await page.locator('aside.step h2', { hasText: new RegExp(`^Step ${lastStep} `) }).waitFor();
  await page.locator('aside.step li').first().waitFor();
  await window.keyboard.press('Escape');
  await page.locator('aside.step').waitFor({ state: 'hidden' });
});

test('a narrow page scrolls down, never sideways', async () => {
  const { do: act, page: window, picture } = session();
  const page = await act.webview('.facts');
  await window.setViewportSize({ width: 860, height: 1000 });
  await clickPlot(page, spike().place);
  await page.locator('aside.step li').first().waitFor();
  await picture('narrow');
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});

test('a run that is deleted while its page is open: the plots stay, the page says it, nothing that fails is offered', async () => {
  const { do: act, page: window, workspace, picture } = session();
  await window.setViewportSize({ width: 1500, height: 1000 });
  const page = await act.webview('.facts');
  await page.locator('vscode-tab-header', { hasText: 'Config' }).click();
  await page.locator('vscode-tab-panel:not([hidden]) pre', { hasText: /tiny-clerk/ }).waitFor();
  await page.locator('.buttons').waitFor();
  const facts = await page.locator('.facts').textContent();
  rmSync(folder, { recursive: true });
  await page.locator('p.gone', { hasText: 'This run was deleted' }).waitFor();
  await page.locator('h1').scrollIntoViewIfNeeded();
  await page.locator('.tall .canvas').hover();
  await picture('deleted');
  await act.theme('Dark High Contrast');
  await picture('deleted-contrast');
  await act.theme('Dark Modern');
  expect(await page.locator('.facts').textContent()).toBe(facts);
  expect(await page.locator('.buttons').isVisible()).toBe(false);
  expect(await page.locator('vscode-tab-panel:not([hidden]) .link', { hasText: 'Open' }).isVisible()).toBe(
    false,
  );
  await clickPlot(page, 0.5);
  await page.locator('aside.step', { hasText: 'not there any more' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  // what was read can still be saved
  await page.locator('.tall .plot header .link').click();
  const input = window.locator('.quick-input-widget input[type="text"]');
  await expect.poll(() => input.inputValue(), { timeout: 20_000 }).toMatch(/-planted-[^/]+$/);
  await input.fill(join(workspace, 'late.svg'));
  await window.locator('.quick-input-widget .monaco-button', { hasText: 'OK' }).click();
  const size = (): number => statSync(join(workspace, 'late.svg'), { throwIfNoEntry: false })?.size ?? 0;
  await expect.poll(size, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(await page.locator('p.failure:visible').count()).toBe(0);
  // a page that was hidden is read anew, and has nothing left to read
  await act.openFile('train.jsonl');
  await window.locator('.tab', { hasText: /^planted$/ }).click();
  const anew = await act.webview('p.failure');
  await anew.locator('p.failure', { hasText: 'This run was deleted' }).waitFor();
});

test('a long run: first an overview, then all its steps, which are saved as CSV', async () => {
  const { do: act, page: window, workspace, picture } = session();
  const steps = 30_000;
  const run = makeRun(join(workspace, 'runs'), 'long', { status: 'done', name: 'long', step: steps, steps });
  run.append(...Array.from({ length: steps }, (_, i) => stepEvent(i + 1)));
  await act.treeItem(/long/).first().click();
  const page = await act.webview(`.tall .canvas[aria-label*="${steps} values"]`);
  const drawn = await page.evaluate(() => {
    const at = (name: string): number => performance.getEntriesByName(name)[0]!.startTime;
    return at('plots') < at('whole');
  });
  expect(drawn).toBe(true);
  await page.locator('.tall .legend', { hasText: 'smoothed' }).waitFor();
  await picture('long');
  await page.locator('.link', { hasText: 'Save metrics as CSV' }).click();
  const input = window.locator('.quick-input-widget input[type="text"]');
  await expect.poll(() => input.inputValue(), { timeout: 20_000 }).toMatch(/long/);
  await input.fill(join(workspace, 'long.csv'));
  await window.locator('.quick-input-widget .monaco-button', { hasText: 'OK' }).click();
  const file = join(workspace, 'long.csv');
  const lines = (): number => (existsSync(file) ? readFileSync(file, 'utf8').split('\r\n').length : 0);
  await expect.poll(lines, { timeout: 20_000 }).toBe(steps + 2);
});
