/** @file `train` around a training that is played by the test: refusals, what is shown, stopping, resuming. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import type { Io } from '../../../runtime/cli/terminal.ts';
import { differingKeys } from '../../../runtime/cli/train.ts';
import { checkConfig } from '../../../runtime/config/check.ts';
import type { FinetuneOptions, FinetuneResult } from '../../../runtime/pipelines/finetune.ts';
import type { RunEvent } from '../../../runtime/contract/run.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const calls: FinetuneOptions[] = [];
let play: (options: FinetuneOptions) => number = () => 0;
vi.mock('../../../runtime/pipelines/finetune.ts', () => ({
  finetune: (options: FinetuneOptions): Promise<FinetuneResult> => {
    calls.push(options);
    return Promise.resolve({ exitCode: play(options), folder: '' });
  },
}));

const folder = temporaryFolder();
const file = join(folder, 'tickets.adapter.json');
const text = JSON.stringify({
  base: join(root, 'media/base/tiny-clerk'),
  data: { train: join(root, 'media/data/tickets/train.jsonl') },
  variants: { wide: { method: { rank: 32 } } },
});
beforeEach(() => {
  writeFileSync(file, text);
});
afterEach(() => {
  calls.length = 0;
  play = () => 0;
});

async function call(words: readonly string[], changes: Partial<Io> = {}) {
  const io = fakeIo({ cwd: folder, ...changes });
  const code = await commandLine(['train', ...words], io);
  return { code, io, out: io.outText(), err: io.errText() };
}

const started: RunEvent = { event: 'started', run: 'r', steps: 2, rows: 9, trainable: 7 };
const whole: RunEvent[] = [
  started,
  stepEvent(1),
  { event: 'checkpoint', step: 1, path: 'x' },
  stepEvent(2),
  { event: 'done', run: 'r', adapter: join(folder, 'runs/r/adapter') },
];
const emit =
  (events: readonly RunEvent[], code = 0) =>
  (options: FinetuneOptions) => {
    for (const event of events) options.onEvent(event);
    return code;
  };

describe('what is shown', () => {
  test('not on a terminal: one line an event, and the end', async () => {
    play = emit(whole);
    const { code, out, err } = await call(['tickets.adapter.json']);
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      'tickets · base: 2 steps, 9 rows, 7 trained parameters',
      'step 1/2   loss 10.0   rate 0.00100   3,200 tok/s',
      'step 1   checkpoint written',
      'step 2/2   loss 5.00   rate 0.00100   3,200 tok/s',
      'tickets · base   2 steps in 0.50 s   loss 5.00',
      `adapter   ${join('runs', 'r', 'adapter')}`,
      expect.stringMatching(
        /^next {6}adapter-workbench generate --base .*tiny-clerk --adapter runs.r.adapter --prompt/,
      ),
      '',
    ]);
    expect(calls[0]).toMatchObject({ configFile: file, configText: text, config: { method: { rank: 16 } } });
    expect(calls[0]).not.toHaveProperty('variant');
  });

  test('on a terminal: one line that rewrites itself, cleared before others', async () => {
    play = emit(whole);
    const { out } = await call(['tickets.adapter.json'], { interactive: true });
    expect(out).toContain(
      '\r\u001b[Ktickets · base   [#####-----]  1/2   loss 10.0   3,200 tok/s   0.25 s left',
    );
    expect(out).not.toContain('checkpoint written');
    expect(out).toContain('2/2   loss 5.00   3,200 tok/s   0 s left\r\u001b[Ktickets · base   2 steps in');
  });

  test('--json: the events as they are', async () => {
    play = emit(whole);
    const { out } = await call(['tickets.adapter.json', '--json']);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(whole);
  });

  test('a failure goes to standard error, its exit code is 1', async () => {
    play = emit([started, { event: 'failed', message: 'loss is NaN', step: 1 }], 1);
    const { code, err } = await call(['tickets.adapter.json']);
    expect([code, err]).toEqual([1, 'error: loss is NaN\n']);
  });
});

describe('refusals come before anything is begun', () => {
  test('a config with errors: all of them, then one line', async () => {
    writeFileSync(file, text.replace('"data"', '"dta"'));
    const { code, err, out } = await call(['tickets.adapter.json', '--json']);
    expect(code).toBe(2);
    expect(
      err
        .split('\n')
        .slice(0, 2)
        .map((line) => line.replace(/.*\[/, '')),
    ).toEqual(['unknown-key]', 'missing-key]']);
    expect(err).toContain('error: tickets.adapter.json has 2 errors: The config has no key "dta".');
    expect(JSON.parse(out)).toMatchObject({ event: 'failed', code: 'config-refused' });
    expect(calls).toEqual([]);
  });

  test('one bad variant keeps all of them from starting', async () => {
    writeFileSync(file, text.replace('"rank":32', '"rank":0'));
    expect(await call(['tickets.adapter.json', '--all-variants'])).toMatchObject({ code: 2 });
    expect(calls).toEqual([]);
    expect(await call(['tickets.adapter.json'])).toMatchObject({ code: 0 });
  });

  test.each([
    [[], /needs FILE, or --resume RUN/],
    [['a', '--all-variants', '--variant', 'x'], /without --variant/],
    [['--all-variants', '--resume', 'x'], /without --resume/],
    [['--resume', 'nothing'], /no run "nothing"/],
    [['tickets.adapter.json', '--variant', 'wdie'], /has no variant "wdie"/],
  ])('%j', async (words, expected) => {
    const { code, err } = await call(words);
    expect(code).toBe(2);
    expect(err).toMatch(expected);
  });
});

test('--set and --variant reach the run', async () => {
  await call(['tickets.adapter.json', '--variant', 'wide', '--set', 'training.seed=5']);
  expect(calls[0]).toMatchObject({
    variant: 'wide',
    config: { method: { rank: 32 }, training: { seed: 5 } },
  });
});

test('--all-variants trains each and compares them; a stop ends the row', async () => {
  play = emit(whole);
  const { out } = await call(['tickets.adapter.json', '--all-variants']);
  expect(calls.map(({ variant }) => variant)).toEqual([undefined, 'wide']);
  expect(out.trimEnd().split('\n').slice(-4)).toEqual([
    'Variant  Steps  Loss  Best validation    Time',
    '───────  ─────  ────  ───────────────  ──────',
    'base       2/2  5.00                   0.50 s',
    'wide       2/2  5.00                   0.50 s',
  ]);
  calls.length = 0;
  const io = fakeIo({ cwd: folder });
  play = () => {
    io.interrupt();
    return 130;
  };
  expect(await commandLine(['train', 'tickets.adapter.json', '--all-variants'], io)).toBe(130);
  expect(calls).toHaveLength(1);
});

test('the first Ctrl-C stops after the step, the second at once', async () => {
  const io = fakeIo({ cwd: folder });
  const seen: boolean[] = [];
  play = (options) => {
    seen.push(options.signal!.aborted);
    io.interrupt();
    seen.push(options.signal!.aborted);
    io.interrupt();
    options.onEvent({ event: 'stopped', step: 1, resume: 'adapter-workbench train --resume r' });
    return 130;
  };
  expect(await commandLine(['train', 'tickets.adapter.json'], io)).toBe(130);
  expect(seen).toEqual([false, true]);
  expect(io.errText()).toBe('\nStopping after this step, with a checkpoint. Ctrl-C again ends at once.\n');
  expect(io.exits).toEqual([130]);
  expect(io.outText()).toContain('next      adapter-workbench train --resume r\n');
});

describe('--resume', () => {
  const output = join(folder, 'runs');
  const run = makeRun(output, '20260301T100000Z-tickets-abc123', {
    status: 'stopped',
    step: 1,
    steps: 2,
    config: file,
  });
  mkdirSync(output, { recursive: true });
  beforeEach(() => {
    writeFileSync(join(run.folder, 'config.resolved.json'), JSON.stringify(checkConfig(text, file).config));
    writeFileSync(join(run.folder, 'config.jsonc'), text);
  });

  test("goes on with the run's own config; FILE may be left out", async () => {
    play = emit([{ event: 'resumed', fromStep: 1 }, stepEvent(2)]);
    const { code, out } = await call(['--resume', 'abc123']);
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 2)).toEqual([
      'going on from step 1',
      'step 2/2   loss 5.00   rate 0.00100   3,200 tok/s',
    ]);
    expect(calls[0]).toMatchObject({
      resume: run.folder,
      configFile: file,
      config: { method: { rank: 16 } },
    });
    expect(
      (await call(['tickets.adapter.json', '--resume', join('runs', '20260301T100000Z-tickets-abc123')]))
        .code,
    ).toBe(0);
  });

  test('another config is refused by its keys', async () => {
    const { code, err } = await call([
      'tickets.adapter.json',
      '--resume',
      'abc123',
      '--set',
      'training.seed=9',
      '--set',
      'method.rank=8',
    ]);
    expect(code).toBe(2);
    expect(err).toContain('another config: method.rank, training.seed differ.');
    expect((await call(['--resume', 'abc123', '--set', 'training.seed=9'])).code).toBe(2);
    expect(calls).toEqual([]);
  });

  test('--reproduce trains anew with the recorded config, though the file says another thing now', async () => {
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('{', '{ // changed since'));
    play = emit([stepEvent(1)]);
    expect((await call(['--reproduce', 'abc123'])).code).toBe(0);
    expect(calls[0]).toMatchObject({ configFile: file, configText: text, config: { method: { rank: 16 } } });
    expect(calls[0]).not.toHaveProperty('resume');
    writeFileSync(file, text);
    for (const more of [['tickets.adapter.json'], ['--set', 'method.rank=8'], ['--variant', 'x']])
      expect((await call(['--reproduce', 'abc123', ...more])).err, more.join(' ')).toMatch(/stands alone/);
    expect((await call(['--reproduce', 'nothing'])).err).toMatch(/no run "nothing"/);
  });

  test('a run without its config is refused', async () => {
    for (const text of ['{', '{}', '[]', 'null', '{"base": 1}']) {
      writeFileSync(join(run.folder, 'config.resolved.json'), text);
      expect((await call(['--resume', 'abc123'])).err, text).toMatch(/holds no readable config/);
    }
  });
});

test('differing keys are dotted paths', () => {
  expect(differingKeys({ a: 1, b: { c: [1], d: 2 } }, { a: 1, b: { c: [2] }, e: 0 })).toEqual([
    'b.c',
    'b.d',
    'e',
  ]);
  expect(differingKeys({ a: { b: 1 } }, { a: { b: 1 } })).toEqual([]);
});
