/** @file The helper process over a real channel: lists runs, tells what changes, follows and stops one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { listenToAll, protocolVersion } from '../../../runtime/contract/protocol.ts';
import type { ServeApi, ServeEvents } from '../../../runtime/contract/protocol.ts';
import { connect } from '../../../runtime/contract/rpc.ts';
import type { None, Port } from '../../../runtime/contract/rpc.ts';
import { flatten, packSteps, unflatten } from '../../../runtime/contract/steps.ts';
import type { StepTable } from '../../../runtime/contract/steps.ts';
import { flatParts } from '../../../src/runs/codedParts.ts';
import { serveOn } from '../../../runtime/serve/serve.ts';
import { holdLock, makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

const portOf = (port: MessagePort): Port => ({
  post: (message) => {
    port.postMessage(message);
  },
  listen: (receive, closed) => {
    port.on('message', receive);
    port.on('close', () => {
      closed('closed');
    });
  },
});

type Told = {
  [K in keyof ServeEvents]: { readonly name: K; readonly payload: ServeEvents[K] };
}[keyof ServeEvents];

/** A helper and a window that talks to it; `until` waits for an event that fits. */
function helper() {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
  serveOn(portOf(port1), () => {
    end(undefined);
  });
  const told: Told[] = [];
  const waiting = new Set<() => void>();
  const tell = (event: Told): void => {
    told.push(event);
    for (const wake of waiting) wake();
  };
  const window = connect<None, ServeApi, ServeEvents, None>(portOf(port2), {
    version: protocolVersion,
    handlers: {},
    listeners: listenToAll((name, payload) => {
      tell({ name, payload } as Told);
    }),
  });
  const until = async (fits: (event: Told) => boolean): Promise<Told> => {
    for (;;) {
      const found = told.findIndex(fits);
      if (found >= 0) return told.splice(found, 1)[0]!;
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
      });
      waiting.clear();
    }
  };
  const changed = (fits: (message: ServeEvents['runs/changed']) => boolean) =>
    until((event) => event.name === 'runs/changed' && fits(event.payload));
  return {
    window,
    until,
    changed,
    ended,
    close: () => {
      port2.close();
    },
  };
}

test('runs are listed from remembered folders and from the output folders of configs', async () => {
  const project = join(root, 'listed');
  makeRun(join(project, 'a'), 'one', { status: 'done' });
  makeRun(join(project, 'out'), 'two', { status: 'done' });
  makeRun(join(project, 'runs'), 'three', { status: 'done' });
  mkdirSync(join(project, 'runs/.cache'));
  writeFileSync(join(project, 'my.adapter.json'), '{ // comment\n "output": "out", }');
  writeFileSync(join(project, 'default.adapter.json'), '{ "base": ');
  const { window } = helper();
  const { runs } = await window.call('runs/watch', {
    folders: [join(project, 'a'), join(project, 'nowhere')],
    configs: ['my', 'default', 'gone'].map((name) => join(project, `${name}.adapter.json`)),
  });
  expect(runs.map(({ record }) => record.id).sort()).toEqual(['one', 'three', 'two']);
});

test('a run that begins, goes on, ends and is deleted is told', async () => {
  const output = join(root, 'life', 'runs');
  const { window, changed } = helper();
  expect(await window.call('runs/watch', { folders: [output], configs: [] })).toEqual({ runs: [] });
  const run = makeRun(output, 'new', { status: 'waiting' });
  holdLock(run.folder);
  await changed(({ runs }) => runs.some(({ record, pid }) => record.id === 'new' && pid === process.pid));
  run.record({ status: 'running' });
  run.append(stepEvent(1), stepEvent(2));
  await changed(({ runs }) => runs.some(({ progress }) => progress?.step === 2));
  run.record({ status: 'done', loss: 0.5, step: 200 });
  await changed(({ runs }) => runs.some(({ record }) => record.status === 'done'));
  rmSync(run.folder, { recursive: true });
  await changed(({ gone }) => gone.includes(run.folder));
});

test('a finished run that is resumed elsewhere lives again', async () => {
  const output = join(root, 'again', 'runs');
  const run = makeRun(output, 'old', { status: 'stopped' });
  const { window, changed } = helper();
  await window.call('runs/watch', { folders: [output], configs: [] });
  holdLock(run.folder);
  run.record({ status: 'running' });
  await changed(({ runs }) => runs.some(({ record }) => record.status === 'running'));
});

