/** @file Configs over the helper: a report at once, the rows' facts later, and what is offered beside the diagnostics. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConfigReport } from '../../../runtime/contract/api/config.ts';
import type { RunSummary } from '../../../runtime/contract/api/runs.ts';
import type { Fix } from '../../../runtime/contract/diagnostic.ts';
import { writeDeviceReports } from '../../../runtime/formats/deviceReports.ts';
import { machineName } from '../../../runtime/formats/machine.ts';
import { readSummary } from '../../../runtime/runs/read.ts';
import { configHandlers } from '../../../runtime/serve/configHandlers.ts';
import { runConfig } from '../../support/runConfig.ts';
import { makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
cpSync(join(root, 'media/base/tiny-clerk'), join(folder, 'base'), { recursive: true });
cpSync(join(root, 'media/data/tickets/train.jsonl'), join(folder, 'train.jsonl'));
const path = join(folder, 'tickets.adapter.json');
const text = `{ "base": "base", "data": { "train": "train.jsonl", "length": 100 },
  "method": { "rank": 8, "alpha": 16 },
  "variants": { "wide": { "method": { "rank": 64 } } } }`;

const areas: { dispose: () => void }[] = [];
beforeEach(() => {
  // no devices were looked at
  vi.stubEnv('ADAPTER_WORKBENCH_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const area of areas.splice(0)) area.dispose();
});

/** The area, and the words that something was read since. */
function area(runs: () => readonly RunSummary[] = () => []) {
  const told: unknown[] = [];
  let wake = (): void => undefined;
  const made = configHandlers((_, payload) => {
    told.push(payload);
    wake();
  }, runs);
  const refreshed = (count: number): Promise<unknown> =>
    new Promise((resolve) => {
      wake = () => {
        if (told.length >= count) resolve(told.at(-1));
      };
      wake();
    });
  areas.push(made);
  const signal = new AbortController().signal;
  return {
    refreshed,
    told,
    measured: made.measured,
    check: async (words: string): Promise<ConfigReport> =>
      await made.handlers['config/check']({ path, text: words }, signal),
    hover: async (offset: number) => await made.handlers['config/hover']({ path, text, offset }, signal),
    complete: async (offset: number) =>
      await made.handlers['config/complete']({ path, text, offset }, signal),
    methods: async (words: string) => await made.handlers['config/methods']({ path, text: words }, signal),
    importText: async (words: string) =>
      await made.handlers['config/import']({ path: join(folder, 'a.yml'), text: words }, signal),
  };
}
const codes = ({ diagnostics }: ConfigReport): string[] => diagnostics.map(({ code }) => code);
const applied = (words: string, { edits: [edit] }: Fix): string =>
  words.slice(0, edit!.offset) + edit!.text + words.slice(edit!.offset + edit!.length);

test('the first report waits for nothing; later ones have what rows and graphs tell', async () => {
  const { check, refreshed, told } = area();
  const first = await check(text);
  expect(codes(first)).toEqual([]);
  expect(first.views.map(({ data, memory }) => [data, memory])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ]);
  // an estimate for each of the two views, and the rows that they share
  expect(await refreshed(3)).toEqual({ path });
  const second = await check(text);
  expect(codes(second)).toEqual(['length-short']);
  expect(second.views.map(({ data, steps, memory }) => [data?.rows, steps, memory?.atMost])).toEqual([
    [400, 300, false],
    [400, 300, false],
  ]);
  // another text with the same data and base asks for nothing
  await check(`${text} `);
  expect(told).toHaveLength(3);
});

test('a text that is checked again while its rows are read is told too', async () => {
  const { check, refreshed, told } = area();
  await check(text);
  await refreshed(1);
  await check(`${text}  `);
  while ((await check(text)).views[0]?.data === undefined) await refreshed(told.length + 1);
  expect(told).toContainEqual({ path });
});

test('views say what each adapter comes to, and where their line is', async () => {
  const { views } = await area().check(text);
  expect(views.map(({ variant, anchor, adapter }) => [variant, anchor.line, adapter?.parameters])).toEqual([
    [undefined, 2, 162_816],
    ['wide', 3, 1_302_528],
  ]);
  expect(views[1]?.adapter).toMatchObject({ matched: 42, linears: 43, scales: [0.25], bytes: 4 * 1_302_528 });
});

