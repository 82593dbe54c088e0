/** @file Facts of a run in words: only those that there are. */
import { expect, test } from 'vitest';
import { packSteps } from '../../../runtime/contract/steps.ts';
import { emptyRun, reduce } from '../../../webview/common/runState.ts';
import { dataFacts, methodPanels } from '../../../webview/run/facts.ts';
import type { Panel } from '../../../webview/run/facts.ts';
import { runConfig } from '../../support/runConfig.ts';
import { runSummary } from '../../support/runSummary.ts';

const rowsOf = (panels: readonly Panel[]): Record<string, string> =>
  Object.fromEntries(panels.flatMap(({ rows }) => rows));
const state = reduce(
  emptyRun,
  packSteps([
    { event: 'started', run: 'one', steps: 9, rows: 400, trainable: 2000, baseParameters: 1_000_000 },
    { event: 'note', message: 'Two rows were cut.' },
  ]),
);

test('the method, its size and its schedule', () => {
  const rows = rowsOf(methodPanels(runSummary(), state, { resolved: runConfig('/out'), adapterBytes: 9000 }));
  expect(rows).toMatchObject({
    Method: 'lora',
    Scale: '2.00 (alpha / rank)',
    Targets: 'all-linear',
    'Trained parameters': '2,000',
    'Adapter file': '9.0 kB',
    Share: "0.200 % of the base's 1,000,000",
    'Rows a step': '2 (2 x 1)',
  });
  expect(rows).not.toHaveProperty('Blocks');
});

test('data and origin', () => {
  const rows = rowsOf(dataFacts(runSummary({ hashes: { train: 'abc' } }), state, runConfig('/out')));
  expect(rows).toMatchObject({ Rows: '400', Validation: 'none', 'SHA-256 of train': 'abc', Device: 'cpu' });
  expect(Object.values(rows)).toContain('Two rows were cut.');
});

test('without a config what the record says is left', () => {
  expect(methodPanels(runSummary(), emptyRun, undefined)).toEqual([]);
  expect(rowsOf(dataFacts(runSummary(), emptyRun, null))).toHaveProperty('Run', 'one');
});

test('own keys of the method, in their own names; start values only where there are some', () => {
  const resolved = runConfig('/out');
  const rows = (method: Partial<typeof resolved.method>): Record<string, string> =>
    rowsOf(
      methodPanels(runSummary(), state, {
        resolved: { ...resolved, method: { ...resolved.method, ...method } },
      }),
    );
  const usual = { init: 'default', gamma: 16, direction: 'ArB2r', frozenA: false, loraPlus: 16 };
  expect(rows(usual)).toMatchObject({ loraPlus: '16' });
  for (const key of ['init', 'gamma', 'direction', 'frozenA', 'Adapter file'])
    expect(rows(usual)).not.toHaveProperty(key);
  expect(rows({ ...usual, init: 'lora-ga', mutateBase: true })).toMatchObject({
    ...{ init: 'lora-ga', gamma: '16', mutateBase: 'on' },
  });
  const { alpha: _, ...without } = resolved.method;
  const allora = { ...resolved, method: { ...without, kind: 'allora', eta: 2, adamRate: 'eta-scaled' } };
  expect(rowsOf(methodPanels(runSummary(), state, { resolved: allora }))).toMatchObject({
    ...{ Method: 'allora', Scale: '1, by the method', eta: '2', adamRate: 'eta-scaled' },
  });
});