test('a run whose process is killed is interrupted, though no file says so', async () => {
  const output = join(root, 'killed', 'runs');
  const run = makeRun(output, 'killed');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  holdLock(run.folder, child.pid);
  const { window, changed } = helper();
  const { runs } = await window.call('runs/watch', { folders: [output], configs: [] });
  expect(runs).toMatchObject([{ record: { status: 'running' }, pid: child.pid }]);
  child.kill('SIGKILL');
  await changed((message) => message.runs.some(({ record }) => record.status === 'interrupted'));
});

test('a followed run gives all events once, then each new one, in order', async () => {
  const run = makeRun(join(root, 'followed'), 'run');
  run.append(stepEvent(1), stepEvent(2));
  const { window, until } = helper();
  const { summary, steps } = await window.call('run/follow', { folder: run.folder });
  expect(summary.record.id).toBe('run');
  expect(unflatten(flatParts(steps))).toEqual(unflatten(flatten(packSteps([stepEvent(1), stepEvent(2)]))));
  const seen: number[] = [];
  for (let step = 3; step <= 6; step++) run.append(stepEvent(step));
  while (seen.at(-1) !== 6) {
    const event = await until(({ name }) => name === 'run/events');
    if (event.name === 'run/events')
      for (const part of event.payload.parts) if (part.event === 'steps') seen.push(...Array.from(part.step));
  }
  expect(seen).toEqual([3, 4, 5, 6]);
});

test('a long run gives an overview, then all, also when asked twice', async () => {
  const run = makeRun(join(root, 'long'), 'run', { status: 'done' });
  const events = Array.from({ length: 25_000 }, (_, i) => stepEvent(i + 1));
  run.append(...events);
  const { window } = helper();
  const { steps, isOverview } = await window.call('run/follow', { folder: run.folder });
  const [overview] = unflatten(flatParts(steps)) as [StepTable];
  expect(isOverview).toBe(true);
  expect(overview.step.length).toBeLessThan(5000);
  expect([overview.step[0], overview.loss[0]]).toEqual([1, 10]);
  for (let asked = 0; asked < 2; asked++) {
    const whole = await window.call('run/whole', { folder: run.folder });
    expect(unflatten(flatParts(whole))).toEqual(unflatten(flatten(packSteps(events))));
  }
});

test('stop leaves a file that the run finds; a folder without a run is refused', async () => {
  const run = makeRun(join(root, 'stopped'), 'run');
  const { window } = helper();
  await window.call('run/stop', { folder: run.folder });
  expect(existsSync(join(run.folder, 'stop'))).toBe(true);
  for (const method of ['run/stop', 'run/follow'] as const)
    await expect(window.call(method, { folder: root })).rejects.toMatchObject({ code: 'no-run' });
  expect(existsSync(join(root, 'stop'))).toBe(false);
});

test('a run gets a name beside its record, and loses it again', async () => {
  const output = join(root, 'named', 'runs');
  const run = makeRun(output, 'run', { status: 'done' });
  const { window, changed } = helper();
  await window.call('runs/watch', { folders: [output], configs: [] });
  await window.call('run/rename', { folder: run.folder, label: ' the good one ' });
  await changed(({ runs }) => runs.some(({ label }) => label === 'the good one'));
  expect(await window.call('run/read', { folder: run.folder })).toMatchObject({ label: 'the good one' });
  await expect(window.call('run/rename', { folder: run.folder, label: 'two\nlines' })).rejects.toMatchObject({
    code: 'bad-name',
  });
  await window.call('run/rename', { folder: run.folder, label: '' });
  await changed(({ runs }) => runs.some(({ label }) => label === undefined));
});

test('of all windows one tells of an end, and of the next end again one', async () => {
  const run = makeRun(join(root, 'claimed'), 'run', { status: 'done', step: 5 });
  const [one, other] = [helper(), helper()];
  const claim = async () =>
    (
      await Promise.all([one, other].map(({ window }) => window.call('run/claim', { folder: run.folder })))
    ).filter(({ first }) => first).length;
  expect(await claim()).toBe(1);
  expect(await claim()).toBe(0);
  run.record({ status: 'failed', step: 9 });
  expect(await claim()).toBe(1);
});

test('the helper ends with its window', async () => {
  const { window, ended, close } = helper();
  await window.call('runs/watch', { folders: [root], configs: [] });
  close();
  await ended;
});
