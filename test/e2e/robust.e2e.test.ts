/**
 * @file What may go wrong while a run goes on: five reloads, a helper and a run that are killed, a second window. Nothing is lost,
 * every state is right, and no process is left behind.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEvents, readRecord } from '../../runtime/runs/read.ts';
import { openWindow } from '../rig/browser.ts';
import type { RigWindow } from '../rig/browser.ts';
import { workbench } from '../rig/workbench.ts';
import { ownProcesses } from '../support/ownProcesses.ts';
import { root } from '../support/sourceFiles.ts';
import { useSession } from './session.ts';

/** Long enough for the whole story; what exists already a quick start leaves as it is. */
const config = `{
  "base": "tiny-clerk",
  "data": { "train": "tickets/train.jsonl", "validation": "tickets/valid.jsonl", "length": 256 },
  "method": { "kind": "lora", "rank": 4, "alpha": 8, "targets": "all-linear" },
  "training": { "epochs": 400, "batch": 8, "learningRate": 1e-3, "evaluateEvery": 0, "checkpointEvery": 20, "seed": 0 },
  "output": "runs"
}
`;

const session = useSession('robust', {
  prepare: (workspace) => {
    mkdirSync(join(workspace, 'adapter-quickstart'));
    writeFileSync(join(workspace, 'adapter-quickstart/tickets.adapter.json'), config);
  },
});

let folder = '';
let second: RigWindow | undefined;
const before = new Set(ownProcesses().map(({ pid }) => pid));
/** Processes that this file started. */
const started = (...commands: string[]) =>
  ownProcesses().filter(({ pid, command }) => !before.has(pid) && commands.includes(command));

const stepNow = (): number => readRecord(folder)?.step ?? 0;

/** The step that the row in the tree says, once it is beyond `least`. */
async function rowBeyond(least: number, act = session().do): Promise<number> {
  const row = act.treeItem(/step [\d,]+\/[\d,]+/);
  await row.waitFor({ timeout: 60_000 });
  for (;;) {
    const step = Number(/step ([\d,]+)\//.exec((await row.textContent()) ?? '')?.[1]?.replace(/,/g, ''));
    if (step > least) return step;
    await row.page().waitForTimeout(100);
  }
}

test('a run begins', async () => {
  const { do: act, workspace } = session();
  await act.activity('Adapter Workbench');
  await act.command('Adapter Workbench: Quick Start');
  await rowBeyond(3);
  const runs = join(workspace, 'adapter-quickstart/runs');
  folder = join(runs, readdirSync(runs).find((name) => !name.startsWith('.')) ?? '');
  expect(started('quickstart')).toHaveLength(1);
});

test('five reloads of the window: the run goes on, and the row comes back each time', async () => {
  const { page, do: act } = session();
  let step = stepNow();
  const [run] = started('quickstart');
  for (let reload = 0; reload < 5; reload++) {
    await page.reload({ waitUntil: 'domcontentloaded' });
    await act.ready();
    await act.activity('Adapter Workbench');
    step = await rowBeyond(step);
  }
  expect(started('quickstart')).toEqual([run]);
});

test('a killed helper is started again, which is said, and the rows go on', async () => {
  const { do: act, picture } = session();
  const step = await rowBeyond(0);
  const helpers = started('serve');
  expect(helpers.length).toBeGreaterThan(0);
  for (const { pid } of helpers) process.kill(pid, 'SIGKILL');
  await act.notification(/helper process ended and was started again/).waitFor();
  await rowBeyond(step);
  await picture('helper-killed');
  expect(started('quickstart')).toHaveLength(1);
});

test('a second window on the folder shows the same run', async () => {
  const { server, workspace } = session();
  const develop = process.env['VSIX'] === undefined ? [root] : [];
  second = await openWindow(server, { folder: workspace, develop });
  const other = workbench(second.page);
  await other.ready();
  await other.activity('Adapter Workbench');
  await rowBeyond(0, other);
});

test('a killed run is interrupted in both windows; one of them says so', async () => {
  const { do: act, picture } = session();
  const other = workbench(second!.page);
  const [run] = started('quickstart');
  process.kill(run!.pid, 'SIGKILL');
  for (const window of [act, other]) await window.treeItem(/interrupted at/).waitFor({ timeout: 30_000 });
  const said = [act, other].map((window) => window.notification(/was interrupted at step/));
  await Promise.race(said.map((notice) => notice.waitFor()));
  // the polite wait of a window that isn't in front has passed
  await second!.page.waitForTimeout(3000);
  expect((await Promise.all(said.map((notice) => notice.count()))).reduce((a, b) => a + b)).toBe(1);
  await picture('run-killed');
});

test('both windows resume at once: one run goes on, and the other window is told why it does not', async () => {
  const { do: act } = session();
  const other = workbench(second!.page);
  await Promise.all([act, other].map((window) => window.command('Adapter Workbench: Resume')));
  // whichever comes second: to a run that the other is starting, or to one that goes on already
  const refused = /is being written by|No run can be resumed/;
  await Promise.race([act, other].map((window) => window.notification(refused).waitFor()));
  await Promise.all([act, other].map((window) => rowBeyond(0, window)));
  expect(started('train')).toHaveLength(1);
});

test('stopped from the second window, it is stopped in the first, and no run is left', async () => {
  const { do: act, picture } = session();
  const other = workbench(second!.page);
  await other.command('Adapter Workbench: Stop');
  for (const window of [act, other]) await window.treeItem(/stopped at/).waitFor({ timeout: 30_000 });
  await picture('stopped');
  await expect.poll(() => started('train', 'quickstart'), { timeout: 10_000 }).toEqual([]);
});

test('nothing was lost: each step is there once, in order', () => {
  const steps = readEvents(folder).flatMap((event) => (event.event === 'step' ? [event.step] : []));
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  expect(readRecord(folder)).toMatchObject({ status: 'stopped', step: steps.length });
});

test('when VS Code ends, no process of ours is left', async () => {
  await second?.browser.close();
  await session().window.browser.close();
  await session().server.stop();
  await expect.poll(() => started('serve', 'train', 'quickstart'), { timeout: 10_000 }).toEqual([]);
});