test('a variant and the suggested learning rate are offered as edits', async () => {
  mkdirSync(join(folder, 'runs/.find-lr'), { recursive: true });
  writeFileSync(join(folder, 'runs/.find-lr/tickets.json'), '{ "suggestion": 0.004 }');
  const { check } = area();
  const { addVariant, setSuggestedRate } = await check(text);
  expect(JSON.parse(applied(text, addVariant!))).toMatchObject({
    variants: { wide: {}, 'rank 4': { method: { rank: 4, alpha: 8 } } },
  });
  const set = applied(text, setSuggestedRate!);
  expect(JSON.parse(set)).toMatchObject({ training: { learningRate: 0.004 } });
  expect((await check(set)).setSuggestedRate).toBeUndefined();
});

test('hovers, values and imports come from the same place', async () => {
  const { hover, complete, importText } = area();
  expect((await hover(text.indexOf('"alpha"') + 1))?.lines).toEqual([
    expect.stringMatching(/^LoRA: y = /),
    'The update is scaled by 2.00.',
  ]);
  expect(await hover(text.indexOf('"variants"') + 1)).toBeNull();
  expect((await complete(text.indexOf('"train.jsonl"') + 1))?.items.map(({ value }) => value)).toContain(
    'train.jsonl',
  );
  expect((await importText('base_model: base\nadapter: lora\n')).tool).toBe('axolotl');
});

test('the methods that the config could have, each as an edit of its text', async () => {
  const { methods } = area();
  const choices = await methods(text);
  expect(choices.filter(({ isCurrent }) => isCurrent).map(({ title }) => title)).toEqual(['LoRA']);
  const dora = choices.find(({ name }) => name === 'dora');
  expect(JSON.parse(applied(text, dora!.change!))).toMatchObject({ method: { kind: 'dora', rank: 8 } });
  expect(JSON.parse(applied(text, dora!.variant!))).toMatchObject({
    variants: { wide: {}, dora: { method: { kind: 'dora' } } },
  });
});

test('a text that is no config has a report too', async () => {
  const { check } = area();
  const { views, addVariant } = await check('[');
  expect(views).toHaveLength(1);
  expect(addVariant).toBeUndefined();
});

test('a run that has told its speed, and a device that was looked at, refresh the open texts', async () => {
  const runs: RunSummary[] = [];
  const { check, hover, refreshed, told, measured } = area(() => runs);
  await check(text);
  await refreshed(3);
  expect((await check(text)).views[0]?.stepTime).toBeUndefined();
  const at = text.indexOf('"rank"') + 1;
  expect((await hover(at))?.lines.at(-1)).toMatch(/^Measure the device/);
  writeDeviceReports(join(folder, 'cache'), {
    measured: 'now',
    devices: [{ provider: 'cpu', name: 'x', state: 'verified', gigaflops: 100 }],
  });
  measured();
  await refreshed(4);
  expect((await check(text)).views.map(({ stepTime }) => stepTime?.from)).toEqual([
    { gigaflops: 100 },
    { gigaflops: 100 },
  ]);
  const output = join(folder, 'runs');
  const { folder: of, append } = makeRun(output, 'r', {
    status: 'done',
    machine: machineName(),
    trainable: 162_816,
    step: 9,
  });
  const config = runConfig(output);
  writeFileSync(
    join(of, 'config.resolved.json'),
    JSON.stringify({ ...config, base: join(folder, 'base'), output }),
  );
  for (let step = 1; step <= 9; step++) append(stepEvent(step));
  const sample = { step: 9, rows: [0], losses: [1], tokens: [100], supervised: [9] };
  writeFileSync(join(of, 'samples.jsonl'), `${JSON.stringify(sample)}\n`);
  runs.push(readSummary(of)!);
  measured();
  await refreshed(5);
  expect((await check(text)).views[0]?.stepTime?.from).toEqual({ run: 'r' });
  expect((await hover(at))?.lines.at(-1)).toMatch(/, as in run r[.]$/);
  measured();
  await check(`${text} `);
  expect(told).toHaveLength(5);
});

test('a data file that was mended, or is gone, is seen by the next check of the same text', async () => {
  const file = join(folder, 'mended.jsonl');
  const row = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n';
  writeFileSync(file, `${row}{"messages": 1}\n`);
  const words =
    '{ "base": "base", "data": { "train": "mended.jsonl" }, "method": { "rank": 8, "alpha": 16 } }';
  const { check, told } = area();
  const settled = async (wanted: (report: ConfigReport) => boolean): Promise<void> => {
    await vi.waitFor(async () => {
      expect(wanted(await check(words)), JSON.stringify(told)).toBe(true);
    });
  };
  const broken = ({ diagnostics }: ConfigReport): boolean =>
    diagnostics.some(({ severity }) => severity === 'error');
  await settled(broken);
  writeFileSync(file, row.repeat(3));
  await settled((report) => !broken(report));
  rmSync(file);
  expect(broken(await check(words))).toBe(true);
});
