/** @file Pages, numbers and plots of made-up results. */
import { describe, expect, it } from 'vitest';
import type { Done, Experiment } from '../../../bench/experiments/experiment.ts';
import { logTicks, lossPlot, stepTicks } from '../../../bench/experiments/plot.ts';
import { runsIn } from '../../../bench/experiments/numbers.ts';
import { report, table } from '../../../bench/experiments/report.ts';
import { ResultStore } from '../../../bench/experiments/store.ts';
import { armOf, doneOf, resultOf, studyOf } from '../../support/experiment.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const fixed = { first: 0.001, factor: 10, count: 2, extend: 0 };
const study = studyOf({
  arms: [armOf('LoRA', { rates: fixed }), armOf('new <method>', { rates: fixed, rateOf: 'LoRA' })],
  tuningSeeds: 1,
  shown: ['exact match'],
  questions: [{ kind: 'compare', arm: 'new <method>', than: 'LoRA', at: 'validation', claim: 'less' }],
});
const experiment: Experiment = {
  name: 'toy',
  title: 'A toy',
  claim: { text: 'New is better.', source: 'arXiv:0000.00000, table 1' },
  studies: [study],
  leftOut: ['Everything large.'],
};
const measured = { 'exact match': 0.5 };
const done: Done[] = [
  doneOf('LoRA', 0, 0, 3, { measured }),
  ...[0, 1, 2].map((seed) => doneOf('LoRA', 1, seed, 2, { measured })),
  ...[0, 1, 2].map((seed) => doneOf('new <method>', 1, seed, 1, { measured, code: 'before' })),
];
const circumstances = { machine: 'a machine', threads: 2, versions: { node: '24' }, code: 'now' };
const files = (results = done): ReadonlyMap<string, string> =>
  report(experiment, [{ study, done: results }], circumstances, [
    { title: 'Reckoned', head: ['one', 'two'], rows: [['1', '2']] },
  ]);

describe('a report', () => {
  it('has a page, its numbers and a plot a study', () => {
    expect([...files().keys()].sort()).toEqual(['toy-toy.svg', 'toy.json', 'toy.md']);
  });

  it('says claim, protocol, table, verdict and what was left out', () => {
    const page = files().get('toy.md')!;
    expect(page).toContain('**The claim.** New is better. (arXiv:0000.00000, table 1)');
    expect(page).toContain('- **toy:** of 1 questions 1 × holds.');
    expect(page).toContain('toy rows on a toy base. 10 steps each, evaluated every 5 steps.');
    expect(page).toContain('tries every learning rate of its grid with seed 0;');
    expect(page).toContain(
      '| LoRA | 1,000 | 0.01, at the edge of the grid | 2.000 ± 0 | 0.5000 ± 0 | 3 | 1.00 |',
    );
    expect(page).toContain('| new <method> | 1,000 | 0.01 (that of LoRA) | 1.000 ± 0 |');
    expect(page).toContain('| **holds** | 1.000 ± 0 against 2.000 ± 0; seed by seed -1.000 ± 0 |');
    expect(page).toContain('| LoRA | 0.001: 3.000; 0.01: 2.000 |');
    expect(page).toContain('## Reckoned\n\n| one | two |\n| --- | --- |\n| 1 | 2 |');
    expect(page).toContain('- Everything large.');
    expect(page).toContain('7 trainings took 2 min with 2 threads in all, on a machine (node 24).');
    expect(page).toContain('3 of them were computed by an earlier state of the code');
    const single = report(experiment, [{ study, done }], { ...circumstances, threads: 1 }).get('toy.md')!;
    expect(single).toContain('7 trainings took 2 min of one core in all, 70 s with two processes on two, on');
    expect(page).not.toContain('Unfinished');
  });

  it('says where all methods begin', () => {
    const alone = { key: 'alone', result: resultOf(5, { evaluations: [{ step: 0, loss: 5 }], measured }) };
    const all = report(experiment, [{ study, done, alone }], circumstances);
    expect(all.get('toy.md')).toContain('| no adapter |  |  | 5.000 | 0.5000 |  |  |\n| LoRA |');
    expect(runsIn(all.get('toy.json')!).get('alone')).toEqual(alone.result);
  });

  it('says which methods take other steps, and where trainings were computed', () => {
    const long = {
      ...study,
      arms: study.arms.map((arm, i) => (i === 0 ? { ...arm, training: { steps: 20 } } : arm)),
    };
    const elsewhere = done.map((one, i) =>
      i < 2 ? { ...one, result: { ...one.result, machine: 'a lent machine' } } : one,
    );
    const page = report(experiment, [{ study: long, done: elsewhere }], circumstances).get('toy.md')!;
    expect(page).toContain('10 steps each (LoRA 20), evaluated every 5 steps.');
    expect(page).toContain('2 of them were trained on a lent machine.');
  });

  it('is honest about what is not done and what failed', () => {
    const page = files(done.slice(0, 4)).get('toy.md')!;
    expect(page).toContain('**Unfinished:** at least 3 trainings are still to be done');
    expect(page).toContain('**not measured**');
    const failing = [...done.slice(0, -1), doneOf('new <method>', 1, 2, 1, { failed: 'no number' })];
    expect(files(failing).get('toy.md')).toContain('| 1 of 3 runs failed |');
  });

  it('names files without their folders', () => {
    const aligned = {
      ...study,
      arms: [armOf('LoRA', { method: { kind: 'loram', alignData: '/a/machine/text.jsonl' } })],
    };
    const text = report(experiment, [{ study: { ...aligned, questions: [] }, done: [] }], circumstances).get(
      'toy.json',
    )!;
    expect(text).toContain('"alignData": "text.jsonl"');
  });

  it('has every run in its numbers', () => {
    const numbers = JSON.parse(files().get('toy.json')!) as {
      studies: {
        arms: { name: string; rate: number; runs: { seed: number; evaluations: number[][] }[] }[];
      }[];
    };
    const [lora] = numbers.studies[0]!.arms;
    expect([lora!.name, lora!.rate, lora!.runs.length]).toEqual(['LoRA', 0.01, 4]);
    expect(lora!.runs[0]!.evaluations).toEqual([
      [5, 6],
      [10, 3],
    ]);
  });

  it('is gone on with from its numbers, where nothing else is known', () => {
    const store = new ResultStore(temporaryFolder());
    const known = resultOf(7);
    store.write(done[0]!.key, known);
    const failing = [...done.slice(0, -1), doneOf('new <method>', 1, 2, 1, { failed: 'no number' })];
    expect(store.adopt(runsIn(files(failing).get('toy.json')!))).toBe(6);
    expect(store.read(done[0]!.key)).toEqual(known);
    for (const { key, result } of failing.slice(1)) expect(store.read(key)).toEqual(result);
  });

  it('keeps bars in names out of the columns', () => {
    expect(table(['a|b'], [['c']])).toBe('| a\\|b |\n| --- |\n| c |');
  });
});

describe('a plot', () => {
  const point = (step: number, mean: number, half?: number) => ({
    n: 3,
    step,
    mean,
    ...(half !== undefined && { half }),
  });

  it('draws a line with a band for each arm, names escaped', () => {
    const svg = lossPlot('a & b', [
      { name: 'one', points: [point(0, 10, 1), point(100, 1, 0.1)] },
      { name: 'two <2>', points: [point(0, 10), point(100, 5)] },
    ])!;
    expect(svg.match(/fill-opacity/g)).toHaveLength(1);
    expect(svg.match(/stroke-width="1.8"/g)).toHaveLength(4);
    expect(svg).toContain('two &lt;2&gt;');
    expect(svg).toContain('a &amp; b');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('puts equal ratios at equal distances', () => {
    const svg = lossPlot('', [{ name: 'x', points: [point(0, 100), point(5, 10), point(10, 1)] }])!;
    const heights = [.../M[\d. ]+L[\d. L]+/.exec(svg)![0].matchAll(/[\d.]+ ([\d.]+)/g)].map(([, y]) =>
      Number(y),
    );
    expect(heights[1]! - heights[0]!).toBeCloseTo(heights[2]! - heights[1]!, 0);
  });

  it('ends a band that reaches below zero at the floor', () => {
    const svg = lossPlot('', [{ name: 'x', points: [point(1, 1, 5), point(2, 1, 5)] }])!;
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('is none where nothing is positive', () => {
    expect(lossPlot('', [{ name: 'x', points: [] }])).toBeUndefined();
  });

  it('has round ticks', () => {
    expect(logTicks(0.03, 2.5)).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
    expect(logTicks(0.001, 100)).toEqual([0.001, 0.01, 0.1, 1, 10, 100]);
    expect(stepTicks(100)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(stepTicks(3)).toEqual([0, 1, 2, 3]);
  });
});
